"""What a schedule is made of, held in memory: a visit type, doctors, their hours, closures, slots and rooms."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid4

MINUTE = timedelta(minutes=1)


@dataclass
class Kind:
    """A visit type."""

    minutes: int
    before: int = 0
    after: int = 0
    step: int | None = None
    capacity: int = 1
    a_day: int | None = None
    a_patient: int | None = None
    mode: str | None = None
    notice: int = 0
    horizon: int = 730
    needs: tuple = ()
    id: UUID = field(default_factory=uuid4)


@dataclass
class Doctor:
    """Somebody who offers the type; ``minutes`` are their own, if they have any."""

    place: UUID | None = None
    by_video: bool = True
    approved: bool = True
    active: bool = True
    minutes: int | None = None
    id: UUID = field(default_factory=uuid4)


@dataclass
class Hours:
    """Hours of a weekday (0 is Sunday) or of a date."""

    doctor: Doctor
    start: time
    end: time
    weekday: int | None = None
    day: date | None = None
    also: bool = False
    mode: str | None = None
    place: UUID | None = None
    paused: bool = False
    first_day: date | None = None
    last_day: date | None = None
    start_first: bool = False
    end_first: bool = False


@dataclass
class Closure:
    """Time in which everybody or one doctor, everywhere or at one place, is closed."""

    start: datetime
    end: datetime
    doctor: Doctor | None = None
    place: UUID | None = None
    removed: bool = False


@dataclass
class SeatHold:
    """A seat kept for a person."""

    by: UUID
    until: datetime


@dataclass
class Slot:
    """A piece of a doctor's time: what it is busy with, and the rooms it keeps."""

    doctor: Doctor
    start: datetime
    end: datetime
    kind: str = "open"
    status: str = "booked"
    before: int = 0
    after: int = 0
    of_type: UUID | None = None
    mode: str | None = None
    capacity: int = 1
    taken: int = 1
    # Of those, in a group of any type, who have a visit of another one.
    of_others: int = 0
    held_until: datetime | None = None
    held_by: UUID | None = None
    overbooked: bool = False
    place: UUID | None = None
    seats: list = field(default_factory=list)
    rooms: list = field(default_factory=list)
    id: UUID = field(default_factory=uuid4)

    @property
    def busy(self):
        """From when to when, buffers included."""
        return self.start - self.before * MINUTE, self.end + self.after * MINUTE


@dataclass
class Room:
    """A room of a kind."""

    kind: UUID
    place: UUID | None = None
    paused: bool = False
    id: UUID = field(default_factory=uuid4)
