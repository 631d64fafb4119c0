"""How a visit was, as the patient says: asked once, read by the clinic before anybody else reads it."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, Choice, ChoiceType, Timestamped, one_of, word
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.scope import ClinicOwned


class FeedbackState(Choice):
    """Whether somebody has read the comment, and what they decided."""

    WAITING = "waiting", word("To be read")
    SHOWN = "shown", word("Shown")
    HIDDEN = "hidden", word("Hidden")


class VisitFeedback(ClinicOwned, Timestamped, Base):
    """One patient's answer about one visit. The number counts always, whatever becomes of the comment."""

    __tablename__ = "visit_feedback"
    noun = "answer"
    __table_args__ = (
        belongs_to_clinic("visit_feedback"),
        refers("visit_id", "visits"),
        refers("provider_id", "providers"),
        refers_to_user("moderated_by_id"),
        one_of(FeedbackState, "state"),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name="rating_in_range"),
        sa.CheckConstraint("(state = 'hidden') = (hidden_reason IS NOT NULL)", name="hidden_has_a_reason"),
        sa.CheckConstraint("state <> 'waiting' OR comment IS NOT NULL", name="words_wait"),
        sa.Index("uq_visit_feedback_visit_id", "clinic_id", "visit_id", unique=True),
        index("visit_feedback", "provider_id", "created_at"),
        index("visit_feedback", "created_at", postgresql_where=sa.text("comment IS NOT NULL")),
        index("visit_feedback", "moderated_by_id", postgresql_where=sa.text("moderated_by_id IS NOT NULL")),
    )

    visit_id: Mapped[UUID] = mapped_column(sa.Uuid)
    # Whom it is about: the visit's doctor when it was given.
    provider_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    rating: Mapped[int] = mapped_column(sa.SmallInteger)
    comment: Mapped[str | None]
    state: Mapped[FeedbackState] = mapped_column(ChoiceType(FeedbackState))
    hidden_reason: Mapped[str | None]
    moderated_at: Mapped[datetime | None]
    moderated_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
