"""Excuse notes: that somebody cannot work or go to school for some days, with a code that proves the paper genuine."""

from datetime import date, datetime
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


class ExcuseKind(Choice):
    """For whom the note is."""

    WORK = "work", word("For work")
    SCHOOL = "school", word("For school")
    GENERAL = "general", word("General")


class NoteStatus(Choice):
    """What is stored of where a note stands; the rest follows from its dates."""

    DRAFT = "draft", word("Draft")
    SENT = "sent", word("Sent")


class NoteState(Choice):
    """Where a note stands on a day."""

    DRAFT = "draft", word("Not sent yet")
    READY = "ready", word("Ready to be sent")
    SENT = "sent", word("Sent")
    EXPIRED = "expired", word("Its days are over")
    WITHDRAWN = "withdrawn", word("Withdrawn")


# Letters and digits that nobody takes for another; the first four say which clinics may know the code.
CODE = "^[0-9A-F]{4}[0-9A-HJKMNP-TV-Z]{12}$"


class ExcuseNote(PatientOwned, Timestamped, Base):
    """One note. Its code is made when it is sent; from then on it says what it says, until somebody withdraws it."""

    __tablename__ = "excuse_notes"
    noun = "excuse note"
    __table_args__ = (
        belongs_to_clinic("excuse_notes"),
        refers("patient_id", "patients"),
        refers("visit_id", "visits"),
        refers("provider_id", "providers"),
        refers_to_user("created_by_id"),
        one_of(ExcuseKind, "kind"),
        one_of(NoteStatus, "status"),
        sa.CheckConstraint("ends_on >= starts_on", name="days_forwards"),
        sa.CheckConstraint("(status = 'sent') = (sent_at IS NOT NULL)", name="sent_has_a_time"),
        sa.CheckConstraint("(sent_at IS NULL) = (check_code IS NULL)", name="sent_has_a_code"),
        sa.CheckConstraint(f"check_code ~ '{CODE}'", name="check_code_is_plain"),
        index("excuse_notes", "patient_id", "created_at", "id"),
        index("excuse_notes", "visit_id", postgresql_where=sa.text("visit_id IS NOT NULL")),
        index("excuse_notes", "provider_id", postgresql_where=sa.text("provider_id IS NOT NULL")),
        index("excuse_notes", "created_by_id", postgresql_where=sa.text("created_by_id IS NOT NULL")),
        sa.Index("uq_excuse_notes_check_code", "clinic_id", "check_code", unique=True),
    )

    visit_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    provider_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    created_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    kind: Mapped[ExcuseKind] = mapped_column(ChoiceType(ExcuseKind))
    # Days of the clinic's calendar, the first and the last of them.
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    # Why: for the record. It stands on no paper.
    reason: Mapped[str | None]
    # What the patient can do and what not, in words for whoever gets the note.
    restrictions: Mapped[str | None]
    status: Mapped[NoteStatus] = mapped_column(ChoiceType(NoteStatus), default=NoteStatus.DRAFT)
    # Since when the doctor says that its words are finished; the desk gives out nothing before.
    ready_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    # As it stands on the paper, without its dashes; whoever reads this row knows more than the code could tell them.
    check_code: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]

    patient: Mapped[Patient] = relationship(foreign_keys="ExcuseNote.patient_id")
    visit: Mapped[Visit | None] = relationship(foreign_keys=[visit_id])
    provider: Mapped[Provider | None] = relationship(foreign_keys=[provider_id])
    created_by: Mapped[User | None] = relationship(foreign_keys=[created_by_id])

    def state_on(self, today: date) -> NoteState:
        """Where the note stands on this day of the clinic's calendar."""
        if self.withdrawn_at:
            return NoteState.WITHDRAWN
        if self.status == NoteStatus.DRAFT:
            return NoteState.READY if self.ready_at else NoteState.DRAFT
        return NoteState.EXPIRED if self.ends_on < today else NoteState.SENT

    @property
    def may_be_changed(self):
        """Whether nobody has read it yet, and somebody still may."""
        return self.status == NoteStatus.DRAFT and not self.withdrawn_at

    @property
    def is_ready(self):
        """Whether the doctor has finished it and nobody has got it yet: the desk may give it out."""
        return self.may_be_changed and self.ready_at is not None

    @property
    def is_valid_paper(self):
        """Whether it was sent and still stands: then it may be printed."""
        return self.status == NoteStatus.SENT and not self.withdrawn_at

    @property
    def author(self):
        """Who says so, as the paper names them."""
        return self.provider.display_name if self.provider else self.created_by.name if self.created_by else ""

    @property
    def code_in_groups(self):
        """The code as people read and type it: in fours, with dashes; None before the note is sent."""
        code = self.check_code
        return "-".join(code[at : at + 4] for at in range(0, len(code), 4)) if code else None
