"""Visits, the steps of their life, and the history of each."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Choice, ChoiceType, Timestamped, now, one_of, word
from clinic.models.accounts import User
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.models.patients import Patient
from clinic.models.people import VisitMode
from clinic.models.providers import Provider
from clinic.models.queue import PROGRESS, RULES, Queued
from clinic.models.rooms import Room
from clinic.models.schedule import BookingRule, Slot, VisitType
from clinic.scope import ClinicOwned, PatientOwned
from clinic.walltime import today


class VisitStatus(Choice):
    """Where a visit stands."""

    REQUESTED = "requested", word("Requested")
    BOOKED = "booked", word("Booked")
    CONFIRMED = "confirmed", word("Confirmed")
    CHECKED_IN = "checked_in", word("Checked in")
    IN_PROGRESS = "in_progress", word("In progress")
    COMPLETED = "completed", word("Completed")
    CANCELLED = "cancelled", word("Cancelled")
    NO_SHOW = "no_show", word("Did not come")


S = VisitStatus
LIVE = (S.REQUESTED, S.BOOKED, S.CONFIRMED, S.CHECKED_IN, S.IN_PROGRESS)


class VisitKind(Choice):
    """Whether the visit was planned."""

    SCHEDULED = "scheduled", word("Scheduled")
    WALK_IN = "walk_in", word("Walk-in")


class VisitSource(Choice):
    """Where the visit came from."""

    DESK = "desk", word("Front desk")
    PORTAL = "portal", word("Patient portal")
    REFERRER = "referrer", word("Referrer")
    PHONE = "phone", word("Phone line")
    CAL = "cal", word("Cal.com")
    ACUITY = "acuity", word("Acuity")
    FHIR = "fhir", word("FHIR import")
    IMPORT = "import", word("Import")


class CancelReason(Choice):
    """Why a visit was cancelled."""

    PATIENT = "patient", word("The patient cancelled")
    CLINIC = "clinic", word("The clinic cancelled")
    PROVIDER_AWAY = "provider_away", word("The doctor is away")
    UNANSWERED = "unanswered", word("The request was not answered in time")
    ENTERED_IN_ERROR = "entered_in_error", word("Entered by mistake")
    OTHER = "other", word("Another reason")


class EventKind(Choice):
    """What a line of a visit's history tells."""

    BOOKED = "booked", word("Booked")
    STATUS = "status", word("Changed")
    MOVED = "moved", word("Moved")
    UNDONE = "undone", word("Undone")
    PROGRESS = "progress", word("Progress")
    NOTE = "note", word("Note")


UNDO_WINDOW = timedelta(minutes=15)


