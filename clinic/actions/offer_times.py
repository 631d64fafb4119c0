"""The piece of time an offer keeps: taken for a while, made the visit's, let go. Always under the doctor's lock."""

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic.actions import slots
from clinic.actions.booking import look, not_open
from clinic.models.schedule import SeatHold, Slot

SEAT_HOLD_INSERT = sa.insert(SeatHold.__table__)
TAKE = sa.text(
    """UPDATE slots SET status = 'booked', held_until = NULL, taken = 1
        WHERE clinic_id = :clinic_id AND id = :slot_id AND status = 'held' AND held_until > now() RETURNING id"""
)
TAKE_SEAT_HOLD = sa.text(
    """DELETE FROM seat_holds WHERE clinic_id = :clinic_id AND id = :seat_hold_id AND held_until > now()
       RETURNING slot_id"""
)
UNTIL = sa.text(
    """UPDATE slots SET held_until = :until
        WHERE clinic_id = :clinic_id AND id = :slot_id AND status = 'held' AND held_until > now() RETURNING id"""
)
SEAT_UNTIL = sa.text(
    """UPDATE seat_holds SET held_until = :until
        WHERE clinic_id = :clinic_id AND id = :seat_hold_id AND held_until > now() RETURNING id"""
)
DROP = sa.text("DELETE FROM slots WHERE clinic_id = :clinic_id AND id = :slot_id AND status = 'held'")
DROP_SEAT_HOLD = sa.text("DELETE FROM seat_holds WHERE clinic_id = :clinic_id AND id = :seat_hold_id")


def keep(session, wish, terms, until, *, by):
    """Hold the wished time for nobody in particular; the slot's id and, in a time for several, the seat's.

    Raises TimeTaken where it cannot be had.
    """
    slots.drop_expired(session, wish.clinic_id, wish.provider_id)
    slots.drop_empty(session, wish.clinic_id, wish.provider_id)
    found = look(session, wish, terms, by=by)
    open_here = found.seat_in or (found.free and found.inside_hours and found.rooms_free)
    if found.blocked or found.closed or found.day_full or not open_here:
        raise not_open(wish, terms, found)
    slot_id = found.seat_in or slots.take_new(session, wish, terms, found, by=by, held_until=until)
    if not found.seat_in and terms.capacity == 1:
        return slot_id, None
    seat_hold_id = uuid7()
    row = {"clinic_id": wish.clinic_id, "id": seat_hold_id, "slot_id": slot_id, "held_by_id": None}
    session.connection().execute(SEAT_HOLD_INSERT, {**row, "held_until": until})
    return slot_id, seat_hold_id


def take(session, offer, *, by) -> bool:
    """Make the held time the visit's own; False where the hold ran out and the time may be somebody else's."""
    if offer.seat_hold_id is None:
        return session.connection().execute(TAKE, _ids(offer)).one_or_none() is not None
    left = session.connection().execute(TAKE_SEAT_HOLD, _ids(offer)).one_or_none()
    offer.seat_hold_id = None
    return left is not None and slots.take_seat(session, offer.clinic_id, left.slot_id, by=by)


def is_closed(offer, found) -> bool:
    """Whether the time was closed since; ``found`` is what ``clinic.queries.open_times.fits`` knows of it.

    A group may be closed for booking, or called off and gone.
    """
    slot = sa.select(Slot.closed_at).where(Slot.clinic_id == offer.clinic_id, Slot.id == offer.slot_id)
    kept = object_session(offer).execute(slot).one_or_none()
    if kept is None or kept.closed_at:
        return True
    return found is None or found.blocked or found.closed or not (offer.seat_hold_id or found.inside_hours)


def hold_until(session, offer, until) -> bool:
    """Hold the time until then; False where the hold ran out meanwhile."""
    statement = UNTIL if offer.seat_hold_id is None else SEAT_UNTIL
    return session.connection().execute(statement, {**_ids(offer), "until": until}).one_or_none() is not None


def let_go(session, offer):
    """Free what the offer holds, if it still does."""
    ids = _ids(offer)
    offer.slot_id = offer.seat_hold_id = None
    session.flush()
    if ids["seat_hold_id"] is None:
        session.connection().execute(DROP, ids)
    else:
        session.connection().execute(DROP_SEAT_HOLD, ids)
        slots.drop_empty(session, offer.clinic_id, offer.provider_id)


def _ids(offer):
    return {"clinic_id": offer.clinic_id, "slot_id": offer.slot_id, "seat_hold_id": offer.seat_hold_id}
