"""Pieces of a doctor's time: held, taken, given back. Always called under the provider's row lock."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic.actions import slot_rooms
from clinic.actions.acting import Refused
from clinic.actions.freed_times import tell_waitlist
from clinic.db import now
from clinic.models.schedule import Slot, SlotKind, SlotStatus

DROP_EXPIRED = sa.text(
    """WITH gone AS (
        DELETE FROM seat_holds AS h USING slots AS s
         WHERE h.clinic_id = :clinic_id AND s.clinic_id = h.clinic_id AND s.id = h.slot_id
           AND s.provider_id = :provider_id AND h.held_until <= now() RETURNING h.slot_id
    )
    DELETE FROM slots AS s WHERE s.clinic_id = :clinic_id AND s.provider_id = :provider_id
       AND s.status = 'held' AND s.held_until <= now()"""
)
# A shared slot made for a hold and left by everybody is nobody's; it goes in a second statement, since the first
# one's snapshot still sees the seats it gave up. Holds are of times to come, so what is long past need not be read.
DROP_EMPTY = sa.text(
    """DELETE FROM slots AS s WHERE s.clinic_id = :clinic_id AND s.provider_id = :provider_id
       AND s.starts_at > now() - interval '1 day'
       AND s.kind = 'open' AND s.status = 'free' AND s.taken = 0 AND s.capacity > 1
       AND NOT EXISTS (SELECT 1 FROM seat_holds AS h WHERE h.clinic_id = s.clinic_id AND h.slot_id = s.id)"""
)
# What a booking finds in its way though it counts for nothing, in one statement: what the person was holding
# themselves, the doctor's holds that ran out, and shared slots near the wished time that this leaves to nobody.
MAKE_ROOM = sa.text(
    """WITH gone AS (
        DELETE FROM seat_holds AS h WHERE h.clinic_id = :clinic_id
           AND (h.held_by_id = CAST(:person_id AS uuid) OR h.held_until <= now() AND EXISTS (
                SELECT 1 FROM slots AS s WHERE s.clinic_id = h.clinic_id AND s.id = h.slot_id
                   AND s.provider_id = :provider_id))
    ), empty AS (
        DELETE FROM slots AS s WHERE s.clinic_id = :clinic_id AND s.provider_id = :provider_id
           AND s.starts_at > CAST(:starts_at AS timestamptz) - interval '28 hours'
           AND s.starts_at < CAST(:starts_at AS timestamptz) + interval '28 hours'
           AND s.kind = 'open' AND s.status = 'free' AND s.taken = 0 AND s.capacity > 1
           AND NOT EXISTS (SELECT 1 FROM seat_holds AS h WHERE h.clinic_id = s.clinic_id AND h.slot_id = s.id
                              AND h.held_until > now() AND coalesce(h.held_by_id <> CAST(:person_id AS uuid), true))
    )
    DELETE FROM slots AS s WHERE s.clinic_id = :clinic_id AND s.status = 'held'
       AND (s.held_by_id = CAST(:person_id AS uuid) OR s.provider_id = :provider_id AND s.held_until <= now())"""
)
SLOT_INSERT = sa.insert(Slot.__table__)
TAKE_SEAT = sa.text(
    """UPDATE slots SET taken = taken + 1,
              status = CASE WHEN taken + 1 = capacity THEN 'booked' ELSE 'free' END
        WHERE clinic_id = :clinic_id AND id = :slot_id AND taken < capacity AND kind <> 'blocked' AND closed_at IS NULL
        RETURNING id"""
)
# A group that is closed for booking takes nobody new; who leaves by mistake comes back to the seat they had.
TAKE_SEAT_AGAIN = sa.text(
    """UPDATE slots AS s SET taken = taken + 1
        WHERE s.clinic_id = :clinic_id AND s.provider_id = :provider_id AND s.starts_at = :starts_at
          AND s.kind = 'published' AND s.closed_at IS NOT NULL AND s.taken < s.capacity
          AND coalesce(s.visit_type_id = :visit_type_id, true) AND coalesce(s.visit_mode = :visit_mode, true)
          AND NOT EXISTS (SELECT 1 FROM visits AS v WHERE v.clinic_id = s.clinic_id AND v.slot_id = s.id
                             AND v.patient_id = :patient_id)
        RETURNING s.id"""
)
SITS_IN = sa.text(
    """SELECT EXISTS (SELECT 1 FROM visits
                      WHERE clinic_id = :clinic_id AND slot_id = :slot_id AND patient_id = :patient_id)"""
)
DROP_OWN_SEAT_HOLD = sa.text(
    "DELETE FROM seat_holds WHERE clinic_id = :clinic_id AND slot_id = :slot_id AND held_by_id = :person_id"
)
DROP_OWN_HOLDS = sa.text(
    "DELETE FROM slots WHERE clinic_id = :clinic_id AND held_by_id = :person_id AND status = 'held'"
)
DROP_OWN_SEAT_HOLDS = sa.text("DELETE FROM seat_holds WHERE clinic_id = :clinic_id AND held_by_id = :person_id")
GIVE_SEAT_BACK = sa.text(
    """UPDATE slots SET taken = taken - 1, status = CASE WHEN closed_at IS NULL THEN 'free' ELSE 'booked' END
        WHERE clinic_id = :clinic_id AND id = :slot_id AND taken > 0
          AND (kind = 'published' OR capacity > 1) RETURNING taken, kind"""
)
DELETE_SLOT = sa.text(
    """DELETE FROM slots AS s WHERE s.clinic_id = :clinic_id AND s.id = :slot_id AND s.kind = 'open'
       AND NOT EXISTS (SELECT 1 FROM seat_holds AS h WHERE h.clinic_id = s.clinic_id AND h.slot_id = s.id)"""
)
# Whoever has a piece of time has it until its end: in a group that is the group's own, however long the type takes.
ENDS_AT = """SELECT s.ends_at FROM slots AS s
              WHERE s.clinic_id = CAST(:of_clinic AS uuid) AND s.id = CAST(:of_slot AS uuid)"""
ENDS_AT_OF = sa.text(ENDS_AT)
LOCK_DOCTOR = sa.text("SELECT id FROM providers WHERE clinic_id = :clinic_id AND id = :provider_id FOR NO KEY UPDATE")
POINT_AHEAD = sa.text("SET CONSTRAINTS fk_visits_slot_id_provider_id DEFERRED")
HOLD_MINUTES = 5


class TimeTaken(Refused):
    """The wished time is not to be had; carries what the caller needs to offer the nearest others."""

    def __init__(self, template, wish, **values):
        super().__init__(template, **values)
        self.wish = wish


def ends_at(session, clinic_id, slot_id):
    """When the piece of time is over, and with it every visit in it."""
    return session.connection().execute(ENDS_AT_OF, {"of_clinic": clinic_id, "of_slot": slot_id}).scalar_one()


def lock_doctor(session, clinic_id, provider_id):
    """Lock the doctor's row, as everything does that changes their time."""
    session.connection().execute(LOCK_DOCTOR, {"clinic_id": clinic_id, "provider_id": provider_id})