class Visit(PatientOwned, Queued, Timestamped, Base):
    """One patient meeting one provider, from the first request to the end."""

    __tablename__ = "visits"
    noun = "visit"
    # Every step a visit can take of itself; `actions/moves.py` is the only place that takes one.
    steps = {
        S.REQUESTED: (S.BOOKED, S.CANCELLED),
        S.BOOKED: (S.CONFIRMED, S.CHECKED_IN, S.IN_PROGRESS, S.NO_SHOW, S.CANCELLED),
        S.CONFIRMED: (S.CHECKED_IN, S.IN_PROGRESS, S.NO_SHOW, S.CANCELLED),
        S.CHECKED_IN: (S.IN_PROGRESS, S.NO_SHOW, S.CANCELLED),
        S.IN_PROGRESS: (S.COMPLETED, S.CANCELLED),
    }
    # What closing the day may make of a visit whose time is past.
    closing_steps = dict.fromkeys((S.BOOKED, S.CONFIRMED, S.CHECKED_IN), (S.COMPLETED, S.NO_SHOW))
    # What can be taken back; each returns to where it came from.
    undoable = (S.CHECKED_IN, S.IN_PROGRESS, S.NO_SHOW, S.COMPLETED, S.CANCELLED)

    __table_args__ = (
        belongs_to_clinic("visits"),
        refers("patient_id", "patients"),
        refers("provider_id", "providers"),
        refers("visit_type_id", "visit_types"),
        refers("series_id", "series"),
        refers("room_id", "rooms"),
        sa.ForeignKeyConstraint(
            ["clinic_id", "slot_id", "provider_id"],
            ["slots.clinic_id", "slots.id", "slots.provider_id"],
            name="fk_visits_slot_id_provider_id",
            # A visit that moves gives its old time back before it takes the new one; see actions/visits.py.
            deferrable=True,
            initially="IMMEDIATE",
        ),
        refers_to_user("created_by_id"),
        refers_to_user("created_for_id"),
        refers_to_user("cancelled_by_id"),
        one_of(VisitStatus, "status"),
        one_of(VisitKind, "kind"),
        one_of(VisitMode, "visit_mode"),
        one_of(VisitSource, "source"),
        one_of(CancelReason, "cancel_reason"),
        sa.CheckConstraint("ends_at >= starts_at", name="ends_after_it_starts"),
        sa.CheckConstraint(
            "status NOT IN ('requested', 'booked', 'confirmed', 'checked_in', 'in_progress')"
            " OR kind <> 'scheduled' OR source IN ('fhir', 'import')"
            " OR (slot_id IS NOT NULL AND provider_id IS NOT NULL AND ends_at IS NOT NULL)",
            name="live_has_its_time",
        ),
        sa.CheckConstraint("slot_id IS NULL OR provider_id IS NOT NULL", name="slot_has_a_provider"),
        sa.CheckConstraint("(status = 'cancelled') = (cancel_reason IS NOT NULL)", name="cancelled_has_a_reason"),
        *RULES,
        index("visits", "starts_at"),
        index(
            "visits", "status", "starts_at", name="ix_visits_live",
            postgresql_where=sa.text("status IN ('requested', 'booked', 'confirmed', 'checked_in', 'in_progress')"),
        ),
        index("visits", "provider_id", "starts_at"),
        index("visits", "patient_id", "starts_at"),
        index("visits", "slot_id", postgresql_where=sa.text("slot_id IS NOT NULL")),
        index("visits", "visit_type_id"),
        index("visits", "series_id", postgresql_where=sa.text("series_id IS NOT NULL")),
        index("visits", "room_id", postgresql_where=sa.text("room_id IS NOT NULL")),
        index("visits", "created_by_id"),
        index("visits", "created_for_id", postgresql_where=sa.text("created_for_id IS NOT NULL")),
        index("visits", "cancelled_by_id", postgresql_where=sa.text("cancelled_by_id IS NOT NULL")),
    )  # fmt: skip

    provider_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    slot_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    visit_type_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # Kept through moves and cancellations; see clinic/models/series.py.
    series_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # Where the patient is seen: out of the rooms its time keeps, or as the desk says.
    room_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    kind: Mapped[VisitKind] = mapped_column(ChoiceType(VisitKind), default=VisitKind.SCHEDULED)
    visit_mode: Mapped[VisitMode] = mapped_column(ChoiceType(VisitMode), default=VisitMode.IN_PERSON)
    status: Mapped[VisitStatus] = mapped_column(ChoiceType(VisitStatus))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    # The zone whose wall clock the time was agreed in.
    timezone: Mapped[str]
    reason: Mapped[str | None]
    # Administrative; the desk reads it. Clinical notes live in the record.
    notes: Mapped[str | None]
    source: Mapped[VisitSource] = mapped_column(ChoiceType(VisitSource))
    created_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    created_for_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    external_created_by: Mapped[str | None]
    answer_by: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    checked_in_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[CancelReason | None] = mapped_column(ChoiceType(CancelReason))
    cancel_note: Mapped[str | None]
    cancelled_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    meeting_url: Mapped[str | None]

    patient: Mapped[Patient] = relationship(foreign_keys="Visit.patient_id")
    provider: Mapped[Provider | None] = relationship(foreign_keys=[provider_id])
    visit_type: Mapped[VisitType | None] = relationship(foreign_keys=[visit_type_id])
    room: Mapped[Room | None] = relationship(foreign_keys=[room_id])
    slot: Mapped[Slot | None] = relationship(foreign_keys=[slot_id], viewonly=True)
    events: Mapped[list["VisitEvent"]] = relationship(
        back_populates="visit",
        foreign_keys="VisitEvent.visit_id",
        order_by="(VisitEvent.created_at, VisitEvent.id)",
    )

    def may(self, step):
        """Whether the table of steps lets the visit become this now; only a video visit skips the check-in."""
        if step == S.IN_PROGRESS and self.status != S.CHECKED_IN and self.visit_mode != VisitMode.VIRTUAL:
            return False
        return step in self.steps.get(self.status, ())

    @property
    def is_live(self):
        """Still to come or going on."""
        return self.status in LIVE

    @property
    def is_overdue(self):
        """Whether the clinic should have answered by now what the patient asked for."""
        return self.status == S.REQUESTED and self.answer_by is not None and self.answer_by < now()

    @property
    def is_over(self):
        """Completed, cancelled or missed."""
        return not self.is_live

    @property
    def state(self):
        """The status as everybody reads it: a yes that was said of a time before the clinic moved it counts no more."""
        return S.BOOKED if self.status == S.CONFIRMED and self.confirmed_at is None else self.status

    @property
    def is_unconfirmed(self):
        """Whether the patient has yet to say that they come: never said it, or of a time before the clinic moved it."""
        return self.state == S.BOOKED

    @property
    def is_left_open(self):
        """Whether its day is over and nobody has said whether the patient came."""
        zone = ZoneInfo(self.timezone)
        was_to_come = self.status in (S.REQUESTED, S.BOOKED, S.CONFIRMED)
        return was_to_come and (self.ends_at or self.starts_at).astimezone(zone).date() < today(zone)

    def cutoff(self, hours):
        """The last moment for a patient to change the visit themselves, given the type's hours of notice."""
        return self.starts_at - timedelta(hours=hours)

    @property
    def patient_may_cancel(self):
        """Whether the patient may still cancel without calling."""
        return self.is_before_cutoff("cancel_cutoff_hours")

    @property
    def patient_may_move(self):
        """Whether the patient may still move the visit without calling."""
        return self.is_before_cutoff("move_cutoff_hours") and self.is_movable_by_patients

    @property
    def is_movable_by_patients(self):
        """Whether patients move such a visit themselves, as long as it is not too late."""
        return self.status != S.REQUESTED and self.is_offered_to_patients

    @property
    def is_offered_to_patients(self):
        """Whether patients book visits of its type themselves, so that they may look for another time of one."""
        return self.visit_type is not None and self.visit_type.is_active and self.visit_type.booking != BookingRule.OFF

    def is_before_cutoff(self, rule):
        """Whether the type's rule still lets a patient change the visit, which is still to come."""
        hours = getattr(self.visit_type, rule) if self.visit_type else 24
        return self.status in (S.REQUESTED, S.BOOKED, S.CONFIRMED) and now() < self.cutoff(hours)


