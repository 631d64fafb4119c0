"""The verbs of a visit's life: what the desk, the doctor and the patient do with one."""

from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import object_session

from clinic import bell
from clinic.actions import limits, obstacles, slot_rooms, slots, visit_rooms
from clinic.actions.acting import Refused, action
from clinic.actions.booking import LOCK, Wish, answer_due, await_answer, lock, seat
from clinic.actions.day_closing import refuse_on_closed_days
from clinic.actions.freed_times import tell_waitlist
from clinic.actions.moves import cannot, hold, move, move_back, remember
from clinic.actions.notifications import tell
from clinic.actions.queue import join, leave
from clinic.db import now
from clinic.models.notifications import NotificationKind
from clinic.models.people import VisitMode
from clinic.models.queue import SAID_AGAIN
from clinic.models.visits import UNDO_WINDOW, CancelReason, EventKind, VisitEvent, VisitKind, VisitStatus

S = VisitStatus
STAMPS = {
    S.CONFIRMED: "confirmed_at",
    S.CHECKED_IN: "checked_in_at",
    S.IN_PROGRESS: "started_at",
    S.COMPLETED: "ended_at",
    S.CANCELLED: "cancelled_at",
}
# The word on a start that took a walk-in nobody had yet, so that its undo gives the walk-in back to everybody.
TAKEN = "taken"


@action
def accept(visit, *, by):
    """The clinic accepts what a patient asked for."""
    hold(visit)
    visit.answer_by = None
    move(visit, S.BOOKED, by=by)
    tell(object_session(visit), NotificationKind.ACCEPTED, visit=visit, by=by)
    return visit


@action
def confirm(visit, *, by):
    """The patient has said they will come; of a time that the clinic chose since, they say it once more."""
    hold(visit)
    if visit.status == S.CONFIRMED and visit.is_unconfirmed:
        remember(object_session(visit), visit.clinic_id, visit.id, EventKind.PROGRESS, by=by, progress=SAID_AGAIN)
    else:
        move(visit, S.CONFIRMED, by=by)
    visit.confirmed_at = now()
    return visit


@action
def check_in(visit, *, by):
    """The patient is here and waits."""
    hold(visit)
    visit.checked_in_at = now()
    move(visit, S.CHECKED_IN, by=by)
    join(object_session(visit), visit)
    return visit


@action
def start(visit, *, by):
    """The doctor takes the patient in; a walk-in that waited for anybody becomes the doctor's own."""
    hold(visit)
    if not visit.may(S.IN_PROGRESS):
        raise cannot(visit, S.IN_PROGRESS)
    taken = visit.provider_id is None
    if by.provider_id is None or not (taken or visit.provider_id == by.provider_id):
        raise Refused("Only the visit's own doctor can start it.")
    visit.provider_id = by.provider_id
    visit.started_at = now()
    return move(visit, S.IN_PROGRESS, by=by, progress=TAKEN if taken else None)


@action
def complete(visit, *, by):
    """The doctor has finished."""
    hold(visit)
    if not visit.may(S.COMPLETED):
        raise cannot(visit, S.COMPLETED)
    if not _own(visit, by):
        raise Refused("Only the visit's own doctor can complete it.")
    visit.ended_at = now()
    return move(visit, S.COMPLETED, by=by)


@action
def mark_no_show(visit, *, by):
    """The patient did not come; the visit keeps its time."""
    hold(visit)
    if visit.may(S.NO_SHOW) and visit.starts_at > now():
        raise Refused("This visit has not begun yet, so nobody has missed it.")
    return move(visit, S.NO_SHOW, by=by)


@action
def cancel(visit, reason, *, by, note=None):
    """Call the visit off and give its time back; a patient may until the type's cut-off."""
    hold(visit)
    reason = CancelReason(reason)
    if by.in_portal and visit.may(S.CANCELLED) and not visit.patient_may_cancel:
        raise Refused("It is too late to cancel here. Please call us.")
    move(visit, S.CANCELLED, by=by, notes=note, progress=visit_rooms.left_behind(visit))
    visit.cancelled_at, visit.cancelled_by_id = now(), by.user_id
    visit.cancel_reason, visit.cancel_note = reason, note
    visit.answer_by = None
    slots.give_back(visit)
    if visit.starts_at > now() and not visit.checked_in_at:
        tell(object_session(visit), NotificationKind.CANCELLED, visit=visit, by=by)
    return visit


