"""The one way a visit's status changes: a step the table of steps allows, remembered with who took it."""

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic import bell, jobs
from clinic.actions.acting import Refused
from clinic.db import word
from clinic.models.visits import EventKind, VisitEvent, VisitStatus

# Dated by the database while it writes: a history is read in the order of these dates, whoever wrote its lines.
EVENT_INSERT = sa.insert(VisitEvent.__table__).values(created_at=sa.func.clock_timestamp()).inline()
HAS_OFFER = sa.text(
    """SELECT EXISTS (SELECT 1 FROM slot_offers WHERE clinic_id = :clinic_id AND visit_id = :visit_id AND is_move
                         AND status IN ('prepared', 'sent'))"""
)
# Where a visit stands, inside a sentence.
STANDS = {
    VisitStatus.REQUESTED: word("requested"),
    VisitStatus.BOOKED: word("booked"),
    VisitStatus.CONFIRMED: word("confirmed"),
    VisitStatus.CHECKED_IN: word("checked in"),
    VisitStatus.IN_PROGRESS: word("in progress"),
    VisitStatus.COMPLETED: word("completed"),
    VisitStatus.CANCELLED: word("cancelled"),
    VisitStatus.NO_SHOW: word("did not come"),
}
BEFORE_THE_VISIT = (None, VisitStatus.REQUESTED, VisitStatus.BOOKED, VisitStatus.CONFIRMED)


def remember(session, clinic_id, visit_id, kind, *, by, **facts):
    """Write one line of a visit's history and ring the bell for whoever looks at the clinic's day."""
    session.connection().execute(
        EVENT_INSERT,
        {
            "clinic_id": clinic_id, "id": uuid7(), "visit_id": visit_id, "kind": kind,
            "from_status": None, "to_status": None, "progress": None, "old_starts_at": None, "new_starts_at": None,
            "changed_by_id": by.user_id, "changed_for_id": by.on_behalf_of_id, "notes": None, **facts,
        },
    )  # fmt: skip
    bell.ring(session, clinic_id, "visits")
    if kind == EventKind.MOVED or facts.get("to_status") not in BEFORE_THE_VISIT:
        _let_offers_go(session, clinic_id, visit_id)


def _let_offers_go(session, clinic_id, visit_id):
    """Have another time that is offered for the visit taken back: it is somewhere else now, or needs none."""
    ids = {"clinic_id": clinic_id, "visit_id": visit_id}
    # A job, since the doctor whose time is held may have to be locked before whom this transaction locked.
    if session.connection().execute(HAS_OFFER, ids).scalar():
        jobs.put(session, "offers.let_go", **ids)


def hold(visit):
    """Lock the visit's row and read it again: of two who act at once, the second sees what the first has done."""
    object_session(visit).refresh(visit, with_for_update={"key_share": True, "of": type(visit)})


def move(visit, step, *, by, notes=None, progress=None):
    """Take one allowed step and remember who took it; refuse any other."""
    if not visit.may(step):
        raise cannot(visit, step)
    return _set(visit, step, EventKind.STATUS, by=by, notes=notes, progress=progress)


def settle_as(visit, step, *, by, notes=None):
    """Take a step that is allowed when the day is closed, after the visit's time; refuse any other."""
    if step not in visit.closing_steps.get(visit.status, ()):
        raise cannot(visit, step)
    return _set(visit, step, EventKind.STATUS, by=by, notes=notes)


def move_back(visit, step, *, by, notes=None):
    """Take a step back, as an undo does."""
    return _set(visit, step, EventKind.UNDONE, by=by, notes=notes)


def cannot(visit, step):
    """Why the step is not possible, in the clinic's words."""
    if visit.status == step:
        return Refused("This visit is already %(now)s.", now=STANDS[step])
    return Refused(
        "This visit is %(now)s; it cannot become %(step)s.",
        now=STANDS[visit.status],
        step=STANDS[step],
    )


def _set(visit, step, kind, *, by, notes, progress=None):
    session = object_session(visit)
    remember(
        session,
        visit.clinic_id,
        visit.id,
        kind,
        by=by,
        from_status=visit.status,
        to_status=step,
        notes=notes,
        progress=progress,
    )
    visit.status = step
    return visit
