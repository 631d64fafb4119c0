"""The room of one visit: another one than was taken for it, one for a patient who came without a time, or none."""

from dataclasses import dataclass, replace
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import object_session

from clinic.actions import booking, slot_rooms, slots
from clinic.actions.acting import Refused, action
from clinic.actions.moves import hold, remember
from clinic.models.rooms import Room, RoomStatus, SlotRoom
from clinic.models.schedule import Slot
from clinic.models.visits import EventKind, Visit
from clinic.queries.rooms import needed_by

# That a visit was called off which stood over somebody else's.
OVER = "over"


@dataclass(frozen=True, slots=True)
class Left:
    """What a visit had that was called off, as its history keeps it, so that an undo gives it back."""

    # Only one that stood over somebody else's comes back there.
    stood_over: bool
    # The ids of its rooms, the one first where the patient would have been seen.
    room_ids: tuple[UUID, ...]

    @classmethod
    def of(cls, words):
        """Read it from the history."""
        rest = (words or "").split()
        return cls(OVER in rest, tuple(UUID(each) for each in rest if each != OVER))


@action
def choose(visit: Visit, room: Room | None, left_id=None, *, by):
    """See the patient in this room, or in none; a visit with a time of its own keeps the room for as long.

    Another room of the same kind is let go, and the one of ``left_id`` where the visit's type needs no such room.
    """
    hold(visit)
    if not visit.is_live:
        raise Refused("This visit is over; it needs no room.")
    if room is not None and room.status != RoomStatus.ACTIVE:
        raise Refused("%(room)s is not in use at the moment.", field="room_id", room=room.name)
    session, old = object_session(visit), visit.room_id
    together = [visit]
    if visit.slot_id is not None:
        slots.lock_doctor(session, visit.clinic_id, visit.provider_id)
        _keep(session, visit, room, left_id, by)
        # Patients who share a time share its room.
        others = sa.select(Visit).where(Visit.slot_id == visit.slot_id, Visit.id != visit.id)
        together += [other for other in session.scalars(others) if other.room_id in (None, old)]
    for each in together:
        each.room_id = room.id if room else None
    remember(session, visit.clinic_id, visit.id, EventKind.PROGRESS, by=by, progress=room.name if room else "–")
    return visit


def kept(visit, wish):
    """The wish to move a visit, with the rooms it has: rather the same ones, and all of their kinds.

    A wish that names rooms itself names all that are wanted beside those the type needs.
    """
    return _like(wish, slot_rooms.kept_for(visit))


def _like(wish, rooms):
    kinds = tuple({room.room_kind_id for room in rooms})
    return replace(
        wish, wanted_rooms=wish.wanted_rooms or kinds, kept_rooms=wish.kept_rooms or tuple(room.id for room in rooms)
    )


def left_behind(visit):
    """What a visit has before it is called off, in the words of its history; None where there is nothing."""
    over = [OVER] if visit.slot is not None and visit.slot.overbooked else []
    rooms = sorted(slot_rooms.kept_for(visit), key=lambda room: room.id != visit.room_id)
    return " ".join([*over, *(str(room.id) for room in rooms)]) or None


def into_again(session, wish, left):
    """The wish to have a visit stand again, rather in the rooms it had, and in all of their kinds."""
    rooms = sa.select(Room).where(Room.clinic_id == wish.clinic_id, Room.id.in_(left.room_ids))
    return _like(wish, session.scalars(rooms).all()) if left.room_ids else wish


def seen_in_again(session, visit, left):
    """The id of the room where the patient of a visit that stands again is seen: where they would have been."""
    first = left.room_ids[:1]
    has_it = sa.select(SlotRoom.room_id).where(SlotRoom.slot_id == visit.slot_id, SlotRoom.room_id.in_(first))
    return session.scalar(has_it) or slot_rooms.first_room(session, visit.clinic_id, visit.slot_id)


def as_free(session, own, wish, terms, *, by):
    """The same wish, as ``kept`` made it of another one, without what is not free beside the type's needs.

    A visit goes rather without a room that the desk had added than not at all.
    """
    found = booking.look(session, own, terms, by=by) if own.wanted_rooms != wish.wanted_rooms else None
    return replace(own, wanted_rooms=wish.wanted_rooms) if found and not found.rooms_free else own


def instead(visit, wish, left_id=None):
    """A wish that names a room for a visit to be moved into, with rooms like the visit's others but the one it leaves.

    The one left is where the patient would have been seen, unless it is named.
    """
    if not wish.wanted_rooms:
        return wish
    left = {left_id or visit.room_id, *wish.wanted_rooms}
    others = (room.room_kind_id for room in slot_rooms.kept_for(visit) if room.id not in left)
    return replace(wish, wanted_rooms=(*wish.wanted_rooms, *others))


def _keep(session, visit, room, left_id, by):
    """Keep the chosen room for as long as the visit's time is busy, if it is free, and let go of what it replaces."""
    slot = session.get_one(Slot, (visit.clinic_id, visit.slot_id))
    kept = {row.room_id: row for row in session.scalars(sa.select(SlotRoom).where(SlotRoom.slot_id == slot.id))}
    is_new = room is not None and room.id not in kept
    if is_new and not _is_free(session, room, slot, by):
        return
    for row in _replaced(session, visit, kept.values(), room, left_id):
        session.delete(row)
    session.flush()
    if is_new:
        slot_rooms.take(session, visit.clinic_id, slot.id, [room.id], slot.busy_from, slot.busy_until, by=by)


def _is_free(session, room, slot, by):
    """Whether the room can be kept; taken, it is refused to all but who was booked over somebody else anyway."""
    slot_rooms.lock(session, slot.clinic_id, [room.room_kind_id])
    taken = slot_rooms.is_taken(session, slot.clinic_id, room.id, slot, by=by)
    # Who was booked over somebody else is seen where there is a place, and nothing is kept for them.
    if taken and not slot.overbooked:
        raise Refused("%(room)s is taken at that time.", field="room_id", room=room.name)
    return not taken


def _replaced(session, visit, rows, room, left_id):
    """Of what is kept: for no room the one left, else what is like the room, and the one left if it need not be."""
    if room is None:
        return [row for row in rows if row.room_id == visit.room_id]
    needed = needed_by(session, visit.visit_type_id) if left_id else ()
    return [
        row for row in rows
        if row.room_id != room.id and (
            row.room.room_kind_id == room.room_kind_id
            or (row.room_id == left_id and row.room.room_kind_id not in needed)
        )
    ]  # fmt: skip
