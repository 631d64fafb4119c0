"""What the screens about rooms ask: the rooms and their kinds, what a type needs, which room is free for a visit."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from clinic.models.rooms import Room, RoomKind, RoomStatus, SlotRoom, VisitTypeNeed
from clinic.models.schedule import VisitType
from clinic.queries.open_parts import STANDS
from clinic.queries.places import AT

# A clinic has some dozens of rooms; a list longer than this is somebody's mistake.
MOST = 500
# The rooms in use: those at the visit's place first, and whether something else keeps each in the visit's time.
CHOICES = sa.text(
    f"""SELECT r.id, r.name, k.name AS kind, l.name AS place, r.id = v.room_id AS is_this_one,
       s0.id IS NOT NULL AND EXISTS (
           SELECT 1 FROM slot_rooms AS x JOIN slots AS s ON s.clinic_id = x.clinic_id AND s.id = x.slot_id
            WHERE x.clinic_id = r.clinic_id AND x.room_id = r.id AND x.slot_id <> s0.id
              AND x.busy_from > s0.busy_from - interval '40 hours' AND x.busy_from < s0.busy_until
              AND x.busy_until > s0.busy_from AND {STANDS}) AS taken
  FROM visits AS v
  JOIN rooms AS r ON r.clinic_id = v.clinic_id AND r.status = 'active'
  JOIN room_kinds AS k ON k.clinic_id = r.clinic_id AND k.id = r.room_kind_id
  LEFT JOIN locations AS l ON l.clinic_id = r.clinic_id AND l.id = r.location_id
 CROSS JOIN LATERAL (SELECT {AT.format(v="v")} AS location_id) AS here
  LEFT JOIN slots AS s0 ON s0.clinic_id = v.clinic_id AND s0.id = v.slot_id
 WHERE v.clinic_id = :clinic_id AND v.id = :visit_id
 ORDER BY coalesce(r.location_id = here.location_id, true) DESC, k.name, r.name, r.id LIMIT {MOST}"""
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of room, how many rooms in use there are of it, and which visit types need it."""

    kind: RoomKind
    rooms: int
    needed_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind of room with its rooms, or one room."""

    id: UUID
    name: str
    rooms: list[Choice] = field(default_factory=list)


def rooms(session):
    """Every room by name, those in use first, with its kind and place."""
    asked = sa.select(Room).options(joinedload(Room.kind), joinedload(Room.location))
    return session.scalars(asked.order_by(Room.status, Room.name, Room.id).limit(MOST)).all()


def kinds(session) -> list[Kind]:
    """Every kind of room by name."""
    counts = dict(
        session.execute(
            sa.select(Room.room_kind_id, sa.func.count())
            .where(Room.status == RoomStatus.ACTIVE)
            .group_by(Room.room_kind_id)
        ).all()
    )
    needing = {}
    asked = sa.select(VisitTypeNeed.room_kind_id, VisitType.name).join(
        VisitType, sa.and_(VisitType.clinic_id == VisitTypeNeed.clinic_id, VisitType.id == VisitTypeNeed.visit_type_id)
    )
    for kind_id, name in session.execute(asked.where(VisitType.is_active).order_by(VisitType.name).limit(MOST)):
        needing.setdefault(kind_id, []).append(name)
    found = session.scalars(sa.select(RoomKind).order_by(RoomKind.name, RoomKind.id).limit(MOST))
    return [Kind(each, counts.get(each.id, 0), tuple(needing.get(each.id, ()))) for each in found]


def kind_names(session):
    """The id and name of every kind of room."""
    return session.execute(sa.select(RoomKind.id, RoomKind.name).order_by(RoomKind.name, RoomKind.id).limit(MOST)).all()


def to_choose(session) -> list[Choice]:
    """Every kind of room by name with its rooms in use; none without a room."""
    asked = (
        sa.select(RoomKind.id, RoomKind.name, Room.id, Room.name)
        .join(Room, sa.and_(Room.clinic_id == RoomKind.clinic_id, Room.room_kind_id == RoomKind.id))
        .where(Room.status == RoomStatus.ACTIVE)
        .order_by(RoomKind.name, RoomKind.id, Room.name, Room.id)
        .limit(MOST)
    )
    by_kind = groupby(session.execute(asked), key=lambda row: (row[0], row[1]))
    return [Choice(*kind, [Choice(row[2], row[3]) for row in rows]) for kind, rows in by_kind]


def needed_by(session, visit_type_id):
    """The ids of the kinds of rooms that visits of the type need."""
    asked = sa.select(VisitTypeNeed.room_kind_id).where(VisitTypeNeed.visit_type_id == visit_type_id)
    return session.scalars(asked).all()


def rooms_of(session, slot_id):
    """The rooms that a slot keeps, by name."""
    if slot_id is None:
        return []
    asked = (
        sa.select(Room)
        .join(SlotRoom, sa.and_(SlotRoom.clinic_id == Room.clinic_id, SlotRoom.room_id == Room.id))
        .where(SlotRoom.slot_id == slot_id)
    )
    return session.scalars(asked.order_by(Room.name, Room.id)).all()


def choices(session, visit, person_id):
    """The rooms the visit could be in, each with its kind and place and whether it is taken at that time."""
    ids = {"clinic_id": visit.clinic_id, "visit_id": visit.id, "person_id": person_id}
    return session.connection().execute(CHOICES, ids).all()
