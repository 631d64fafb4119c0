"""Rooms that go with a piece of a doctor's time: taken together with it or not at all, let go of with it.

Whoever takes rooms locks the doctor first, several in the order of their ids, and then the kinds of rooms in the order
of theirs. So of two doctors who want the last room one waits for the other, and nobody waits in a circle.
"""

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic.models.people import VisitMode
from clinic.models.rooms import Room, SlotRoom
from clinic.models.schedule import Slot
from clinic.queries.open_parts import STANDS

LOCK_KINDS = sa.text(
    """SELECT k.id FROM room_kinds AS k
        WHERE k.clinic_id = :clinic_id AND (k.id = ANY(:ids) OR k.id = ANY(ARRAY(
              SELECT r.room_kind_id FROM rooms AS r WHERE r.clinic_id = :clinic_id AND r.id = ANY(:ids))))
        ORDER BY k.id FOR NO KEY UPDATE OF k"""
)
IN_THE_WAY = """x.clinic_id = :clinic_id AND x.room_id = ANY(:room_ids)
   AND x.busy_from > CAST(:busy_from AS timestamptz) - interval '40 hours' AND x.busy_from < :busy_until
   AND x.busy_until > :busy_from AND s.clinic_id = x.clinic_id AND s.id = x.slot_id"""
# What holds that count for nothing have left in these rooms, whichever doctor's they were.
SWEEP = sa.text(f"DELETE FROM slot_rooms AS x USING slots AS s WHERE {IN_THE_WAY} AND NOT ({STANDS})")
IS_TAKEN = sa.text(
    f"""SELECT EXISTS (SELECT 1 FROM slot_rooms AS x, slots AS s
         WHERE {IN_THE_WAY} AND s.id <> :slot_id AND {STANDS})"""
)
INSERT = sa.insert(SlotRoom.__table__)
# The room somebody is sent to: rather one of four walls than a device that moves about.
FIRST_ROOM = """SELECT r.id FROM slot_rooms AS x JOIN rooms AS r ON r.clinic_id = x.clinic_id AND r.id = x.room_id
                 WHERE x.clinic_id = CAST(:of_clinic AS uuid) AND x.slot_id = CAST(:of_slot AS uuid)
                 ORDER BY r.location_id IS NULL, r.name, r.id LIMIT 1"""


def needed(wish, terms):
    """The kinds of rooms the type needs and the rooms or kinds asked for beside them; none by video."""
    return () if wish.visit_mode == VisitMode.VIRTUAL else {*terms.room_kind_ids, *wish.wanted_rooms}


def lock(session, clinic_id, ids):
    """Lock the kinds of rooms that are to be taken, each named itself or by one of its rooms, after the doctors."""
    if ids:
        session.connection().execute(LOCK_KINDS, {"clinic_id": clinic_id, "ids": list(ids)})


def take(session, clinic_id, slot_id, room_ids, busy_from, busy_until, *, by):
    """Keep these rooms, which were found free under the locks, for as long as the slot is busy."""
    if not room_ids:
        return
    bounds = {"busy_from": busy_from, "busy_until": busy_until}
    ids = {"clinic_id": clinic_id, "room_ids": list(room_ids), "person_id": by.user_id}
    session.connection().execute(SWEEP, {**ids, **bounds})
    rows = [
        {"clinic_id": clinic_id, "id": uuid7(), "slot_id": slot_id, "room_id": room_id, **bounds}
        for room_id in room_ids
    ]
    session.connection().execute(INSERT, rows)


def is_taken(session, clinic_id, room_id, slot, *, by):
    """Whether something else than the slot keeps the room in its time."""
    facts = {
        "clinic_id": clinic_id, "room_ids": [room_id], "slot_id": slot.id, "busy_from": slot.busy_from,
        "busy_until": slot.busy_until, "person_id": by.user_id,
    }  # fmt: skip
    return session.connection().execute(IS_TAKEN, facts).scalar()


def kept_for(visit):
    """The rooms that go with a visit's own time; none where others share it or nothing is kept."""
    asked = (
        sa.select(Room)
        .join(SlotRoom, sa.and_(SlotRoom.clinic_id == Room.clinic_id, SlotRoom.room_id == Room.id))
        .join(Slot, sa.and_(Slot.clinic_id == SlotRoom.clinic_id, Slot.id == SlotRoom.slot_id))
        .where(Slot.clinic_id == visit.clinic_id, Slot.id == visit.slot_id, Slot.capacity == 1)
    )
    return object_session(visit).scalars(asked.order_by(Room.id)).all() if visit.slot_id else []


def first_room(session, clinic_id, slot_id):
    """The id of the room a patient of this slot is sent to, or None where it keeps none."""
    ids = {"of_clinic": clinic_id, "of_slot": slot_id}
    return session.connection().execute(sa.text(FIRST_ROOM), ids).scalar()
