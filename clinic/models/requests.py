"""Visits that were asked for without a time: how urgent each is, who looks after it, and the steps until it is one."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Choice, ChoiceType, Timestamped, now, one_of, word
from clinic.models.accounts import User
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.models.patients import Patient
from clinic.models.people import Severity, VisitMode
from clinic.models.providers import Provider
from clinic.models.schedule import VisitType
from clinic.models.visits import Visit, VisitKind, VisitSource
from clinic.scope import ClinicOwned, PatientOwned


class RequestStatus(Choice):
    """Where a request stands."""

    NEW = "new", word("New")
    TRIAGED = "triaged", word("Looked at")
    AWAITING = "awaiting_patient_confirmation", word("A time is proposed")
    CONVERTED = "converted_to_visit", word("Became a visit")
    CANCELLED = "cancelled", word("Called off")


class ReasonCategory(Choice):
    """What a request is about, in the words of those who ask."""

    NEW_PROBLEM = "new_problem", word("Something new")
    FOLLOW_UP = "follow_up", word("Something we have seen before")
    PRESCRIPTION = "prescription", word("A prescription")
    RESULTS = "results", word("Results of a test")
    PAPER = "paper", word("A certificate or a form")
    OTHER = "other", word("Something else")


class RequestEventKind(Choice):
    """What a line of a request's history tells."""

    ASKED = "asked", word("Asked")
    TRIAGED = "triaged", word("Looked at")
    TAKEN = "taken", word("Taken over")
    LEFT = "left", word("Given back")
    PROPOSED = "proposed", word("A time was proposed")
    DECLINED = "declined", word("The time did not suit")
    LAPSED = "lapsed", word("The time was not answered")
    WITHDRAWN = "withdrawn", word("The proposal was taken back")
    CONVERTED = "converted", word("Became a visit")
    CANCELLED = "cancelled", word("Called off")
    UNDONE = "undone", word("Taken back")


R = RequestStatus
OPEN = (R.NEW, R.TRIAGED, R.AWAITING)
OPEN_SQL = "status IN ('new', 'triaged', 'awaiting_patient_confirmation')"
UNDO_WINDOW = timedelta(minutes=15)


