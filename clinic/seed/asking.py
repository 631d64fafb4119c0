"""What the demo's patients are asked before a visit, and how they say it was afterwards."""

import sqlalchemy as sa

from clinic.actions import intake, visit_feedback
from clinic.actions.acting import Actor
from clinic.db import now
from clinic.models.intake import QuestionKind
from clinic.models.visit_feedback import FeedbackState, VisitFeedback
from clinic.models.visits import Visit, VisitStatus

K = QuestionKind
QUESTIONS = (
    (
        "What would you like help with most?",
        K.SHORT_TEXT,
        (),
        True,
        "Of several things the worst.",
    ),
    ("Since when?", K.DATE, (), False, "About is enough."),
    ("How strong is it, from 0 to 10?", K.NUMBER, (), False, None),
    ("How is it now?", K.CHOICE, ("Better", "The same", "Worse"), False, None),
    ("Do you take any medicines?", K.YES_NO, (), True, None),
    ("Which ones?", K.LONG_TEXT, (), False, "Bring the boxes if you are not sure."),
)
ANSWERS = ("My left knee", None, "4", "Worse", "yes", "Ibuprofen when it hurts")
# What they say, in turns; most say a number and nothing more.
SAID = (
    (5, None), (4, None), (5, "She explained every step."), (5, None), (3, "A long wait, kind words."),
    (4, None), (5, None), (2, "I was given two different answers at the desk."), (5, "Thank you."), (4, None),
)  # fmt: skip
MOST_SAID = 40


def ask(session, week):
    """Ask something before the first type of visit, let some have answered, and let past visits be spoken of."""
    opened = week.opened
    visit_type = next(iter(opened.types.values()))
    asked = [
        intake.add(
            visit_type, by=opened.admin, question=question, kind=kind, choices=list(choices), is_required=required,
            hint=hint,
        )
        for question, kind, choices, required, hint in QUESTIONS
    ]  # fmt: skip
    coming = sa.select(Visit).where(
        Visit.visit_type_id == visit_type.id, Visit.starts_at > now(),
        Visit.status.in_((VisitStatus.BOOKED, VisitStatus.CONFIRMED)),
    )  # fmt: skip
    answers = {each.id: text for each, text in zip(asked, ANSWERS, strict=True)}
    for visit in session.scalars(coming.order_by(Visit.starts_at, Visit.id).limit(24)).all()[::2]:
        intake.answer(visit, answers, by=_by_link(opened))
    _look_back(session, opened)


def _look_back(session, opened):
    over = sa.select(Visit).where(Visit.status == VisitStatus.COMPLETED).order_by(Visit.starts_at, Visit.id)
    for number, visit in enumerate(session.scalars(over.limit(MOST_SAID)).all()):
        rating, words = SAID[number % len(SAID)]
        if not visit.patient.is_deceased:
            visit_feedback.give(visit, rating, words, by=_by_link(opened))
    session.flush()
    # All but the last few were read already.
    waiting = sa.select(VisitFeedback).where(VisitFeedback.state == FeedbackState.WAITING).order_by(VisitFeedback.id)
    for feedback in session.scalars(waiting).all()[:-3]:
        visit_feedback.publish(feedback, by=opened.admin)
    for provider, _doctor in opened.doctors:
        visit_feedback.rate(provider, by=opened.system)


def _by_link(opened):
    return Actor(clinic_id=opened.clinic.id, role="visit_link", in_portal=True, user_agent="flask seed")
