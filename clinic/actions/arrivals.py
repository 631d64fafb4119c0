"""Who has come and is seen, on the day of the visit; what patients say themselves is in ``actions/own_visits.py``."""

from clinic.actions import visits
from clinic.actions.acting import Refused
from clinic.actions.moves import hold
from clinic.models.visits import VisitStatus
from clinic.queries.day import Day


def check_in(visit, *, by):
    """The patient is here and waits, for a visit of today: for another day they would get a number nobody calls."""
    hold(visit)
    today = Day.today(visit.timezone)
    if visit.may(VisitStatus.CHECKED_IN) and not today.starts_at <= visit.starts_at < today.ends_at:
        raise Refused("This visit is on another day. If the patient is to be seen today, move it to today first.")
    return visits.check_in(visit, by=by)


def start(visit, *, by):
    """The doctor takes the patient in: by video too, not before the day the patient expects it on."""
    hold(visit)
    if visit.may(VisitStatus.IN_PROGRESS) and visit.starts_at >= Day.today(visit.timezone).ends_at:
        raise Refused("This visit is on a later day. If the patient is to be seen today, move it to today first.")
    return visits.start(visit, by=by)
