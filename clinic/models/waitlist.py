"""The waiting list: who wants a time that is not open, or an earlier one than they have."""

from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Choice, ChoiceType, Timestamped, now, one_of, word
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.models.organizations import Location
from clinic.models.patients import Patient
from clinic.models.people import VisitMode
from clinic.models.schedule import VisitType
from clinic.models.visits import Visit, VisitSource
from clinic.scope import PatientOwned


class WaitStatus(Choice):
    """Where somebody on the waiting list stands."""

    WAITING = "waiting", word("Waiting")
    OFFERED = "offered", word("A time is offered")
    FULFILLED = "fulfilled", word("Has a time")
    LEFT = "left", word("No longer waits")
    EXPIRED = "expired", word("The days are over")


W = WaitStatus
ON_THE_LIST = (W.WAITING, W.OFFERED)
PRIORITIES = {2: word("Urgent"), 1: word("Soon"), 0: word("Ordinary")}


class WaitlistEntry(PatientOwned, Timestamped, Base):
    """One patient waiting for a time of one visit type, on the days and at the hours (wall time) that suit them.

    With ``visit_id`` they have a visit already and want it earlier; whatever is offered then moves it. Without, what is
    offered moves the visit they have got of this type since, if there is one.
    """

    __tablename__ = "waitlist_entries"
    noun = "wait"
    # An offer that is declined or runs out leads back; `actions/waitlist.py` is the only place that takes a step.
    steps = {
        W.WAITING: (W.OFFERED, W.FULFILLED, W.LEFT, W.EXPIRED),
        W.OFFERED: (W.WAITING, W.FULFILLED, W.LEFT),
        W.LEFT: (W.WAITING,),
    }

    __table_args__ = (
        belongs_to_clinic("waitlist_entries"),
        refers("patient_id", "patients"),
        refers("visit_type_id", "visit_types"),
        refers("location_id", "locations"),
        refers("visit_id", "visits"),
        refers_to_user("created_by_id"),
        refers_to_user("created_for_id"),
        one_of(WaitStatus, "status"),
        one_of(VisitMode, "visit_mode"),
        one_of(VisitSource, "source"),
        sa.CheckConstraint("latest_on >= earliest_on", name="days_forwards"),
        sa.CheckConstraint("until_time > from_time", name="hours_forwards"),
        sa.CheckConstraint("priority BETWEEN 0 AND 2", name="priority_in_range"),
        sa.CheckConstraint("weekdays <@ ARRAY[0, 1, 2, 3, 4, 5, 6]::smallint[]", name="weekdays_in_range"),
        sa.CheckConstraint("cardinality(weekdays) > 0 AND cardinality(provider_ids) > 0", name="any_is_null"),
        sa.CheckConstraint("(status IN ('waiting', 'offered')) = (ended_at IS NULL)", name="over_has_an_end"),
        # Waiting twice for the same would be two places in the line.
        sa.Index(
            "uq_waitlist_entries_patient_id", "clinic_id", "patient_id", "visit_type_id", unique=True,
            postgresql_where=sa.text("status IN ('waiting', 'offered')"),
        ),
        # The line itself, in the order in which a time is offered.
        sa.Index(
            "ix_waitlist_entries_line", "clinic_id", sa.text("priority DESC"), "joined_at", "id",
            postgresql_where=sa.text("status = 'waiting'"),
        ),
        index("waitlist_entries", "latest_on", postgresql_where=sa.text("status IN ('waiting', 'offered')")),
        index("waitlist_entries", "patient_id", "joined_at"),
        index("waitlist_entries", "visit_type_id"),
        index("waitlist_entries", "location_id", postgresql_where=sa.text("location_id IS NOT NULL")),
        index("waitlist_entries", "visit_id", postgresql_where=sa.text("visit_id IS NOT NULL")),
        index("waitlist_entries", "created_by_id"),
        index("waitlist_entries", "created_for_id", postgresql_where=sa.text("created_for_id IS NOT NULL")),
    )  # fmt: skip

    visit_type_id: Mapped[UUID] = mapped_column(sa.Uuid)
    # The doctors who will do; NULL is any. Doctors are never removed, and the action checks that they are here.
    provider_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(sa.Uuid))
    visit_mode: Mapped[VisitMode | None] = mapped_column(ChoiceType(VisitMode))
    location_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    earliest_on: Mapped[date]
    latest_on: Mapped[date]
    # 0 is Sunday; NULL is any day.
    weekdays: Mapped[list[int] | None] = mapped_column(ARRAY(sa.SmallInteger))
    from_time: Mapped[time | None]
    until_time: Mapped[time | None]
    visit_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    priority: Mapped[int] = mapped_column(sa.SmallInteger, default=0, server_default="0")
    joined_at: Mapped[datetime] = mapped_column(default=now)
    status: Mapped[WaitStatus] = mapped_column(ChoiceType(WaitStatus), default=W.WAITING)
    source: Mapped[VisitSource] = mapped_column(ChoiceType(VisitSource))
    created_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    created_for_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    ended_at: Mapped[datetime | None]

    patient: Mapped[Patient] = relationship(foreign_keys="WaitlistEntry.patient_id")
    visit_type: Mapped[VisitType] = relationship(foreign_keys=[visit_type_id])
    location: Mapped[Location | None] = relationship(foreign_keys=[location_id])
    visit: Mapped[Visit | None] = relationship(foreign_keys=[visit_id])

    def may(self, step):
        """Whether the table of steps lets the entry become this now."""
        return step in self.steps.get(self.status, ())

    @property
    def is_on_the_list(self):
        """Whether the patient still waits, or thinks over what they were offered."""
        return self.status in ON_THE_LIST

    def suits_place(self, location_id) -> bool:
        """Whether a time at this place is one the patient can take."""
        return self.location_id is None or self.location_id == location_id

    def suits(self, starts_at: datetime, zone: str, earlier_than: datetime | None = None) -> bool:
        """Whether a time at this instant is one the patient can take, on the wall clock of the zone.

        ``earlier_than`` is when the visit begins that they have already.
        """
        wall = starts_at.astimezone(ZoneInfo(zone))
        return (
            self.earliest_on <= wall.date() <= self.latest_on
            and (self.weekdays is None or wall.isoweekday() % 7 in self.weekdays)
            and (self.from_time is None or wall.time() >= self.from_time)
            and (self.until_time is None or wall.time() < self.until_time)
            and (earlier_than is None or starts_at < earlier_than)
        )
