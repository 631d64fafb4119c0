"""The rooms of a clinic and what kinds of them there are."""

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic import bell
from clinic.actions.acting import Refused, action
from clinic.models.rooms import Room, RoomKind, RoomStatus


@action
def add(session, *, by, **details):
    """Add a room of a kind, at a place or at none."""
    _name_is_free(session, None, details["name"], details.get("location_id"))
    room = Room(clinic_id=by.clinic_id, id=uuid7(), status=RoomStatus.ACTIVE, **details)
    session.add(room)
    return room


@action
def update(room: Room, *, by, **details):
    """Change what a room is called, where it is and what it is for; visits already in it stay."""
    _name_is_free(object_session(room), room.id, details["name"], details.get("location_id"))
    for name, value in details.items():
        setattr(room, name, value)
    return _told(room)


@action
def pause(room: Room, *, by):
    """Put no more visits into the room; those already in it stay."""
    room.status = RoomStatus.PAUSED
    return _told(room)


@action
def resume(room: Room, *, by):
    """Put visits into the room again."""
    room.status = RoomStatus.ACTIVE
    return _told(room)


def _told(room):
    bell.ring(object_session(room), room.clinic_id, "visits")
    return room


def _name_is_free(session, room_id, name, location_id):
    """Say in time that the name is taken; the database keeps the rule behind it."""
    taken = sa.select(Room.id).where(
        Room.name == name, Room.location_id.is_not_distinct_from(location_id), Room.id.is_distinct_from(room_id)
    )
    with session.no_autoflush:
        if session.scalar(taken):
            raise Refused("There is already a room with this name at that place.", field="name")


@action
def add_kind(session, *, by, name):
    """Add a kind of room."""
    _kinds_name_is_free(session, None, name)
    kind = RoomKind(clinic_id=by.clinic_id, id=uuid7(), name=name)
    session.add(kind)
    return kind


@action
def rename_kind(kind: RoomKind, *, by, name):
    """Call a kind of room something else."""
    _kinds_name_is_free(object_session(kind), kind.id, name)
    kind.name = name
    return kind


def _kinds_name_is_free(session, kind_id, name):
    taken = sa.select(RoomKind.id).where(RoomKind.name == name, RoomKind.id.is_distinct_from(kind_id))
    with session.no_autoflush:
        if session.scalar(taken):
            raise Refused("There is already a kind of room with this name.", field="name")
