"""When the whole clinic, one place of it or one doctor is closed: public holidays, a course, a move."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from clinic import walltime
from clinic.db import Base, Choice, ChoiceType, Timestamped, one_of, word
from clinic.models.keys import belongs_to_clinic, index, refers
from clinic.scope import ClinicOwned


class ClosureSource(Choice):
    """Where a closure came from."""

    MANUAL = "manual", word("Typed by hand")
    ICS = "ics", word("From a calendar file")


class Closure(ClinicOwned, Timestamped, Base):
    """Time in which nothing is offered: of one doctor or, without one, of everybody; at one place or at all of them.

    One that was removed stays, so that it can be taken back and a calendar file does not bring it again.
    """

    __tablename__ = "closures"
    __table_args__ = (
        belongs_to_clinic("closures"),
        refers("provider_id", "providers"),
        refers("location_id", "locations"),
        one_of(ClosureSource, "source"),
        sa.CheckConstraint("ends_at > starts_at AND ends_at <= starts_at + interval '367 days'", name="length"),
        sa.CheckConstraint("(source = 'ics') = (external_uid IS NOT NULL)", name="file_has_a_uid"),
        index("closures", "ends_at", postgresql_where=sa.text("removed_at IS NULL")),
        index("closures", "provider_id", postgresql_where=sa.text("provider_id IS NOT NULL")),
        index("closures", "location_id", postgresql_where=sa.text("location_id IS NOT NULL")),
        sa.Index(
            "uq_closures_external_uid", "clinic_id", "external_uid", "starts_at", unique=True,
            postgresql_where=sa.text("external_uid IS NOT NULL"),
        ),
    )  # fmt: skip

    provider_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    location_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    title: Mapped[str]
    source: Mapped[ClosureSource] = mapped_column(
        ChoiceType(ClosureSource), default=ClosureSource.MANUAL, server_default=ClosureSource.MANUAL.value
    )
    # What the calendar file calls the event; with the day it says which closure it is.
    external_uid: Mapped[str | None]
    removed_at: Mapped[datetime | None]

    def last_day(self, zone: str):
        """The last day of a closure that lasts whole days of the zone's calendar, or None."""
        return walltime.last_day(self.starts_at, self.ends_at, ZoneInfo(zone))
