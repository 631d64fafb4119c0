"""The room of one visit: another one than was taken for it, one for a patient who came without a time, or none."""

import sqlalchemy as sa
from sqlalchemy.orm import object_session

from clinic.actions import slot_rooms, slots
from clinic.actions.acting import Refused, action
from clinic.actions.moves import hold, remember
from clinic.models.rooms import Room, RoomStatus, SlotRoom
from clinic.models.schedule import Slot
from clinic.models.visits import EventKind, Visit


@action
def choose(visit: Visit, room: Room | None, *, by):
    """See the patient in this room, or in none; a visit with a time of its own keeps the room for as long."""
    hold(visit)
    if not visit.is_live:
        raise Refused("This visit is over; it needs no room.")
    if room is not None and room.status != RoomStatus.ACTIVE:
        raise Refused("%(room)s is not in use at the moment.", field="room_id", room=room.name)
    session, old = object_session(visit), visit.room_id
    together = [visit]
    if visit.slot_id is not None:
        slots.lock_doctor(session, visit.clinic_id, visit.provider_id)
        _keep(session, visit, room, by)
        # Patients who share a time share its room.
        others = sa.select(Visit).where(Visit.slot_id == visit.slot_id, Visit.id != visit.id)
        together += [other for other in session.scalars(others) if other.room_id in (None, old)]
    for each in together:
        each.room_id = room.id if room else None
    remember(session, visit.clinic_id, visit.id, EventKind.PROGRESS, by=by, progress=room.name if room else "–")
    return visit


def _keep(session, visit, room, by):
    """Let go of the room of the same kind, or of the one left, and keep the chosen one, if it is free."""
    slot = session.get_one(Slot, (visit.clinic_id, visit.slot_id))
    kept = {row.room_id: row for row in session.scalars(sa.select(SlotRoom).where(SlotRoom.slot_id == slot.id))}
    if room is not None and room.id in kept:
        return
    gone = [row for row in kept.values() if row.room_id == visit.room_id and room is None]
    if room is not None:
        slot_rooms.lock(session, visit.clinic_id, [room.room_kind_id])
        gone = [row for row in kept.values() if row.room.room_kind_id == room.room_kind_id]
        if slot_rooms.is_taken(session, visit.clinic_id, room.id, slot, by=by):
            # Who was booked over somebody else is seen where there is a place, and nothing is kept for them.
            if slot.overbooked:
                return
            raise Refused("%(room)s is taken at that time.", field="room_id", room=room.name)
    for row in gone:
        session.delete(row)
    session.flush()
    if room is not None:
        slot_rooms.take(session, visit.clinic_id, slot.id, [room.id], slot.busy_from, slot.busy_until, by=by)