def drop_expired(session, clinic_id, provider_id):
    """Free what the doctor's expired holds kept; nothing ever waits for a sweeper."""
    ids = {"clinic_id": clinic_id, "provider_id": provider_id}
    session.connection().execute(DROP_EXPIRED, ids)


def drop_empty(session, clinic_id, provider_id):
    """Remove shared slots that were made for a hold and that nobody sits in."""
    session.connection().execute(DROP_EMPTY, {"clinic_id": clinic_id, "provider_id": provider_id})


def make_room(session, wish, person_id):
    """Take away what stands at the wished time, or is the person's own, and counts for nothing."""
    facts = {"clinic_id": wish.clinic_id, "provider_id": wish.provider_id, "starts_at": wish.starts_at}
    session.connection().execute(MAKE_ROOM, {**facts, "person_id": person_id})


def release_holds_of(session, clinic_id, person_id):
    """Give back whatever the person was holding in this clinic."""
    if person_id is None:
        return
    ids = {"clinic_id": clinic_id, "person_id": person_id}
    session.connection().execute(DROP_OWN_HOLDS, ids)
    session.connection().execute(DROP_OWN_SEAT_HOLDS, ids)


def take_seat(session, clinic_id, slot_id, *, by):
    """Take one seat of a shared slot; False where the last one is gone."""
    ids = {"clinic_id": clinic_id, "slot_id": slot_id}
    taken = session.connection().execute(TAKE_SEAT, ids).one_or_none() is not None
    if taken and by.user_id:
        session.connection().execute(DROP_OWN_SEAT_HOLD, {**ids, "person_id": by.user_id})
    return taken


