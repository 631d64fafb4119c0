"""Calendars that go out and come in: addresses at which others read visits, and calendars whose busy times we read."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Choice, ChoiceType, Timestamped, one_of, word
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.models.patients import Patient
from clinic.models.providers import Provider
from clinic.scope import ClinicOwned, PatientOwned


class CalendarFeed(PatientOwned, Timestamped, Base):
    """A secret address at which a calendar program reads one doctor's or one patient's visits, until it is ended.

    It is somebody's own: it opens nothing any more once that person may not see these visits themselves.
    """

    __tablename__ = "calendar_feeds"
    noun = "calendar address"
    __table_args__ = (
        belongs_to_clinic("calendar_feeds"),
        refers("provider_id", "providers"),
        refers("patient_id", "patients"),
        refers_to_user("user_id"),
        sa.CheckConstraint("num_nonnulls(provider_id, patient_id) = 1", name="of_a_doctor_or_a_patient"),
        sa.Index("uq_calendar_feeds_token_hash", "clinic_id", "token_hash", unique=True),
        # A new address ends the former one.
        sa.Index(
            "uq_calendar_feeds_live", "clinic_id", "user_id", "provider_id", "patient_id", unique=True,
            postgresql_nulls_not_distinct=True, postgresql_where=sa.text("ended_at IS NULL"),
        ),
        index("calendar_feeds", "provider_id", postgresql_where=sa.text("provider_id IS NOT NULL")),
        index("calendar_feeds", "patient_id", postgresql_where=sa.text("patient_id IS NOT NULL")),
        sa.Index("ix_calendar_feeds_user_id", "user_id"),
    )  # fmt: skip

    provider_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    patient_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    user_id: Mapped[UUID] = mapped_column(sa.Uuid)
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    # About when a program last read it: to the hour.
    read_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    provider: Mapped[Provider | None] = relationship(foreign_keys=[provider_id], viewonly=True)
    patient: Mapped[Patient | None] = relationship(foreign_keys="CalendarFeed.patient_id", viewonly=True)


class BusyProblem(Choice):
    """Why a doctor's own calendar could not be read."""

    NOT_ALLOWED = "not_allowed", word("This address leads to a place that cannot be reached from outside.")
    NO_ANSWER = "no_answer", word("Its server does not answer.")
    REFUSED = "refused", word("Its server does not give it away. Was the address changed or ended?")
    UNREADABLE = "unreadable", word("What its server sends is not a calendar we can read.")


class BusySource(ClinicOwned, Timestamped, Base):
    """A doctor's own calendar elsewhere, whose busy times are blocked here; its address is a secret."""

    __tablename__ = "busy_sources"
    noun = "doctor's own calendar"
    __table_args__ = (
        belongs_to_clinic("busy_sources"),
        refers("provider_id", "providers"),
        one_of(BusyProblem, "problem"),
        sa.CheckConstraint("failures >= 0", name="failures_are_a_count"),
        index("busy_sources", "provider_id"),
        index("busy_sources", "due_at", postgresql_where=sa.text("removed_at IS NULL")),
    )

    provider_id: Mapped[UUID] = mapped_column(sa.Uuid)
    address_encrypted: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)
    # Where it is, without what makes the address a secret.
    host: Mapped[str]
    due_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    read_at: Mapped[datetime | None]
    problem: Mapped[BusyProblem | None] = mapped_column(ChoiceType(BusyProblem))
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    removed_at: Mapped[datetime | None]

    provider: Mapped[Provider] = relationship(foreign_keys=[provider_id], viewonly=True)
