"""Questions before a visit: an administrator keeps them, a patient answers until they are here."""

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic import bell
from clinic.actions.acting import Refused, action, note
from clinic.actions.moves import hold
from clinic.models.intake import IntakeAnswer, IntakeQuestion
from clinic.models.visits import VisitStatus
from clinic.queries.intake import MOST, answers_of, questions_of

S = VisitStatus
ANSWERED_IN = (S.REQUESTED, S.BOOKED, S.CONFIRMED)
# Dated by the database while it writes: the newest answer counts, whichever server took it.
ANSWER_INSERT = sa.insert(IntakeAnswer.__table__).values(created_at=sa.func.clock_timestamp()).inline()


@action
def add(visit_type, *, by, **details):
    """Ask one more question before visits of this type, after the others."""
    session = object_session(visit_type)
    there = _in_order(session, visit_type.id)
    if len(there) >= MOST:
        raise Refused("Nobody answers more than %(most)s questions. Retire one first.", most=MOST)
    question = IntakeQuestion(
        clinic_id=visit_type.clinic_id, id=uuid7(), visit_type_id=visit_type.id, position=_after(there), **details
    )
    session.add(question)
    return question


@action
def update(asked: IntakeQuestion, *, by, **details):
    """Change a question's words; how it is answered stays, and answers keep the words they were given to."""
    for name, value in details.items():
        if name != "kind":
            setattr(asked, name, value)
    return asked


@action
def retire(question: IntakeQuestion, *, by):
    """Ask it no more; what was answered stays."""
    question.retired_at = question.retired_at or sa.func.now()
    return question


@action
def ask_again(question: IntakeQuestion, *, by):
    """Ask a retired question again, after the others."""
    session = object_session(question)
    there = _in_order(session, question.visit_type_id)
    if question.retired_at is not None and len(there) >= MOST:
        raise Refused("Nobody answers more than %(most)s questions. Retire one first.", most=MOST)
    question.retired_at, question.position = None, _after(there)
    return question


@action
def move_up(question: IntakeQuestion, *, by):
    """Ask it one place earlier."""
    return _shift(question, -1)


@action
def move_down(question: IntakeQuestion, *, by):
    """Ask it one place later."""
    return _shift(question, 1)


@action
def answer(visit, answers: dict, *, by):
    """Keep the answers, by question's id, None for none; what did not change is not written again."""
    hold(visit)
    if visit.status not in ANSWERED_IN:
        raise Refused("These questions can be answered until you have checked in. Please tell your doctor.")
    session = object_session(visit)
    asked = {each.id: each for each in questions_of(session, visit.visit_type_id)}
    if answers.keys() - asked.keys():
        raise Refused("The questions have changed meanwhile. Please look at them again.")
    former = {key: rows[0].answer for key, rows in answers_of(session, visit.id).items()}
    changed = [key for key, text in answers.items() if text != former.get(key)]
    for key in changed:
        row = {
            "clinic_id": visit.clinic_id, "id": uuid7(), "visit_id": visit.id, "question_id": key,
            "asked": asked[key].question, "answer": answers[key], "answered_by_id": by.user_id,
        }  # fmt: skip
        session.connection().execute(ANSWER_INSERT, row)
    note(session, answers_changed=(None, len(changed)))
    bell.ring(session, visit.clinic_id, "visits")
    return visit


def _in_order(session, visit_type_id):
    """The questions asked now, locked, so that two who add or move at once do not take the same place."""
    return session.scalars(
        sa.select(IntakeQuestion)
        .where(IntakeQuestion.visit_type_id == visit_type_id, IntakeQuestion.retired_at.is_(None))
        .order_by(IntakeQuestion.position, IntakeQuestion.id)
        .with_for_update(key_share=True)
    ).all()


def _after(there):
    """The place after all of these."""
    return max((each.position for each in there), default=-1) + 1


def _shift(question, step):
    rows = list(_in_order(object_session(question), question.visit_type_id))
    if question in rows:
        to = min(max(rows.index(question) + step, 0), len(rows) - 1)
        rows.remove(question)
        rows.insert(to, question)
    for position, row in enumerate(rows):
        row.position = position
    return question
