"""Rooms that go with a piece of a doctor's time: taken together with it or not at all, let go of with it.

Whoever takes rooms locks the doctor first, several in the order of their ids, and then the kinds of rooms in the order
of theirs. So of two doctors who want the last room one waits for the other, and nobody waits in a circle.
"""

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from clinic.models.people import VisitMode
from clinic.models.rooms import SlotRoom
from clinic.queries.open_parts import STANDS

LOCK_KINDS = sa.text(
    """SELECT k.id FROM room_kinds AS k WHERE k.clinic_id = :clinic_id AND k.id = ANY(:kind_ids)
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


def kinds_of(wish, terms):
    """The kinds of rooms the wish needs: the type's and those asked for beside them; none by video."""
    return () if wish.visit_mode == VisitMode.VIRTUAL else sorted({*terms.room_kind_ids, *wish.room_kind_ids})


def lock(session, clinic_id, kind_ids):
    """Lock the kinds of rooms that are to be taken; the doctors are locked already."""
    if kind_ids:
        session.connection().execute(LOCK_KINDS, {"clinic_id": clinic_id, "kind_ids": list(kind_ids)})


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


def first_room(session, clinic_id, slot_id):
    """The id of the room a patient of this slot is sent to, or None where it keeps none."""
    ids = {"of_clinic": clinic_id, "of_slot": slot_id}
    return session.connection().execute(sa.text(FIRST_ROOM), ids).scalar()
