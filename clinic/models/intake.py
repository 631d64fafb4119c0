"""What patients are asked before a visit of some type, and what they answered."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, Choice, ChoiceType, Timestamped, now, one_of, word
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.scope import ClinicOwned


class QuestionKind(Choice):
    """How a question is answered."""

    SHORT_TEXT = "short_text", word("A line of text")
    LONG_TEXT = "long_text", word("Several lines of text")
    YES_NO = "yes_no", word("Yes or no")
    CHOICE = "choice", word("One of a list")
    NUMBER = "number", word("A number")
    DATE = "date", word("A date")


class IntakeQuestion(ClinicOwned, Timestamped, Base):
    """One question of a visit type; it is retired, never removed, once somebody may have answered it."""

    __tablename__ = "intake_questions"
    __table_args__ = (
        belongs_to_clinic("intake_questions"),
        refers("visit_type_id", "visit_types"),
        one_of(QuestionKind, "kind"),
        sa.CheckConstraint("(kind = 'choice') = (cardinality(choices) > 0)", name="a_list_has_entries"),
        index("intake_questions", "visit_type_id", "position"),
    )

    visit_type_id: Mapped[UUID] = mapped_column(sa.Uuid)
    question: Mapped[str]
    hint: Mapped[str | None]
    kind: Mapped[QuestionKind] = mapped_column(ChoiceType(QuestionKind))
    choices: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list, server_default="{}")
    is_required: Mapped[bool] = mapped_column(default=False, server_default="false")
    position: Mapped[int] = mapped_column(default=0, server_default="0")
    retired_at: Mapped[datetime | None]


class IntakeAnswer(ClinicOwned, Base):
    """What was answered to one question before one visit: never changed; the newest one counts."""

    __tablename__ = "intake_answers"
    __table_args__ = (
        belongs_to_clinic("intake_answers"),
        refers("visit_id", "visits"),
        refers("question_id", "intake_questions"),
        refers_to_user("answered_by_id"),
        index("intake_answers", "visit_id", "created_at"),
        index("intake_answers", "question_id"),
        index("intake_answers", "answered_by_id", postgresql_where=sa.text("answered_by_id IS NOT NULL")),
    )

    visit_id: Mapped[UUID] = mapped_column(sa.Uuid)
    question_id: Mapped[UUID] = mapped_column(sa.Uuid)
    # The question as it read then: the clinic may have changed its words since.
    asked: Mapped[str]
    # "yes", "no", a number as digits, an ISO date, or words. NULL takes an earlier answer back.
    answer: Mapped[str | None]
    # NULL: by the visit's link, where nobody is signed in.
    answered_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    created_at: Mapped[datetime] = mapped_column(default=now, server_default=sa.func.now())
