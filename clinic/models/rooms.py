"""Rooms: what a visit needs besides its doctor, at which place it stands, and for how long whose time takes it."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Choice, ChoiceType, Timestamped, one_of, word
from clinic.models.keys import belongs_to_clinic, index, refers
from clinic.models.organizations import Location
from clinic.scope import ClinicOwned


class RoomStatus(Choice):
    """Whether visits are put into the room."""

    ACTIVE = "active", word("Active")
    PAUSED = "paused", word("Paused")


class RoomKind(ClinicOwned, Timestamped, Base):
    """What rooms are for, such as ultrasound; any free room of the kind will do."""

    __tablename__ = "room_kinds"
    __table_args__ = (
        belongs_to_clinic("room_kinds"),
        sa.Index("uq_room_kinds_name", "clinic_id", "name", unique=True),
    )

    name: Mapped[str]


class Room(ClinicOwned, Timestamped, Base):
    """One room, or one device that moves about, which serves one piece of time after the other.

    Without a place it serves every place of the clinic.
    """

    __tablename__ = "rooms"
    __table_args__ = (
        belongs_to_clinic("rooms"),
        refers("room_kind_id", "room_kinds"),
        refers("location_id", "locations"),
        one_of(RoomStatus, "status"),
        sa.Index(
            "uq_rooms_name", "clinic_id", "location_id", "name", unique=True, postgresql_nulls_not_distinct=True
        ),
        index("rooms", "room_kind_id"),
    )  # fmt: skip

    room_kind_id: Mapped[UUID] = mapped_column(sa.Uuid)
    location_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    name: Mapped[str]
    status: Mapped[RoomStatus] = mapped_column(
        ChoiceType(RoomStatus), default=RoomStatus.ACTIVE, server_default=RoomStatus.ACTIVE.value
    )

    kind: Mapped[RoomKind] = relationship(foreign_keys=[room_kind_id])
    location: Mapped[Location | None] = relationship(foreign_keys=[location_id])


class VisitTypeNeed(ClinicOwned, Timestamped, Base):
    """One kind of room that visits of one type need, when they are at the clinic."""

    __tablename__ = "visit_type_needs"
    __table_args__ = (
        belongs_to_clinic("visit_type_needs"),
        refers("visit_type_id", "visit_types"),
        refers("room_kind_id", "room_kinds"),
        sa.Index("uq_visit_type_needs_kind", "clinic_id", "visit_type_id", "room_kind_id", unique=True),
        index("visit_type_needs", "room_kind_id"),
    )

    visit_type_id: Mapped[UUID] = mapped_column(sa.Uuid)
    room_kind_id: Mapped[UUID] = mapped_column(sa.Uuid)


class SlotRoom(ClinicOwned, Timestamped, Base):
    """One room that goes with a piece of a doctor's time, buffers included; it ends when that slot is deleted.

    No two rows of one room overlap. That rule is the database's (an exclusion constraint).
    """

    __tablename__ = "slot_rooms"
    __table_args__ = (
        belongs_to_clinic("slot_rooms"),
        refers("slot_id", "slots"),
        refers("room_id", "rooms"),
        sa.CheckConstraint("busy_until > busy_from", name="ends_after_it_begins"),
        index("slot_rooms", "slot_id"),
        index("slot_rooms", "room_id", "busy_from"),
    )

    slot_id: Mapped[UUID] = mapped_column(sa.Uuid)
    room_id: Mapped[UUID] = mapped_column(sa.Uuid)
    busy_from: Mapped[datetime]
    busy_until: Mapped[datetime]

    room: Mapped[Room] = relationship(foreign_keys=[room_id])
