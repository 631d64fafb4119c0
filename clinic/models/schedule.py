"""When visits can be: visit types, weekly and dated hours, and the pieces of a doctor's time that are taken."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Choice, ChoiceType, Timestamped, money_range, now, one_of, word
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.models.organizations import Location
from clinic.models.people import VisitMode
from clinic.scope import ClinicOwned


class BookingRule(Choice):
    """What happens when a patient picks a time of this type."""

    INSTANT = "instant", word("Booked at once")
    REQUEST = "request", word("The clinic answers first")
    OFF = "off", word("Only the clinic books it")


class AvailabilityStatus(Choice):
    """Whether hours count."""

    ACTIVE = "active", word("Active")
    PAUSED = "paused", word("Paused")


class SlotKind(Choice):
    """How a piece of time came to be."""

    OPEN = "open", word("Out of open hours")
    PUBLISHED = "published", word("Offered by the clinic")
    BLOCKED = "blocked", word("Blocked")


class SlotStatus(Choice):
    """What a piece of time is right now."""

    FREE = "free", word("Free")
    HELD = "held", word("Held")
    BOOKED = "booked", word("Booked")
    BLOCKED = "blocked", word("Blocked")


class PatientsMayChange:
    """Until when patients change visits of a type by themselves, for whatever has a type's rules."""

    __slots__ = ()

    def may_be_moved(self, starts_at):
        """Whether a patient who takes this time may move the visit themselves, at least now."""
        is_theirs = self.is_active and self.booking != BookingRule.OFF
        return is_theirs and now() < starts_at - timedelta(hours=self.move_cutoff_hours)

    def may_be_cancelled(self, starts_at):
        """Whether a patient who takes this time may cancel the visit themselves, at least now."""
        return now() < starts_at - timedelta(hours=self.cancel_cutoff_hours)


class VisitType(PatientsMayChange, ClinicOwned, Timestamped, Base):
    """A kind of visit the clinic offers: its length, its price, and the rules of booking it."""

    __tablename__ = "visit_types"
    __table_args__ = (
        belongs_to_clinic("visit_types"),
        one_of(VisitMode, "visit_mode"),
        one_of(BookingRule, "booking"),
        money_range("fee"),
        sa.CheckConstraint("minutes BETWEEN 1 AND 1440", name="minutes_in_range"),
        sa.CheckConstraint(
            "buffer_before BETWEEN 0 AND 240 AND buffer_after BETWEEN 0 AND 240",
            name="buffers_in_range",
        ),
        sa.CheckConstraint("step_minutes BETWEEN 1 AND 1440", name="step_in_range"),
        sa.CheckConstraint("capacity BETWEEN 1 AND 500", name="capacity_in_range"),
        sa.CheckConstraint("minimum_notice_minutes BETWEEN 0 AND 525600", name="notice_in_range"),
        sa.CheckConstraint("horizon_days BETWEEN 1 AND 730", name="horizon_in_range"),
        sa.CheckConstraint("cancel_cutoff_hours BETWEEN 0 AND 8760", name="cancel_cutoff_in_range"),
        sa.CheckConstraint("move_cutoff_hours BETWEEN 0 AND 8760", name="move_cutoff_in_range"),
        sa.CheckConstraint("answer_within_hours BETWEEN 1 AND 720", name="answer_in_range"),
        sa.CheckConstraint(
            "cardinality(reminder_hours) <= 5 AND 1 <= ALL (reminder_hours) AND 720 >= ALL (reminder_hours)",
            name="reminders_in_range",
        ),
        sa.CheckConstraint("colour ~ '^#[0-9a-f]{6}$'", name="colour_is_hex"),
        sa.Index("uq_visit_types_name", "clinic_id", "name", unique=True),
    )

    name: Mapped[str]
    description: Mapped[str | None]
    minutes: Mapped[int]
    buffer_before: Mapped[int] = mapped_column(default=0, server_default="0")
    buffer_after: Mapped[int] = mapped_column(default=0, server_default="0")
    # Minutes between two offered starts; NULL is the visit's own length.
    step_minutes: Mapped[int | None]
    # NULL: in person or by video, as the hours allow.
    visit_mode: Mapped[VisitMode | None] = mapped_column(ChoiceType(VisitMode))
    fee: Mapped[Decimal | None]
    colour: Mapped[str | None]
    booking: Mapped[BookingRule] = mapped_column(
        ChoiceType(BookingRule),
        default=BookingRule.INSTANT,
        server_default=BookingRule.INSTANT.value,
    )
    answer_within_hours: Mapped[int] = mapped_column(default=24, server_default="24")
    minimum_notice_minutes: Mapped[int] = mapped_column(default=60, server_default="60")
    horizon_days: Mapped[int] = mapped_column(default=60, server_default="60")
    limit_per_day: Mapped[int | None]
    limit_per_patient: Mapped[int | None]
    cancel_cutoff_hours: Mapped[int] = mapped_column(default=24, server_default="24")
    move_cutoff_hours: Mapped[int] = mapped_column(default=24, server_default="24")
    # Hours before the visit at which its patient is reminded; empty: never.
    reminder_hours: Mapped[list[int]] = mapped_column(
        postgresql.ARRAY(sa.SmallInteger), default=lambda: [48, 2], server_default="{48,2}"
    )
    capacity: Mapped[int] = mapped_column(default=1, server_default="1")
    position: Mapped[int] = mapped_column(default=0, server_default="0")
    is_active: Mapped[bool] = mapped_column(default=True, server_default="true")


