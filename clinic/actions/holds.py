"""Holding a time for five minutes while somebody types; the hold ends by itself, to the second."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from clinic.actions import slots
from clinic.actions.acting import audit
from clinic.actions.booking import Wish, lock, look, not_open
from clinic.models.schedule import SeatHold

HOLD = timedelta(minutes=slots.HOLD_MINUTES)
SEAT_HOLD_INSERT = sa.insert(SeatHold.__table__)
# The doctor's lock, as a booking takes it; without it two who delete the same holds in another order would deadlock.
EXPIRED = sa.text(
    """SELECT p.id FROM providers AS p
        WHERE p.clinic_id = :clinic_id AND p.id IN (
            SELECT s.provider_id FROM slots AS s
             WHERE s.clinic_id = :clinic_id AND s.status = 'held' AND s.held_until <= now()
            UNION
            SELECT s.provider_id FROM seat_holds AS h JOIN slots AS s ON s.clinic_id = h.clinic_id AND s.id = h.slot_id
             WHERE h.clinic_id = :clinic_id AND h.held_until <= now()
            UNION
            -- Shared times left by somebody who went on to hold one of another doctor's, whose lock was all they had.
            SELECT s.provider_id FROM slots AS s
             WHERE s.clinic_id = :clinic_id AND s.kind = 'open' AND s.status = 'free' AND s.taken = 0
               AND NOT EXISTS (SELECT 1 FROM seat_holds AS h WHERE h.clinic_id = s.clinic_id AND h.slot_id = s.id))
        ORDER BY p.id FOR NO KEY UPDATE OF p SKIP LOCKED"""
)


def hold(session, wish: Wish, *, by) -> datetime:
    """Keep the wished time for the person and return until when; an earlier hold of theirs is given back first."""
    terms = lock(session, wish, by=by)
    slots.drop_expired(session, wish.clinic_id, wish.provider_id)
    slots.release_holds_of(session, wish.clinic_id, by.user_id)
    slots.drop_empty(session, wish.clinic_id, wish.provider_id)
    found = look(session, wish, terms, by=by)
    # A seat is looked for where nothing closes it; that the hours around it are closed does not shut it.
    alone = found.free and found.inside_hours and found.on_grid and found.rooms_free and not found.closed
    if found.blocked or found.day_full or not (found.seat_in or alone):
        raise not_open(wish, terms, found)
    until = session.connection().execute(sa.select(sa.func.now() + HOLD)).scalar()
    slot_id = found.seat_in or slots.take_new(session, wish, terms, found, by=by, held_until=until)
    if found.seat_in or terms.capacity > 1:
        _keep_a_seat(session, wish.clinic_id, slot_id, until, by)
    audit(session, "holds.hold", by=by, resource=("slots", slot_id))
    return until


def _keep_a_seat(session, clinic_id, slot_id, until, by):
    row = {
        "clinic_id": clinic_id,
        "id": uuid7(),
        "slot_id": slot_id,
        "held_by_id": by.user_id,
        "held_until": until,
    }
    session.connection().execute(SEAT_HOLD_INSERT, row)


def sweep(session, clinic_id):
    """Remove the clinic's expired holds and what they left, doctor by doctor; one being booked now is left to that."""
    for provider_id in session.connection().execute(EXPIRED, {"clinic_id": clinic_id}).scalars().all():
        slots.drop_expired(session, clinic_id, provider_id)
        slots.drop_empty(session, clinic_id, provider_id)
