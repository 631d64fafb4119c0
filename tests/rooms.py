"""Rooms for tests: kinds, rooms of them, and visit types that need them."""

from uuid import uuid4

import sqlalchemy as sa

from clinic.models.organizations import Location
from clinic.models.rooms import Room, RoomKind, SlotRoom, VisitTypeNeed


def a_kind(session, cast, name, *rooms, needed_by=(), place=None):
    """A kind of room with rooms of these names at a place, needed by these types; returns kind and rooms."""
    kind = RoomKind(clinic_id=cast.rose.id, id=uuid4(), name=name)
    session.add(kind)
    session.flush()
    made = [
        Room(clinic_id=cast.rose.id, id=uuid4(), name=each, room_kind_id=kind.id, location_id=place and place.id)
        for each in rooms
    ]
    needs = [VisitTypeNeed(clinic_id=cast.rose.id, visit_type_id=each.id, room_kind_id=kind.id) for each in needed_by]
    session.add_all(made + needs)
    session.commit()
    return (kind, *made)


def a_place(session, cast, name):
    """A place of Rose Street's."""
    place = Location(clinic_id=cast.rose.id, id=uuid4(), name=name)
    session.add(place)
    session.commit()
    return place


def rooms_kept(session, visit=None):
    """The names of the rooms kept for a visit's time, or of all rooms kept for any."""
    asked = sa.select(Room.name).join(
        SlotRoom, sa.and_(SlotRoom.clinic_id == Room.clinic_id, SlotRoom.room_id == Room.id)
    )
    if visit is not None:
        asked = asked.where(SlotRoom.slot_id == visit.slot_id)
    return session.scalars(asked.order_by(Room.name)).all()