class Availability(ClinicOwned, Timestamped, Base):
    """Hours in which one doctor sees patients: wall time in the clinic's zone, every week or on one date.

    A dated row replaces that doctor's weekly rows on its date, unless it is in addition to them.
    """

    __tablename__ = "availabilities"
    __table_args__ = (
        belongs_to_clinic("availabilities"),
        refers("provider_id", "providers"),
        refers("location_id", "locations"),
        one_of(VisitMode, "visit_mode"),
        one_of(AvailabilityStatus, "status"),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday_in_range"),
        sa.CheckConstraint("num_nonnulls(weekday, on_date) = 1", name="weekly_or_dated"),
        sa.CheckConstraint("end_time > start_time", name="ends_after_it_starts"),
        sa.CheckConstraint("valid_until >= valid_from", name="valid_forwards"),
        sa.CheckConstraint("NOT in_addition OR on_date IS NOT NULL", name="only_dated_in_addition"),
        sa.CheckConstraint("NOT (start_first OR end_first) OR on_date IS NOT NULL", name="only_dated_says_which"),
        index("availabilities", "provider_id", "weekday"),
        index("availabilities", "provider_id", "on_date"),
        index("availabilities", "location_id"),
    )

    provider_id: Mapped[UUID] = mapped_column(sa.Uuid)
    location_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # The place in the words of the source, where it is not one of the clinic's locations.
    location: Mapped[str | None]
    # 0 is Sunday.
    weekday: Mapped[int | None] = mapped_column(sa.SmallInteger)
    on_date: Mapped[date | None]
    start_time: Mapped[time]
    end_time: Mapped[time]
    visit_mode: Mapped[VisitMode | None] = mapped_column(ChoiceType(VisitMode))
    status: Mapped[AvailabilityStatus] = mapped_column(
        ChoiceType(AvailabilityStatus),
        default=AvailabilityStatus.ACTIVE,
        server_default="active",
    )
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    in_addition: Mapped[bool] = mapped_column(default=False, server_default="false")
    # Where the clock shows the time twice on the date, the first is meant and not the second.
    start_first: Mapped[bool] = mapped_column(default=False, server_default="false")
    end_first: Mapped[bool] = mapped_column(default=False, server_default="false")


