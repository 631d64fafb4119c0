"""Jobs about visits."""

import sqlalchemy as sa

from clinic.actions import visits
from clinic.models.visits import CancelReason, Visit, VisitStatus
from clinic.work.handlers import handles


@handles("visits.lapse")
def lapse(session, *, by, visit_id):
    """Call off a visit that was asked for and not answered in time; one answered meanwhile is left alone."""
    # Locked, so that an answer given at this very moment comes before or after, never in between.
    visit = session.get(Visit, (by.clinic_id, visit_id), with_for_update=True)
    if visit and visit.status == VisitStatus.REQUESTED and visit.answer_by and _is_over(session, visit):
        visits.cancel(visit, CancelReason.UNANSWERED, by=by)


def _is_over(session, visit):
    """By the clock that brought the job, to the microsecond: a moment too early, and nobody would look again."""
    return session.scalar(sa.select(sa.literal(visit.answer_by) <= sa.func.now()))