def take_seat_again(session, wish):
    """Take the seat of who was in a group before it was closed for booking; the slot's id, None where there is none."""
    facts = ("clinic_id", "provider_id", "starts_at", "visit_type_id", "visit_mode", "patient_id")
    return session.connection().execute(TAKE_SEAT_AGAIN, {name: getattr(wish, name) for name in facts}).scalar()


def sits_in(session, wish, slot_id):
    """Whether whoever the wish is for has a seat of this time already: nobody takes two."""
    ids = {"clinic_id": wish.clinic_id, "slot_id": slot_id, "patient_id": wish.patient_id}
    return wish.patient_id is not None and session.connection().execute(SITS_IN, ids).scalar()


def take_new(session, wish, terms, found, *, by, overbook=None, held_until=None):
    """Make the slot for a wished time, with the rooms that were found free for it, and return its id.

    Overbooked, it stands outside the rule against overlaps and keeps no room.
    """
    if not (overbook or found.rooms_free):
        raise TimeTaken("No room is free for this visit at that time.", wish)
    slot_id = uuid7()
    busy_from = wish.starts_at - timedelta(minutes=terms.buffer_before)
    busy_until = wish.starts_at + timedelta(minutes=terms.minutes + terms.buffer_after)
    # An overbooked time is its own patient's alone, so that nobody is quietly added to it.
    capacity = 1 if overbook else terms.capacity
    shared = capacity > 1
    held = held_until is not None and not shared
    session.connection().execute(
        SLOT_INSERT,
        {
            "clinic_id": wish.clinic_id, "id": slot_id, "provider_id": wish.provider_id,
            "visit_type_id": wish.visit_type_id, "kind": SlotKind.OPEN,
            "status": SlotStatus.HELD if held else SlotStatus.FREE if shared else SlotStatus.BOOKED,
            "starts_at": wish.starts_at, "ends_at": wish.starts_at + timedelta(minutes=terms.minutes),
            "busy_from": busy_from, "busy_until": busy_until,
            "visit_mode": wish.visit_mode, "capacity": capacity, "taken": 0 if held_until else 1,
            "held_until": held_until if held else None, "held_by_id": by.user_id if held else None,
            "overbooked": overbook is not None, "overbooked_reason": overbook,
            "overbooked_by_id": by.user_id if overbook else None, "created_at": now(), "updated_at": now(),
        },
    )  # fmt: skip
    if not overbook:
        slot_rooms.take(session, wish.clinic_id, slot_id, found.room_ids, busy_from, busy_until, by=by)
    return slot_id


def give_back(visit):
    """Let go of a visit's time and room, under the doctor's lock: nobody takes a seat in what is going."""
    slot_id, visit.slot_id, visit.room_id = visit.slot_id, None, None
    if slot_id is not None:
        lock_doctor(object_session(visit), visit.clinic_id, visit.provider_id)
    object_session(visit).flush()
    release(object_session(visit), visit.clinic_id, slot_id)
    if slot_id is not None:
        tell_waitlist(object_session(visit), visit.clinic_id, visit.provider_id, visit.starts_at, visit.ends_at)


def release(session, clinic_id, slot_id):
    """Free the slot: a shared one gets its seat back and goes when it is nobody's, any other open one is removed."""
    if slot_id is None:
        return
    ids = {"clinic_id": clinic_id, "slot_id": slot_id}
    left = session.connection().execute(GIVE_SEAT_BACK, ids).one_or_none()
    if left is None or (left.taken == 0 and left.kind == SlotKind.OPEN):
        session.connection().execute(DELETE_SLOT, ids)


def let_visits_point_ahead(session):
    """Until the commit, let a visit name a slot that is gone: a move frees the old time before it takes the new."""
    session.connection().execute(POINT_AHEAD)
