"""Which steps of a visit's life a person may take: one table of step, word and permission, for routes and buttons."""

from functools import cache
from typing import NamedTuple

from flask_babel import lazy_gettext as _l

from clinic.access import Permission
from clinic.models.visits import Visit, VisitKind, VisitStatus

P = Permission
S = VisitStatus


class Step(NamedTuple):
    """One step: the verb that takes it (view, action and address), its word on a button and what it needs."""

    verb: str
    label: str
    needs: Permission


STEPS = {
    S.BOOKED: Step("accept", _l("Accept"), P.VISITS_CHECK_IN),
    S.CONFIRMED: Step("confirm", _l("Confirm"), P.VISITS_CHECK_IN),
    S.CHECKED_IN: Step("check_in", _l("Check in"), P.VISITS_CHECK_IN),
    S.IN_PROGRESS: Step("start", _l("Start"), P.VISITS_CONDUCT),
    S.COMPLETED: Step("complete", _l("Complete"), P.VISITS_CONDUCT),
    S.NO_SHOW: Step("mark_no_show", _l("Did not come"), P.VISITS_CHECK_IN),
    S.CANCELLED: Step("cancel", _l("Cancel"), P.VISITS_BOOK),
}
UNDO = Step("undo", _l("Undo"), None)
MOVE = Step("move", _l("Move"), P.VISITS_BOOK)
TAKE = STEPS[S.IN_PROGRESS]._replace(label=_l("Take"))
DECLINE = STEPS[S.CANCELLED]._replace(label=_l("Decline"))
MOVABLE = (S.REQUESTED, S.BOOKED, S.CONFIRMED)
DOCTORS_OWN = (S.IN_PROGRESS, S.COMPLETED)
# What a button in full view does, by where the visit stands; all others wait behind "More".
FIRST = {
    S.REQUESTED: ("accept",),
    S.BOOKED: ("start", "check_in"),
    S.CONFIRMED: ("start", "check_in"),
    S.CHECKED_IN: ("start",),
    S.IN_PROGRESS: ("complete",),
}
AHEAD = {S.BOOKED: ("confirm",), S.CONFIRMED: ()}


class Standing(NamedTuple):
    """All that decides which steps a visit has for one person, so that equal ones share their buttons."""

    status: str
    visit_mode: str
    kind: str
    owner: str  # "own", "nobody" or "other", as the person who looks is concerned
    begun: bool
    ahead: bool  # on a later day than today
    gone: bool  # on an earlier day than today


@cache
def _allowed(status, mode):
    visit = Visit(status=S(status), visit_mode=mode)
    return tuple(step for step in STEPS if visit.may(step))


def next_steps(standing: Standing, may) -> tuple[Step | None, list[Step]]:
    """The step in full view, if any, and the others; ``may`` says whether the person holds a permission."""
    found = [_worded(standing, step) for step in _allowed(standing.status, standing.visit_mode)]
    steps = [each for each in found if each and may(each.needs)]
    if standing.status in MOVABLE and may(MOVE.needs):
        steps.insert(-1 if steps and steps[-1].verb == "cancel" else len(steps), MOVE)
    if may_undo(standing, may):
        steps.append(UNDO)
    wanted = AHEAD.get(standing.status) if standing.ahead else None
    wanted = FIRST.get(standing.status, ()) if wanted is None else wanted
    first = next((each for verb in wanted for each in steps if each.verb == verb), None)
    return first, [each for each in steps if each is not first]


def _worded(standing, step):
    if (step in DOCTORS_OWN and standing.owner == "other") or (step == S.NO_SHOW and not standing.begun):
        return None
    if step == S.CHECKED_IN and (standing.ahead or standing.gone):
        return None
    if step == S.IN_PROGRESS and standing.ahead:
        return None
    if step == S.IN_PROGRESS and standing.owner == "nobody":
        return TAKE
    return DECLINE if step == S.CANCELLED and standing.status == S.REQUESTED else STEPS[step]


def may_undo(standing, may) -> bool:
    """Whether the last step can be taken back by this person: they must hold what the step itself needs."""
    status = S(standing.status)
    if status not in Visit.undoable or not may(STEPS[status].needs):
        return False
    if standing.kind == VisitKind.WALK_IN and status == S.CHECKED_IN:
        return False
    return status not in DOCTORS_OWN or standing.owner == "own"
