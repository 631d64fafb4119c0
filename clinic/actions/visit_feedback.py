"""How a visit was: the patient says it once, an administrator reads the words first, the numbers make an average."""

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic import jobs
from clinic.actions.acting import Refused, action
from clinic.actions.moves import hold
from clinic.models.providers import Provider
from clinic.models.visit_feedback import FeedbackState, VisitFeedback
from clinic.models.visits import VisitStatus
from clinic.queries.visit_feedback import average_of, of_visit


@action
def give(visit, rating: int, comment, *, by):
    """Say how the visit was, from 1 (bad) to 5 (good), with words or without; once, after it is completed."""
    hold(visit)
    session = object_session(visit)
    if visit.status != VisitStatus.COMPLETED:
        raise Refused("You can say how it was once the visit is over.")
    if visit.patient.is_deceased:
        raise Refused("Nobody is asked about this visit.")
    if of_visit(session, visit):
        raise Refused("You have told us already how this visit was. Thank you.")
    session.add(
        VisitFeedback(
            clinic_id=visit.clinic_id, id=uuid7(), visit_id=visit.id, provider_id=visit.provider_id, rating=rating,
            comment=comment, state=FeedbackState.WAITING if comment else FeedbackState.SHOWN,
        )
    )  # fmt: skip
    if visit.provider_id:
        # Worked out by a job: whoever answers by a link or in the portal sees nobody else's answers.
        jobs.put(session, "visit_feedback.rate", clinic_id=visit.clinic_id, provider_id=visit.provider_id)
    return visit


@action
def publish(feedback: VisitFeedback, *, by):
    """Let the doctor read the comment."""
    return _decide(feedback, FeedbackState.SHOWN, None, by)


@action
def hide(feedback: VisitFeedback, reason: str, *, by):
    """Keep the comment to the administrators, and say why; its number counts all the same."""
    return _decide(feedback, FeedbackState.HIDDEN, reason, by)


@action
def reopen(feedback: VisitFeedback, *, by):
    """Put the comment back among those nobody has decided about."""
    return _decide(feedback, FeedbackState.WAITING, None, by)


@action
def rate(provider: Provider, *, by):
    """Work out the doctor's average anew; two who do so at once wait for each other, so the last one has it all."""
    session = object_session(provider)
    session.refresh(provider, with_for_update={"key_share": True, "of": Provider})
    provider.rating, provider.rating_count = average_of(session, provider.id)
    return provider


def _decide(feedback, state, reason, by):
    object_session(feedback).refresh(feedback, with_for_update=True)
    if feedback.comment is None:
        raise Refused("There are no words to decide about.")
    if feedback.state == state:
        raise Refused("Somebody has decided this already.")
    feedback.state, feedback.hidden_reason = state, reason
    is_open = state == FeedbackState.WAITING
    feedback.moderated_at, feedback.moderated_by_id = (None, None) if is_open else (sa.func.now(), by.user_id)
    return feedback