class VisitRequest(PatientOwned, Timestamped, Base):
    """Somebody asks to be seen and has no time yet: nothing is booked until it has become a visit.

    ``requested_on`` to ``until_on`` are the days that suit, ``window_start`` to ``window_end`` the hours of each (the
    clinic's wall time); where one is not said, any will do.
    """

    __tablename__ = "visit_requests"
    noun = "request"
    # Every step a request can take; `actions/requests.py` is the only place that takes one.
    steps = {
        R.NEW: (R.TRIAGED, R.CONVERTED, R.CANCELLED),
        R.TRIAGED: (R.AWAITING, R.CONVERTED, R.CANCELLED),
        R.AWAITING: (R.CONVERTED, R.TRIAGED, R.CANCELLED),
    }
    # What can be taken back: each goes to where it came from.
    undoable = (RequestEventKind.TRIAGED, RequestEventKind.TAKEN, RequestEventKind.LEFT, RequestEventKind.CANCELLED)

    __table_args__ = (
        belongs_to_clinic("visit_requests"),
        refers("patient_id", "patients"),
        refers("visit_type_id", "visit_types"),
        refers("provider_id", "providers"),
        refers("visit_id", "visits"),
        refers_to_user("owner_id"),
        refers_to_user("created_by_id"),
        refers_to_user("created_for_id"),
        refers_to_user("cancelled_by_id"),
        one_of(RequestStatus, "status"),
        one_of(Severity, "severity"),
        one_of(VisitKind, "kind"),
        one_of(VisitMode, "visit_mode"),
        one_of(ReasonCategory, "reason_category"),
        one_of(VisitSource, "source"),
        sa.CheckConstraint("until_on >= requested_on", name="days_forwards"),
        sa.CheckConstraint("window_end > window_start", name="window_forwards"),
        sa.CheckConstraint(f"({OPEN_SQL}) = (answer_by IS NOT NULL)", name="open_has_an_answer_by"),
        sa.CheckConstraint(
            "status NOT IN ('triaged', 'awaiting_patient_confirmation') OR severity IS NOT NULL",
            name="triaged_has_a_severity",
        ),
        sa.CheckConstraint(
            "status = 'awaiting_patient_confirmation' OR proposed_slot_id IS NULL", name="slot_while_proposed"
        ),
        sa.CheckConstraint("(status = 'converted_to_visit') = (visit_id IS NOT NULL)", name="converted_has_a_visit"),
        sa.CheckConstraint("(status = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_has_a_time"),
        index("visit_requests", "patient_id", "created_at"),
        index("visit_requests", "answer_by", postgresql_where=sa.text(OPEN_SQL)),
        index("visit_requests", "visit_type_id"),
        index("visit_requests", "provider_id", postgresql_where=sa.text("provider_id IS NOT NULL")),
        index("visit_requests", "visit_id", postgresql_where=sa.text("visit_id IS NOT NULL")),
        index("visit_requests", "owner_id", postgresql_where=sa.text("owner_id IS NOT NULL")),
        index("visit_requests", "created_by_id"),
        index("visit_requests", "created_for_id", postgresql_where=sa.text("created_for_id IS NOT NULL")),
        index("visit_requests", "cancelled_by_id", postgresql_where=sa.text("cancelled_by_id IS NOT NULL")),
    )  # fmt: skip

    kind: Mapped[VisitKind] = mapped_column(ChoiceType(VisitKind), default=VisitKind.SCHEDULED)
    visit_mode: Mapped[VisitMode] = mapped_column(ChoiceType(VisitMode), default=VisitMode.IN_PERSON)
    visit_type_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # The doctor who is wished for.
    provider_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    requested_on: Mapped[date | None]
    until_on: Mapped[date | None]
    window_start: Mapped[time | None]
    window_end: Mapped[time | None]
    reason: Mapped[str]
    reason_category: Mapped[ReasonCategory | None] = mapped_column(ChoiceType(ReasonCategory))
    severity: Mapped[Severity | None] = mapped_column(ChoiceType(Severity))
    status: Mapped[RequestStatus] = mapped_column(ChoiceType(RequestStatus), default=R.NEW)
    source: Mapped[VisitSource] = mapped_column(ChoiceType(VisitSource))
    # The piece of time that is kept while the patient thinks; it goes with its offer, so no key points at it.
    proposed_slot_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    owner_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # Until when the next word is owed: the desk's, or the patient's while a time is proposed.
    answer_by: Mapped[datetime | None]
    visit_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    created_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    created_for_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    cancelled_at: Mapped[datetime | None]
    cancelled_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # The words of whoever called it off: the patient's own, or the desk's for the patient.
    cancel_note: Mapped[str | None]

    patient: Mapped[Patient] = relationship(foreign_keys="VisitRequest.patient_id")
    owner: Mapped[User | None] = relationship(foreign_keys=[owner_id])
    cancelled_by: Mapped[User | None] = relationship(foreign_keys=[cancelled_by_id])
    provider: Mapped[Provider | None] = relationship(foreign_keys=[provider_id])
    visit_type: Mapped[VisitType | None] = relationship(foreign_keys=[visit_type_id])
    visit: Mapped[Visit | None] = relationship(foreign_keys=[visit_id])

    def may(self, step):
        """Whether the table of steps lets the request become this now."""
        return step in self.steps.get(self.status, ())

    @property
    def is_open(self):
        """Whether somebody still owes the next word."""
        return self.status in OPEN

    @property
    def is_overdue(self):
        """Whether the clinic should have answered by now; while a time is proposed, the patient answers."""
        return self.status in (R.NEW, R.TRIAGED) and self.answer_by < now()

    @property
    def is_walk_in(self):
        """Whether the patient would come without a time."""
        return self.kind == VisitKind.WALK_IN


class RequestEvent(ClinicOwned, Base):
    """One line of a request's history: never changed, never removed; no words that anybody typed."""

    __tablename__ = "request_events"
    __table_args__ = (
        belongs_to_clinic("request_events"),
        refers("request_id", "visit_requests"),
        refers_to_user("changed_by_id"),
        refers_to_user("changed_for_id"),
        one_of(RequestEventKind, "kind"),
        one_of(RequestStatus, "from_status"),
        one_of(RequestStatus, "to_status"),
        one_of(Severity, "severity"),
        index("request_events", "request_id", "created_at"),
        index("request_events", "changed_by_id"),
        index("request_events", "changed_for_id", postgresql_where=sa.text("changed_for_id IS NOT NULL")),
    )

    request_id: Mapped[UUID] = mapped_column(sa.Uuid)
    kind: Mapped[RequestEventKind] = mapped_column(ChoiceType(RequestEventKind))
    from_status: Mapped[RequestStatus | None] = mapped_column(ChoiceType(RequestStatus))
    to_status: Mapped[RequestStatus] = mapped_column(ChoiceType(RequestStatus))
    # What the desk made of it with this step.
    severity: Mapped[Severity | None] = mapped_column(ChoiceType(Severity))
    # What an undo restores: severity, owner and answer_by as they were.
    before: Mapped[dict] = mapped_column(JSONB)
    # NULL: a job.
    changed_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    changed_for_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    created_at: Mapped[datetime] = mapped_column(default=now)

    changed_by: Mapped[User | None] = relationship(foreign_keys=[changed_by_id])
