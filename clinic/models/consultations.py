"""What a doctor writes about a visit, what was added after it was signed, and where a note is open now.

A note names its visit and, by way of it, the patient: a visit that is found to be somebody else's takes its note along.
"""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Choice, Timestamped, now, word
from clinic.models.accounts import User
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.models.providers import Provider
from clinic.models.visits import Visit
from clinic.scope import ClinicOwned

WORDS = ("complaints", "diagnosis", "treatment", "notes")
# The patient reads these once the note is signed; ``notes`` is for colleagues.
SUMMARY = ("complaints", "diagnosis", "treatment")
LONGEST = 20_000  # characters of one part
MOST_CODES = 20


class NoteState(Choice):
    """Whether a note can still be changed."""

    DRAFT = "draft", word("Draft")
    SIGNED = "signed", word("Signed")


class Consultation(ClinicOwned, Timestamped, Base):
    """The note of one visit: a draft that is changed as it is typed, until its doctor signs it."""

    __tablename__ = "consultations"
    noun = "note"
    __table_args__ = (
        belongs_to_clinic("consultations"),
        refers("visit_id", "visits"),
        refers("provider_id", "providers"),
        refers_to_user("edited_by_id"),
        refers_to_user("signed_by_id"),
        *(
            sa.CheckConstraint(f"length({name}) BETWEEN 1 AND {LONGEST}", name=f"{name}_length")
            for name in WORDS
        ),
        sa.CheckConstraint(f"cardinality(diagnosis_codes) <= {MOST_CODES}", name="diagnosis_codes_count"),
        sa.CheckConstraint("duration_minutes BETWEEN 0 AND 1440", name="duration_minutes_in_range"),
        sa.CheckConstraint("version >= 0", name="version_in_range"),
        sa.CheckConstraint("signed_at IS NULL OR provider_id IS NOT NULL", name="signed_has_a_doctor"),
        sa.CheckConstraint("signed_by_id IS NULL OR signed_at IS NOT NULL", name="signed_by_has_a_time"),
        sa.Index("uq_consultations_visit_id", "clinic_id", "visit_id", unique=True),
        index("consultations", "provider_id", postgresql_where=sa.text("provider_id IS NOT NULL")),
        index(
            "consultations", "provider_id", "edited_at", "id", name="ix_consultations_unsigned",
            postgresql_where=sa.text("signed_at IS NULL"),
        ),
        index("consultations", "edited_by_id", postgresql_where=sa.text("edited_by_id IS NOT NULL")),
        index("consultations", "signed_by_id", postgresql_where=sa.text("signed_by_id IS NOT NULL")),
    )  # fmt: skip

    visit_id: Mapped[UUID] = mapped_column(sa.Uuid)
    # The visit's doctor when it was last written or signed.
    provider_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    complaints: Mapped[str | None]
    diagnosis: Mapped[str | None]
    diagnosis_codes: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list, server_default="{}")
    treatment: Mapped[str | None]
    notes: Mapped[str | None]
    # From the visit's start to its end, or to the signature where it was not over yet.
    duration_minutes: Mapped[int | None]
    # Grows with every change; 0 while nothing has been written.
    version: Mapped[int] = mapped_column(default=0, server_default="0")
    edited_at: Mapped[datetime | None]
    edited_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # The page that wrote last, and which of its sendings it was: one that comes late or twice is told by them.
    saved_page: Mapped[UUID | None] = mapped_column(sa.Uuid)
    saved_number: Mapped[int | None]
    signed_at: Mapped[datetime | None]
    signed_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)

    visit: Mapped[Visit] = relationship(foreign_keys=[visit_id])
    provider: Mapped[Provider | None] = relationship(foreign_keys=[provider_id])
    edited_by: Mapped[User | None] = relationship(foreign_keys=[edited_by_id])
    signed_by: Mapped[User | None] = relationship(foreign_keys=[signed_by_id])
    addenda: Mapped[list["ConsultationAddendum"]] = relationship(
        back_populates="consultation", foreign_keys="ConsultationAddendum.consultation_id",
        order_by="(ConsultationAddendum.created_at, ConsultationAddendum.id)",
    )  # fmt: skip

    @property
    def state(self):
        """Whether it can still be changed."""
        return NoteState.SIGNED if self.is_signed else NoteState.DRAFT

    @property
    def is_signed(self):
        """Whether its doctor has signed it, so that only addenda may follow."""
        return self.signed_at is not None

    @property
    def is_empty(self):
        """Whether nothing is written in it."""
        return not (self.diagnosis_codes or any(getattr(self, name) for name in WORDS))

    @property
    def patient_id(self):
        """Whose visit it is about, for the audit log."""
        return self.visit.patient_id


class ConsultationAddendum(ClinicOwned, Base):
    """What somebody added to a signed note: never changed, never removed."""

    __tablename__ = "consultation_addenda"
    noun = "addendum"
    __table_args__ = (
        belongs_to_clinic("consultation_addenda"),
        refers("consultation_id", "consultations"),
        refers("provider_id", "providers"),
        refers_to_user("written_by_id"),
        sa.CheckConstraint(f"length(text) BETWEEN 1 AND {LONGEST}", name="text_length"),
        index("consultation_addenda", "consultation_id", "created_at"),
        index("consultation_addenda", "provider_id", postgresql_where=sa.text("provider_id IS NOT NULL")),
        index("consultation_addenda", "written_by_id", postgresql_where=sa.text("written_by_id IS NOT NULL")),
    )

    consultation_id: Mapped[UUID] = mapped_column(sa.Uuid)
    provider_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    written_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    text: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now, server_default=sa.func.now())

    consultation: Mapped[Consultation] = relationship(back_populates="addenda", foreign_keys=[consultation_id])
    provider: Mapped[Provider | None] = relationship(foreign_keys=[provider_id])
    written_by: Mapped[User | None] = relationship(foreign_keys=[written_by_id])

    @property
    def patient_id(self):
        """Whose visit it is about, for the audit log."""
        return self.consultation.patient_id


class OpenNote(ClinicOwned, Timestamped, Base):
    """One page on which somebody has the draft of a visit's note before them; its id is the page's own."""

    __tablename__ = "open_notes"
    __table_args__ = (
        belongs_to_clinic("open_notes"),
        refers("visit_id", "visits"),
        refers_to_user("user_id"),
        index("open_notes", "visit_id", "created_at"),
        index("open_notes", "user_id"),
        index("open_notes", "seen_at"),
    )

    visit_id: Mapped[UUID] = mapped_column(sa.Uuid)
    user_id: Mapped[UUID] = mapped_column(sa.Uuid)
    # The page's last sign of life.
    seen_at: Mapped[datetime] = mapped_column(default=now, server_default=sa.func.now())

    user: Mapped[User] = relationship(foreign_keys=[user_id])