class Slot(ClinicOwned, Timestamped, Base):
    """A piece of one doctor's time that is not simply open: held, booked, offered with seats, or blocked.

    ``busy_from``/``busy_until`` are start and end with the visit's buffers; no two pieces of one doctor overlap in
    them, except a block and what was overbooked on purpose. That rule is the database's (an exclusion constraint).
    """

    __tablename__ = "slots"
    __table_args__ = (
        belongs_to_clinic("slots"),
        refers("provider_id", "providers"),
        refers("visit_type_id", "visit_types"),
        refers("location_id", "locations"),
        refers("busy_source_id", "busy_sources"),
        refers_to_user("held_by_id"),
        refers_to_user("overbooked_by_id"),
        sa.UniqueConstraint("clinic_id", "id", "provider_id", name="uq_slots_provider"),
        one_of(SlotKind, "kind"),
        one_of(SlotStatus, "status"),
        one_of(VisitMode, "visit_mode"),
        sa.CheckConstraint(
            "ends_at > starts_at AND ends_at <= starts_at + interval '24 hours'",
            name="length",
        ),
        sa.CheckConstraint("busy_from <= starts_at AND busy_until >= ends_at", name="busy_covers"),
        sa.CheckConstraint(
            "busy_from >= starts_at - interval '4 hours' AND busy_until <= ends_at + interval '4 hours'",
            name="buffers_are_short",
        ),
        sa.CheckConstraint("taken BETWEEN 0 AND capacity", name="seats"),
        sa.CheckConstraint("(kind = 'blocked') = (status = 'blocked')", name="blocked_is_blocked"),
        sa.CheckConstraint("busy_source_id IS NULL OR kind = 'blocked'", name="only_blocks_come_from_elsewhere"),
        sa.CheckConstraint("(status = 'held') = (held_until IS NOT NULL)", name="held_until_when_held"),
        sa.CheckConstraint(
            "NOT overbooked OR overbooked_reason IS NOT NULL",
            name="overbooked_has_a_reason",
        ),
        sa.CheckConstraint(
            "kind = 'published' OR num_nonnulls(title, location_id, closed_at) = 0", name="only_published_has_a_title"
        ),
        index("slots", "provider_id", "starts_at"),
        index("slots", "starts_at", name="ix_slots_published", postgresql_where=sa.text("kind = 'published'")),
        index("slots", "location_id", postgresql_where=sa.text("location_id IS NOT NULL")),
        index("slots", "visit_type_id"),
        index("slots", "held_by_id", postgresql_where=sa.text("held_by_id IS NOT NULL")),
        index(
            "slots",
            "overbooked_by_id",
            postgresql_where=sa.text("overbooked_by_id IS NOT NULL"),
        ),
        index("slots", "busy_source_id", postgresql_where=sa.text("busy_source_id IS NOT NULL")),
        index("slots", "held_until", postgresql_where=sa.text("status = 'held'")),
        # Shared times with seats left, few at any moment: the sweeper looks among them for those that are nobody's.
        index(
            "slots",
            "provider_id",
            name="ix_slots_free",
            postgresql_where=sa.text("kind = 'open' AND status = 'free'"),
        ),
    )

    provider_id: Mapped[UUID] = mapped_column(sa.Uuid)
    # The type whose visits may share this time; NULL on a published slot lets any type that fits.
    visit_type_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    kind: Mapped[SlotKind] = mapped_column(ChoiceType(SlotKind))
    status: Mapped[SlotStatus] = mapped_column(ChoiceType(SlotStatus))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    busy_from: Mapped[datetime]
    busy_until: Mapped[datetime]
    visit_mode: Mapped[VisitMode | None] = mapped_column(ChoiceType(VisitMode))
    capacity: Mapped[int] = mapped_column(default=1, server_default="1")
    taken: Mapped[int] = mapped_column(default=0, server_default="0")
    held_until: Mapped[datetime | None]
    held_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    overbooked: Mapped[bool] = mapped_column(default=False, server_default="false")
    overbooked_reason: Mapped[str | None]
    overbooked_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # Why a block is there: leave, lunch, a meeting. For the clinic's eyes.
    reason: Mapped[str | None]
    # The doctor's own calendar that says so; then it is changed there and not here.
    busy_source_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # Of a published slot: what it is called, where it is, and since when nobody new is taken.
    title: Mapped[str | None]
    location_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    closed_at: Mapped[datetime | None]

    location: Mapped[Location | None] = relationship(foreign_keys=[location_id])


class SeatHold(ClinicOwned, Timestamped, Base):
    """One seat of a slot for several, kept for one person while they type."""

    __tablename__ = "seat_holds"
    __table_args__ = (
        belongs_to_clinic("seat_holds"),
        refers("slot_id", "slots"),
        refers_to_user("held_by_id"),
        sa.Index(
            "uq_seat_holds_slot_id_held_by_id",
            "clinic_id",
            "slot_id",
            "held_by_id",
            unique=True,
        ),
        index("seat_holds", "held_by_id"),
    )

    slot_id: Mapped[UUID] = mapped_column(sa.Uuid)
    # NULL: kept for an offer, for somebody who need not be signed in.
    held_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    held_until: Mapped[datetime]
