"""What is asked before a visit, what was answered so far, and what the answers were before they were changed."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from clinic.models.intake import IntakeAnswer, IntakeQuestion, QuestionKind

# More questions than this nobody answers; a visit type has no more.
MOST = 40


@dataclass(slots=True)
class Asked:
    """One question of a visit: what it is now, the answer that counts, and those before it, the newest first."""

    question_id: UUID
    question: str
    kind: QuestionKind
    is_required: bool
    is_retired: bool
    hint: str | None
    choices: list[str]
    answer: IntakeAnswer | None = None
    earlier: list[IntakeAnswer] = field(default_factory=list)

    @property
    def text(self):
        """The answer that counts, or None."""
        return self.answer.answer if self.answer else None

    @property
    def value(self):
        """The answer that counts as what it is: a date where one was asked for, else words."""
        return date.fromisoformat(self.text) if self.kind == QuestionKind.DATE and self.text else self.text


@dataclass(frozen=True, slots=True)
class Count:
    """How much of what is asked was answered; says nothing of what."""

    asked: int
    answered: int
    is_missing: bool

    @property
    def is_whole(self):
        """Whether nothing is open that must be answered, and something was."""
        return bool(self.asked and self.answered and not self.is_missing)


def questions_of(session, visit_type_id, *, retired=False):
    """The questions of a visit type in their order; with ``retired`` those too that are no longer asked."""
    wanted = [] if retired else [IntakeQuestion.retired_at.is_(None)]
    return session.scalars(
        sa.select(IntakeQuestion)
        .where(IntakeQuestion.visit_type_id == visit_type_id, *wanted)
        .order_by(IntakeQuestion.retired_at.is_not(None), IntakeQuestion.position, IntakeQuestion.id)
        .limit(4 * MOST)
    ).all()


def answers_of(session, visit_id):
    """Everything answered before a visit, by question, the newest first."""
    found = defaultdict(list)
    for row in session.scalars(
        sa.select(IntakeAnswer)
        .where(IntakeAnswer.visit_id == visit_id)
        .order_by(IntakeAnswer.created_at.desc(), IntakeAnswer.id.desc())
    ):
        found[row.question_id].append(row)
    return found


def asked_of(session, visit) -> list[Asked]:
    """The questions of a visit with their answers: those asked now, then those retired that were answered."""
    if visit.visit_type_id is None:
        return []
    answers = answers_of(session, visit.id)
    known = questions_of(session, visit.visit_type_id, retired=True)
    known += _of_another_type(session, answers.keys() - {each.id for each in known})
    found = []
    for each in known:
        rows = answers.get(each.id, [])
        is_open = each.retired_at is None and each.visit_type_id == visit.visit_type_id
        if is_open or any(row.answer for row in rows[:1]):
            answer = rows[0] if rows else None
            found.append(Asked(each.id, each.question, each.kind, each.is_required, not is_open, each.hint,
                               each.choices, answer, rows[1:]))  # fmt: skip
    return found


def count_of(session, visit) -> Count:
    """How much was answered, for whoever may not read it."""
    return counted(asked_of(session, visit))


def counted(asked) -> Count:
    """How many of these are asked now and answered, and whether one is open that must not be."""
    now_asked = open_questions(asked)
    answered = sum(1 for each in now_asked if each.text is not None)
    missing = any(each.is_required and each.text is None for each in now_asked)
    return Count(len(now_asked), answered, missing)


def open_questions(asked) -> list[Asked]:
    """What can be answered now."""
    return [each for each in asked if not each.is_retired]


def _of_another_type(session, ids):
    """Questions answered while the visit was of another type."""
    if not ids:
        return []
    return session.scalars(sa.select(IntakeQuestion).where(IntakeQuestion.id.in_(ids))).all()
