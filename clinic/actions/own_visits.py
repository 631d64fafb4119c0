"""What patients do with a visit by themselves, besides moving and cancelling: say they come, check in, take it back."""

from dataclasses import replace

from sqlalchemy.orm import object_session

from clinic.actions import visits
from clinic.actions.acting import Refused, action, note
from clinic.actions.moves import hold, move_back
from clinic.db import now
from clinic.models.visits import VisitStatus
from clinic.queries.own_visits import USUAL, check_in_of, has_lost_its_time, may_take_back

S = VisitStatus


def confirm(visit, *, by):
    """The patient says they will come; saying so twice is as good as once. Nobody comes where the time was taken."""
    hold(visit)
    _refuse_what_lost_its_time(visit)
    if visit.status == S.CONFIRMED and not visit.is_unconfirmed:
        return visit
    if visit.starts_at <= now():
        raise Refused("This visit has begun already. Please tell the front desk if you are here.")
    return visits.confirm(visit, by=by)


def check_in(visit, *, by):
    """The patient says they are here, within the clinic's hours for that; saying so twice is as good as once."""
    hold(visit)
    if visit.status == S.CHECKED_IN:
        return visit
    _refuse_what_lost_its_time(visit)
    window = check_in_of(object_session(visit), visit)
    if window.is_ahead:
        raise Refused("It is too early to check in.")
    if window.is_over:
        raise Refused("It is too late to check in here. Please tell the front desk that you are here.")
    if not window.is_offered and visit.may(S.CHECKED_IN):
        raise Refused("Nobody needs to check in to a visit by video.")
    return visits.check_in(visit, by=by)


def arrive(visit, *, by):
    """The patient says so at the clinic itself, whatever the hour; whose time was taken waits for nobody there."""
    hold(visit)
    _refuse_what_lost_its_time(visit)
    return visits.check_in(visit, by=by)


def take_back(visit, *, by):
    """Take back what the patient just did by the link: within minutes, a cancelled visit only if its time is free."""
    hold(visit)
    if not may_take_back(object_session(visit), visit):
        raise Refused("This can no longer be taken back here. Please call us.")
    if visit.status == S.CONFIRMED:
        return unconfirm(visit, by=by)
    # What was theirs a moment ago is not booked anew: the rules for booking do not stand in the way.
    return visits.undo(visit, by=replace(by, in_portal=False), own=True)


@action
def unconfirm(visit, *, by):
    """Leave open again whether the patient comes."""
    visit.confirmed_at = None
    return move_back(visit, S.BOOKED, by=by)


@action
def set_check_in(clinic, *, by, **rules):
    """Say when patients may check in by themselves: the names and units of ``queries/own_visits.py``."""
    before = {name: clinic.settings.get(name, usual) for name, usual in USUAL.items()}
    clinic.settings = {**clinic.settings, **{name: rules[name] for name in USUAL}}
    note(object_session(clinic), **{name: (before[name], rules[name]) for name in USUAL if before[name] != rules[name]})
    return clinic


def _refuse_what_lost_its_time(visit):
    if has_lost_its_time(object_session(visit), visit):
        raise Refused("This visit cannot take place as planned. We are looking for another time for it.")