@action
def move_to(visit, wish: Wish, *, by):
    """Move the visit to another time, and to another doctor where the wish names one; it keeps id and status."""
    hold(visit)
    for refusal in obstacles.of_moving(visit, wish, by=by):
        raise refusal
    # A form sent twice, or sent as it came, moves nobody, and nobody is told that they were moved.
    return visit if wish.is_met_by(visit) else shift(visit, wish, by=by)


def shift(visit, wish: Wish, *, by):
    """Give the visit's time back and take the wished one, under the locks of both doctors."""
    session, own = object_session(visit), visit_rooms.kept(visit, wish)
    lock_both(session, visit, own)
    terms = lock(session, own, by=by, moved=visit)
    limits.keep_from_two_at_once(session, own, terms, moved=visit)
    # The old time is given back first, so that a visit may move by less than its own length.
    slots.let_visits_point_ahead(session)
    slots.release(session, visit.clinic_id, visit.slot_id)
    own = visit_rooms.as_free(session, own, wish, terms, by=by)
    # Of a time that the clinic chose, whoever had said that they come has said nothing yet.
    said_at = None if by.in_portal else visit.confirmed_at
    if said_at:
        visit.confirmed_at = None
    gives_back = said_at and said_at.isoformat()
    return stand_at(visit, own, seat(session, own, terms, by=by), by=by, gives_back=gives_back)


def stand_at(visit, wish: Wish, slot_id, *, by, gives_back=None):
    """Write where a moved visit stands from now on, under the doctor's lock; its new time is taken already.

    ``gives_back`` is when the patient had said that they come, if the move takes that away; its undo gives it back.
    """
    old, freed = visit.starts_at, (visit.provider_id, visit.starts_at, visit.ends_at)
    visit.slot_id, visit.room_id = slot_id, slot_rooms.first_room(object_session(visit), visit.clinic_id, slot_id)
    visit.provider_id, visit.visit_type_id, visit.visit_mode = wish.provider_id, wish.visit_type_id, wish.visit_mode
    visit.starts_at = wish.starts_at
    visit.ends_at = slots.ends_at(object_session(visit), visit.clinic_id, slot_id)
    if visit.answer_by and visit.answer_by > visit.starts_at:
        # Asked for, not answered yet: that makes sense until it would begin.
        visit.answer_by = visit.starts_at
        await_answer(object_session(visit), visit.clinic_id, visit.id, visit.answer_by)
    facts = {"old_starts_at": old, "new_starts_at": wish.starts_at, "notes": wish.overbook, "progress": gives_back}
    remember(object_session(visit), visit.clinic_id, visit.id, EventKind.MOVED, by=by, **facts)
    tell_waitlist(object_session(visit), visit.clinic_id, *freed)
    if wish.told and visit.starts_at > now():
        tell(object_session(visit), NotificationKind.MOVED, visit=visit, by=by, old_starts_at=old)
    return visit


def lock_both(session, visit, wish):
    """Lock both doctors in the order of their ids, so that two moves in opposite directions cannot deadlock."""
    for provider_id in sorted({visit.provider_id, wish.provider_id} - {None}):
        session.connection().execute(
            LOCK,
            {
                "clinic_id": visit.clinic_id, "provider_id": provider_id, "visit_type_id": wish.visit_type_id,
                "patient_id": None,
            },
        )  # fmt: skip


@action
def undo(visit, *, by, reason=None, own=False):
    """Take back the last step: soon, or later with a reason; a cancelled visit only if its time is free.

    At the desk one that stood over somebody else's comes back there; not so where it is the patient's own undo.
    """
    hold(visit)
    if visit.status not in visit.undoable:
        raise Refused("There is nothing to take back.")
    last = _last_step(visit)
    if last is None or last.from_status is None:
        raise Refused("The visit began like this; there is nothing to take back.")
    if now() - last.created_at > UNDO_WINDOW and not reason:
        raise Refused("This was more than 15 minutes ago. Say why it is taken back.", field="reason")
    is_admins = refuse_on_closed_days(visit, by)
    settled = visit.status == S.COMPLETED and last.from_status in visit.closing_steps
    if visit.status in (S.IN_PROGRESS, S.COMPLETED) and not (_own(visit, by) or settled or is_admins):
        raise Refused("Only the visit's own doctor can take this back.")
    if visit.status == S.CANCELLED:
        _take_time_again(object_session(visit), visit, visit_rooms.Left.of(last.progress), own, by=by)
    if last.progress == TAKEN:
        visit.provider_id = None
    _forget_stamp(visit)
    was_called_off = visit.status == S.CANCELLED
    move_back(visit, last.from_status, by=by, notes=reason)
    if was_called_off:
        # What patients do themselves is answered at once, and without an apology.
        _stand_again(object_session(visit), visit, replace(by, in_portal=True) if own else by)
    return visit


