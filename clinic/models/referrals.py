"""Referrals: a patient sent on to a specialist, and what came of it."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Choice, ChoiceType, Timestamped, one_of, word
from clinic.models.accounts import User
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.models.patients import Patient
from clinic.models.providers import Provider
from clinic.models.visits import Visit
from clinic.scope import PatientOwned


class Priority(Choice):
    """How soon the patient is to be seen there."""

    ROUTINE = "routine", word("Routine")
    URGENT = "urgent", word("Urgent")
    STAT = "stat", word("At once")


class ReferralStatus(Choice):
    """Where a referral stands."""

    PENDING = "pending", word("Not sent yet")
    SENT = "sent", word("Sent")
    ACCEPTED = "accepted", word("Accepted")
    COMPLETED = "completed", word("Completed")
    CANCELLED = "cancelled", word("Called off")


class SentTo(Choice):
    """Who was given the letter."""

    PATIENT = "patient", word("The patient")
    SPECIALIST = "specialist", word("The specialist")


S = ReferralStatus
OPEN = (S.PENDING, S.SENT, S.ACCEPTED)
OPEN_SQL = "status IN ('pending', 'sent', 'accepted')"


class Referral(PatientOwned, Timestamped, Base):
    """One letter to a specialist: written, sent, perhaps accepted, and closed by what came of it or by calling it off.

    From the moment it is sent its words stay as they were read; the patient sees it from then on.
    """

    __tablename__ = "referrals"
    noun = "referral"
    # Every step a referral can take; `actions/referrals.py` is the only place that takes one.
    steps = {
        S.PENDING: (S.SENT, S.CANCELLED),
        S.SENT: (S.ACCEPTED, S.COMPLETED, S.CANCELLED),
        S.ACCEPTED: (S.COMPLETED, S.CANCELLED),
    }
    # When each step was taken, and so what is left when the last one is taken back.
    moments = {
        S.SENT: "sent_at", S.ACCEPTED: "accepted_at", S.COMPLETED: "completed_at", S.CANCELLED: "cancelled_at",
    }  # fmt: skip

    __table_args__ = (
        belongs_to_clinic("referrals"),
        refers("patient_id", "patients"),
        refers("visit_id", "visits"),
        refers("provider_id", "providers"),
        refers_to_user("created_by_id"),
        one_of(Priority, "priority"),
        one_of(ReferralStatus, "status"),
        one_of(SentTo, "sent_to"),
        sa.CheckConstraint("(sent_at IS NULL) = (sent_to IS NULL)", name="sent_says_to_whom"),
        sa.CheckConstraint(
            "status NOT IN ('sent', 'accepted', 'completed') OR sent_at IS NOT NULL", name="sent_has_a_time"
        ),
        sa.CheckConstraint("status <> 'pending' OR sent_at IS NULL", name="pending_is_not_sent"),
        sa.CheckConstraint("accepted_at IS NULL OR sent_at IS NOT NULL", name="accepted_was_sent"),
        sa.CheckConstraint("status <> 'accepted' OR accepted_at IS NOT NULL", name="accepted_has_a_time"),
        sa.CheckConstraint("(status = 'completed') = (completed_at IS NOT NULL)", name="completed_has_a_time"),
        sa.CheckConstraint("completed_at IS NULL OR outcome IS NOT NULL", name="completed_has_an_outcome"),
        sa.CheckConstraint("(status = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_has_a_time"),
        index("referrals", "patient_id", "created_at", "id"),
        index("referrals", "created_at", "id", name="ix_referrals_open", postgresql_where=sa.text(OPEN_SQL)),
        index("referrals", "visit_id", postgresql_where=sa.text("visit_id IS NOT NULL")),
        index("referrals", "provider_id", "created_at", "id"),
        index("referrals", "created_by_id", postgresql_where=sa.text("created_by_id IS NOT NULL")),
    )  # fmt: skip

    visit_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # Who refers, as the calendar knows them; who typed it is another matter.
    provider_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    created_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # Name and address of the specialist or the ward, as on an envelope.
    referred_to: Mapped[str]
    specialty: Mapped[str | None]
    priority: Mapped[Priority] = mapped_column(ChoiceType(Priority), default=Priority.ROUTINE)
    reason: Mapped[str]
    # What else the specialist should know: findings, treatment so far.
    notes: Mapped[str | None]
    status: Mapped[ReferralStatus] = mapped_column(ChoiceType(ReferralStatus), default=S.PENDING)
    sent_to: Mapped[SentTo | None] = mapped_column(ChoiceType(SentTo))
    outcome: Mapped[str | None]
    cancel_note: Mapped[str | None]
    # Since when the doctor says that its words are finished; the desk gives out nothing before.
    ready_at: Mapped[datetime | None]
    # Given to the patient or the specialist, by hand, mail or fax: whatever says ``sent_to``.
    sent_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]

    patient: Mapped[Patient] = relationship(foreign_keys="Referral.patient_id")
    visit: Mapped[Visit | None] = relationship(foreign_keys=[visit_id])
    provider: Mapped[Provider | None] = relationship(foreign_keys=[provider_id])
    created_by: Mapped[User | None] = relationship(foreign_keys=[created_by_id])

    def may(self, step):
        """Whether the table of steps lets the referral become this now."""
        return step in self.steps.get(self.status, ())

    @property
    def is_open(self):
        """Whether nobody has said yet what came of it."""
        return self.status in OPEN

    @property
    def may_be_changed(self):
        """Whether nobody has read its words yet."""
        return self.status == S.PENDING

    @property
    def is_ready(self):
        """Whether the doctor has finished it and nobody has got it yet: the desk may give it out."""
        return self.may_be_changed and self.ready_at is not None

    @property
    def addressee(self):
        """To whom, in one line: the first of the envelope's."""
        return self.referred_to.partition("\n")[0].strip()

    @property
    def author(self):
        """Who refers, as the letter names them."""
        return self.provider.display_name if self.provider else self.created_by.name if self.created_by else ""

    @property
    def last_step_at(self):
        """When the step was taken that made it what it is; None as long as it is only written."""
        column = self.moments.get(self.status)
        return getattr(self, column) if column else None
