"""Moving a visit on the calendar: all that stands against a new time, told at once; and taking a move back."""

from dataclasses import dataclass, replace
from datetime import datetime
from types import SimpleNamespace

import sqlalchemy as sa
from sqlalchemy.orm import object_session

from clinic.actions import booking, limits, obstacles, slots, visit_rooms, visits
from clinic.actions.acting import Refused, action
from clinic.actions.moves import hold
from clinic.db import now
from clinic.models.visits import UNDO_WINDOW, EventKind, VisitEvent
from clinic.queries.open_times import nearest_open

ALTERNATIVES = 4


@dataclass(frozen=True, slots=True)
class Against:
    """Every reason why a visit does not move to a time, and the open times nearest to it."""

    reasons: tuple
    nearest: tuple
    # Whether a written reason is enough to move it there all the same.
    can_be_forced: bool


def against(visit, wish, provider_ids, *, by) -> Against:
    """What stands in the way of the move right now; nothing of the looking remains.

    ``provider_ids`` are the doctors among whom the nearest open times are looked for, the wished one's first.
    """
    session = object_session(visit)
    point = session.begin_nested()
    try:
        return _against(session, visit, wish, provider_ids, by)
    finally:
        point.rollback()


def _against(session, visit, wish, provider_ids, by):
    # A reason that was typed stands against nothing here: what it helps over is told as well.
    wish = replace(wish, overbook=None)
    plain = visit_rooms.kept(visit, wish)
    reasons = list(obstacles.of_moving(visit, plain, by=by))
    ids = {"clinic_id": wish.clinic_id, "provider_id": wish.provider_id, "visit_type_id": wish.visit_type_id}
    terms = session.connection().execute(booking.LOCK, {**ids, "patient_id": wish.patient_id}).one_or_none()
    of_terms = list(obstacles.of_terms(plain, terms, by=by))
    reasons += of_terms
    # The visit's own time is given back first, as the move would do it.
    slots.let_visits_point_ahead(session)
    slots.release(session, visit.clinic_id, visit.slot_id)
    plain = terms and visit_rooms.as_free(session, plain, wish, terms, by=by)
    found = terms and booking.look(session, plain, terms, by=by)
    if found:
        reasons += [*_of_limits(session, plain, terms, visit, by), *obstacles.of_time(plain, terms, found)]
    may_move = visit.status in obstacles.MOVABLE and not obstacles.is_into_the_past(visit, wish.starts_at)
    forced = not of_terms and found is not None and not found.blocked and may_move
    nearest = _nearest(session, visit, plain, terms.timezone, provider_ids, by) if terms else ()
    return Against(tuple(reasons), nearest, forced)


def _of_limits(session, wish, terms, visit, by):
    try:
        limits.keep_per_patient(session, wish, terms, by=by, moved=visit)
    except Refused as refusal:
        yield refusal
    try:
        limits.keep_from_two_at_once(session, wish, terms, moved=visit)
    except Refused as refusal:
        yield refusal


def _nearest(session, visit, wish, zone, provider_ids, by):
    """The nearest times with the wished doctor, and the nearest with any of them; never where the visit is now."""
    clinic, kind = SimpleNamespace(id=wish.clinic_id, timezone=zone), SimpleNamespace(id=wish.visit_type_id)
    facts = {"mode": wish.visit_mode, "person_id": by.user_id, "wanted_rooms": wish.wanted_rooms}
    found = nearest_open(session, clinic, kind, [wish.provider_id], wish.starts_at, most=ALTERNATIVES, **facts)
    others = [each for each in provider_ids if each != wish.provider_id]
    found += nearest_open(session, clinic, kind, others, wish.starts_at, most=2, **facts) if others else []
    own = (visit.provider_id, visit.starts_at)
    return tuple(each for each in found if (each.provider_id, each.starts_at) != own)[: ALTERNATIVES + 1]


@action
def undo_move(visit, provider_id, room_id=None, rather_room_id=None, *, by):
    """Move the visit back to where its last move took it from, within a quarter of an hour, if that is still free.

    ``provider_id`` is the doctor it was with, ``room_id`` where they would have seen the patient, or with
    ``rather_room_id`` would have if it is free; the desk need not be in time for the patients' cut-off.
    """
    hold(visit)
    if visit.status not in obstacles.MOVABLE:
        raise Refused("A visit can be moved only before the patient is here.")
    session = object_session(visit)
    last, before = _last_move(session, visit)
    if last is None or now() - last.created_at > UNDO_WINDOW:
        raise Refused("This was more than 15 minutes ago. Move the visit instead.")
    wish = booking.Wish(
        visit.clinic_id, provider_id, visit.visit_type_id, visit.patient_id, last.old_starts_at, visit.visit_mode,
        overbook=before and before.notes, wanted_rooms=(room_id,) if room_id else (),
        kept_rooms=(rather_room_id,) if rather_room_id else (), was_theirs=True,
    )  # fmt: skip
    visits.shift(visit, visit_rooms.instead(visit, wish), by=by)
    # At the time it has again they had said that they come, or had not.
    visit.confirmed_at = datetime.fromisoformat(last.progress) if last.progress else None
    return visit


def _last_move(session, visit):
    """The visit's last move, and the event that had brought it to where that took it from, each None where not told."""
    events = session.scalars(
        sa.select(VisitEvent)
        .where(VisitEvent.clinic_id == visit.clinic_id, VisitEvent.visit_id == visit.id)
        .where(VisitEvent.kind.in_((EventKind.BOOKED, EventKind.MOVED)))
        .order_by(VisitEvent.created_at.desc(), VisitEvent.id.desc())
        .limit(20)
    ).all()
    if not events or events[0].kind != EventKind.MOVED:
        return None, None
    came_from = events[0].old_starts_at
    return events[0], next((each for each in events[1:] if each.new_starts_at == came_from), None)