def _stand_again(session, visit, by):
    said = NotificationKind.RESTORED
    if visit.status == S.REQUESTED:
        # The hours count anew: the old moment may be long over, and its job finds nothing to do any more.
        visit.answer_by, said = answer_due(visit.visit_type, visit.starts_at), NotificationKind.REQUESTED
        await_answer(session, visit.clinic_id, visit.id, visit.answer_by)
    if visit.starts_at > now():
        tell(session, said, visit=visit, by=by)


def _last_step(visit):
    """The event that made the visit what it is; what an undo wrote is no step, or a second undo would redo it."""
    return object_session(visit).scalar(
        sa.select(VisitEvent)
        .where(
            VisitEvent.visit_id == visit.id,
            VisitEvent.to_status == visit.status,
            VisitEvent.kind.in_((EventKind.BOOKED, EventKind.STATUS)),
        )
        .order_by(VisitEvent.created_at.desc(), VisitEvent.id.desc())
        .limit(1)
    )


def _own(visit, by):
    return by.provider_id is not None and visit.provider_id == by.provider_id


def _take_time_again(session, visit, left, own, *, by):
    why_overbooked = _why_overbooked(visit) if left.stood_over and not own else None
    visit.cancel_reason = visit.cancel_note = visit.cancelled_by_id = None
    if visit.kind == VisitKind.WALK_IN or not (visit.provider_id and visit.visit_type_id):
        return
    wish = Wish(
        visit.clinic_id, visit.provider_id, visit.visit_type_id, visit.patient_id, visit.starts_at, visit.visit_mode,
        overbook=why_overbooked, was_theirs=True,
    )  # fmt: skip
    with session.no_autoflush:
        into = visit_rooms.into_again(session, wish, left)
        terms = lock(session, into, by=by)
        into = visit_rooms.as_free(session, into, wish, terms, by=by)
        visit.slot_id = seat(session, into, terms, by=by)
        # As any time that is taken anew: as long as visits of the type are by now, or the group is.
        visit.ends_at = slots.ends_at(session, visit.clinic_id, visit.slot_id)
        visit.room_id = visit_rooms.seen_in_again(session, visit, left)


def _why_overbooked(visit):
    """The desk's reason to have the visit where it stood though the time was not open; None where it was."""
    stood = sa.select(VisitEvent.notes).where(
        VisitEvent.clinic_id == visit.clinic_id, VisitEvent.visit_id == visit.id,
        VisitEvent.kind.in_((EventKind.BOOKED, EventKind.MOVED)), VisitEvent.new_starts_at == visit.starts_at,
    )  # fmt: skip
    return object_session(visit).scalar(stood.order_by(VisitEvent.created_at.desc(), VisitEvent.id.desc()).limit(1))


def _forget_stamp(visit):
    if visit.status == S.CHECKED_IN:
        leave(visit)
    stamp = STAMPS.get(visit.status)
    if stamp:
        setattr(visit, stamp, None)


@action
def write_note(visit, text, *, by):
    """Change the administrative note of a visit; the desk and the doctor read it."""
    hold(visit)
    visit.notes = text or None
    remember(object_session(visit), visit.clinic_id, visit.id, EventKind.NOTE, by=by)
    return visit


@action
def set_meeting_url(visit, url, *, by):
    """Say where a video visit meets."""
    hold(visit)
    if visit.visit_mode != VisitMode.VIRTUAL:
        raise Refused("Only a visit by video has a link.")
    visit.meeting_url = url or None
    bell.ring(object_session(visit), visit.clinic_id, "visits")
    return visit
