"""Visits that lost their time to a change of the clinic's, each on its way to another."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic import walltime
from clinic.db import Base, Choice, ChoiceType, Timestamped, one_of, word
from clinic.models.closures import Closure
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.models.offers import SlotOffer
from clinic.models.providers import Provider
from clinic.models.visits import Visit
from clinic.scope import ClinicOwned, PatientOwned


class StrandingCause(Choice):
    """What took the visits their time."""

    BLOCK = "block", word("Blocked time")
    CLOSURE = "closure", word("Closed")
    HOURS = "hours", word("Other hours")
    INACTIVE = "inactive", word("Does not work here any more")


class StrandedStatus(Choice):
    """How far one of the visits is."""

    WAITING = "waiting", word("Looking for a time")
    PROPOSED = "proposed", word("A time is proposed")
    NOTHING = "nothing", word("No time found")
    SKIPPED = "skipped", word("To be called")
    SETTLED = "settled", word("Settled")


class Stranding(ClinicOwned, Timestamped, Base):
    """One change that stranded visits: what it was, and what is needed to take it back."""

    __tablename__ = "strandings"
    __table_args__ = (
        belongs_to_clinic("strandings"),
        refers("provider_id", "providers"),
        refers("closure_id", "closures"),
        refers_to_user("made_by_id"),
        one_of(StrandingCause, "cause"),
        sa.CheckConstraint("answer_hours BETWEEN 1 AND 720", name="answer_in_range"),
        index("strandings", "created_at"),
        index("strandings", "provider_id", postgresql_where=sa.text("provider_id IS NOT NULL")),
        index("strandings", "closure_id", postgresql_where=sa.text("closure_id IS NOT NULL")),
        index("strandings", "made_by_id", postgresql_where=sa.text("made_by_id IS NOT NULL")),
    )

    cause: Mapped[StrandingCause] = mapped_column(ChoiceType(StrandingCause))
    # NULL: everybody's, or everybody's at one place.
    provider_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    closure_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    # What takes the change back: the ids of a block's pieces, or the hours as they were.
    former: Mapped[dict] = mapped_column(JSONB, default=dict, server_default="{}")
    # How long patients have to answer, in hours from the sending.
    answer_hours: Mapped[int] = mapped_column(default=48, server_default="48")
    prepared_at: Mapped[datetime | None]
    sending_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    made_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)

    provider: Mapped[Provider | None] = relationship(foreign_keys=[provider_id])
    closure: Mapped[Closure | None] = relationship(foreign_keys=[closure_id])

    def last_day(self, zone: str):
        """The last day of a change that lasts whole days of the zone's calendar, or None."""
        if self.starts_at is None:
            return None
        return walltime.last_day(self.starts_at, self.ends_at, ZoneInfo(zone))


class StrandedVisit(PatientOwned, Timestamped, Base):
    """One visit of a stranding: when it was, and the time last proposed for it."""

    __tablename__ = "stranded_visits"
    __table_args__ = (
        belongs_to_clinic("stranded_visits"),
        refers("stranding_id", "strandings"),
        refers("visit_id", "visits"),
        refers("offer_id", "slot_offers"),
        refers("patient_id", "patients"),
        one_of(StrandedStatus, "status"),
        sa.Index(
            "uq_stranded_visits_stranding_id_visit_id", "clinic_id", "stranding_id", "visit_id", unique=True
        ),
        index("stranded_visits", "visit_id"),
        index("stranded_visits", "patient_id"),
        index("stranded_visits", "offer_id", postgresql_where=sa.text("offer_id IS NOT NULL")),
    )  # fmt: skip

    stranding_id: Mapped[UUID] = mapped_column(sa.Uuid)
    visit_id: Mapped[UUID] = mapped_column(sa.Uuid)
    starts_at: Mapped[datetime]
    status: Mapped[StrandedStatus] = mapped_column(ChoiceType(StrandedStatus), default=StrandedStatus.WAITING)
    # Proposed for and called before the others: as the flag or the request behind the visit says, or the desk.
    is_urgent: Mapped[bool] = mapped_column(default=False, server_default="false")
    offer_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    called_at: Mapped[datetime | None]

    stranding: Mapped[Stranding] = relationship(foreign_keys=[stranding_id])
    visit: Mapped[Visit] = relationship(foreign_keys=[visit_id])
    offer: Mapped[SlotOffer | None] = relationship(foreign_keys=[offer_id])