class VisitEvent(ClinicOwned, Base):
    """One line of a visit's history: never changed, never removed."""

    __tablename__ = "visit_events"
    __table_args__ = (
        belongs_to_clinic("visit_events"),
        refers("visit_id", "visits"),
        refers_to_user("changed_by_id"),
        refers_to_user("changed_for_id"),
        one_of(EventKind, "kind"),
        one_of(VisitStatus, "from_status"),
        one_of(VisitStatus, "to_status"),
        index("visit_events", "visit_id"),
        index("visit_events", "changed_by_id"),
        index("visit_events", "changed_for_id", postgresql_where=sa.text("changed_for_id IS NOT NULL")),
    )

    visit_id: Mapped[UUID] = mapped_column(sa.Uuid)
    kind: Mapped[EventKind] = mapped_column(ChoiceType(EventKind))
    from_status: Mapped[VisitStatus | None] = mapped_column(ChoiceType(VisitStatus))
    to_status: Mapped[VisitStatus | None] = mapped_column(ChoiceType(VisitStatus))
    # The word of a process beside the visit's own, such as a report; or what an undo of the step gives back.
    progress: Mapped[str | None]
    old_starts_at: Mapped[datetime | None]
    new_starts_at: Mapped[datetime | None]
    # NULL: a job or an outside system.
    changed_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    changed_for_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    notes: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    visit: Mapped[Visit] = relationship(back_populates="events", foreign_keys=[visit_id])
    changed_by: Mapped[User | None] = relationship(foreign_keys=[changed_by_id])

    @property
    def progress_words(self):
        """The word of a process beside the visit's own, as people read it where it has one for them."""
        return PROGRESS.get(self.progress, self.progress)
