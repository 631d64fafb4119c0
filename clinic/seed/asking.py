"""What the demo's patients are asked before a visit, and how they say it was afterwards."""

from dataclasses import dataclass

import sqlalchemy as sa

from clinic.actions import intake, visit_feedback
from clinic.actions.acting import Actor
from clinic.db import now
from clinic.models.intake import QuestionKind
from clinic.models.visit_feedback import FeedbackState, VisitFeedback
from clinic.models.visits import Visit, VisitStatus

K = QuestionKind


@dataclass(frozen=True, slots=True)
class Words:
    """What a clinic asks, what somebody answers to each, and what they say afterwards, in one language."""

    questions: tuple[tuple[str, QuestionKind, tuple[str, ...], bool, str | None], ...]
    answers: tuple[str | None, ...]
    # In turns; most say a number and nothing more.
    said: tuple[tuple[int, str | None], ...]


WORDS = {
    "en": Words(
        (
            ("What would you like help with most?", K.SHORT_TEXT, (), True, "Of several things the worst."),
            ("Since when?", K.DATE, (), False, "About is enough."),
            ("How strong is it, from 0 to 10?", K.NUMBER, (), False, None),
            ("How is it now?", K.CHOICE, ("Better", "The same", "Worse"), False, None),
            ("Do you take any medicines?", K.YES_NO, (), True, None),
            ("Which ones?", K.LONG_TEXT, (), False, "Bring the boxes if you are not sure."),
        ),
        ("My left knee", None, "4", "Worse", "yes", "Ibuprofen when it hurts"),
        ((5, None), (4, None), (5, "She explained every step."), (5, None), (3, "A long wait, kind words."),
         (4, None), (5, None), (2, "I was given two different answers at the desk."), (5, "Thank you."), (4, None)),
    ),
    "de": Words(
        (
            ("Wobei brauchen Sie am meisten Hilfe?", K.SHORT_TEXT, (), True, "Bei mehreren Beschwerden die stärkste."),
            ("Seit wann?", K.DATE, (), False, "Ungefähr genügt."),
            ("Wie stark ist es, von 0 bis 10?", K.NUMBER, (), False, None),
            ("Wie ist es jetzt?", K.CHOICE, ("Besser", "Unverändert", "Schlechter"), False, None),
            ("Nehmen Sie Medikamente?", K.YES_NO, (), True, None),
            ("Welche?", K.LONG_TEXT, (), False, "Bringen Sie die Packungen mit, wenn Sie nicht sicher sind."),
        ),
        ("Mein linkes Knie", None, "4", "Schlechter", "yes", "Ibuprofen, wenn es wehtut"),
        ((5, None), (4, None), (5, "Sie hat jeden Schritt erklärt."), (5, None),
         (3, "Lange gewartet, aber freundlich empfangen."), (4, None), (5, None),
         (2, "Am Empfang habe ich zwei verschiedene Auskünfte bekommen."), (5, "Vielen Dank."), (4, None)),
    ),
}  # fmt: skip
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
        for question, kind, choices, required, hint in WORDS[opened.demo.spoken].questions
    ]  # fmt: skip
    coming = sa.select(Visit).where(
        Visit.visit_type_id == visit_type.id, Visit.starts_at > now(),
        Visit.status.in_((VisitStatus.BOOKED, VisitStatus.CONFIRMED)),
    )  # fmt: skip
    answers = {each.id: text for each, text in zip(asked, WORDS[opened.demo.spoken].answers, strict=True)}
    for visit in session.scalars(coming.order_by(Visit.starts_at, Visit.id).limit(24)).all()[::2]:
        intake.answer(visit, answers, by=_by_link(opened))
    _look_back(session, opened)


def _look_back(session, opened):
    over = sa.select(Visit).where(Visit.status == VisitStatus.COMPLETED).order_by(Visit.starts_at, Visit.id)
    said = WORDS[opened.demo.spoken].said
    for number, visit in enumerate(session.scalars(over.limit(MOST_SAID)).all()):
        rating, words = said[number % len(said)]
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
