"""Choosing a time at the desk: what can be booked with whom, the next open times, and what stands in the way."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from clinic.db import now
from clinic.models.people import VisitMode
from clinic.queries.doctors_to_choose import DoctorsToChoose
from clinic.queries.limits import elsewhere, is_enough
from clinic.queries.open_parts import STANDS
from clinic.queries.open_times import first_times, fits, nearest_open

# The days looked at, and how many of those with a time left are shown.
DAYS_AHEAD = 14
DAYS_SHOWN = 4
MENU = sa.text(
    """SELECT t.id AS kind_id, t.name, t.visit_mode, t.limit_per_patient, coalesce(o.minutes, t.minutes) AS minutes,
              p.id AS provider_id, p.display_name, p.telemed_enabled, p.specialties, p.languages
         FROM visit_types AS t
         JOIN provider_visit_types AS o ON o.clinic_id = t.clinic_id AND o.visit_type_id = t.id
         JOIN providers AS p ON p.clinic_id = o.clinic_id AND p.id = o.provider_id
        WHERE t.clinic_id = :clinic_id AND t.is_active AND p.approved_at IS NOT NULL AND p.is_active
        ORDER BY t.position, t.name, t.id, p.display_name, p.id"""
)
NAMES = sa.text(
    """SELECT (SELECT full_name FROM patients WHERE clinic_id = :clinic_id AND id = :patient_id
                  AND deleted_at IS NULL) AS patient,
              (SELECT name FROM visit_types WHERE clinic_id = :clinic_id AND id = :visit_type_id) AS kind,
              (SELECT display_name FROM providers WHERE clinic_id = :clinic_id AND id = :provider_id) AS doctor"""
)


ROOM_NAMES = sa.text(
    "SELECT r.name FROM rooms AS r WHERE r.clinic_id = :clinic_id AND r.id = ANY(:room_ids) ORDER BY r.name"
)
# A published time in which somebody would have a seat; what a booking has opened for several is nothing by itself.
GROUP = sa.text(
    """SELECT s.title, s.ends_at FROM slots AS s
        WHERE s.clinic_id = :clinic_id AND s.id = :slot_id AND s.kind = 'published'"""
)
# For how many minutes the doctor is still free from a moment on; none of what is taken is longer than a day.
FREE_FOR = sa.text(
    f"""SELECT extract(epoch FROM min(s.busy_from) - CAST(:starts_at AS timestamptz))::int / 60 FROM slots AS s
         WHERE s.clinic_id = :clinic_id AND s.provider_id = :provider_id AND s.busy_until > :starts_at
           AND s.starts_at > CAST(:starts_at AS timestamptz) - interval '28 hours'
           AND s.starts_at < CAST(:starts_at AS timestamptz) + interval '28 hours' AND {STANDS}"""
)


class State(StrEnum):
    """What stands in the way of a wished time."""

    OPEN = "open"
    TAKEN = "taken"
    AROUND = "around"
    OUTSIDE = "outside"
    BLOCKED = "blocked"
    CLOSED = "closed"
    FULL = "full"
    ROOM = "room"
    ENOUGH = "enough"
    ELSEWHERE = "elsewhere"
    NOBODY = "nobody"


# What stands in the way of this patient alone, whatever the time is.
OF_THE_PATIENT = (State.ENOUGH, State.ELSEWHERE)


@dataclass(frozen=True, slots=True)
class Doctor:
    """One who offers the type, and for how many minutes."""

    id: UUID
    name: str
    minutes: int
    by_video: bool
    specialties: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


@dataclass(slots=True)
class Kind(DoctorsToChoose):
    """A visit type that somebody offers; ``visit_mode`` is None where it may be either."""

    id: UUID
    name: str
    visit_mode: VisitMode | None
    doctors: list[Doctor] = field(default_factory=list)
    limit_per_patient: int | None = None

    def doctor(self, doctor_id):
        """The doctor of that id, if they offer this type."""
        return next((each for each in self.doctors if each.id == doctor_id), None)


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the clinic's calendar and its open times, one for each start."""

    date: date
    times: list


@dataclass(frozen=True, slots=True)
class Choice:
    """A time somebody wants: an instant, with whom, and what stands in the way (with the nearest that are open)."""

    kind: Kind
    mode: VisitMode
    starts_at: datetime
    doctor: Doctor | None
    state: State
    nearest: tuple = ()
    # What the rooms are called that would be kept for it.
    rooms: tuple[str, ...] = ()
    # What stands in the way besides.
    also: tuple[State, ...] = ()
    # Of a time that is taken by and by: for how many minutes it is free; None where nothing is.
    free_minutes: int | None = None
    # The patient's visit with somebody else at that time, as ``limits.elsewhere`` reads it, or None.
    other: Any = None
    # The group in which it is a seat, with its ``title`` and ``ends_at``, or None.
    group: Any = None

    @property
    def ends_at(self):
        """When the visit would end."""
        alone = timedelta(minutes=self.doctor.minutes if self.doctor else 0)
        return self.group.ends_at if self.group else self.starts_at + alone

    @property
    def in_the_way(self):
        """All that stands in the way, in the order in which it is said; nothing of an open time."""
        return () if self.state == State.OPEN else (self.state, *self.also)

    @property
    def has_begun(self):
        """Whether it would have begun by now, of which no patient is told."""
        return self.starts_at <= now()

    @property
    def is_over(self):
        """Whether it would have ended by now as well."""
        return self.ends_at <= now()

    @property
    def can_be_forced(self):
        """Whether a written reason is enough to book it all the same."""
        return self.state in (
            State.TAKEN, State.AROUND, State.OUTSIDE, State.CLOSED, State.FULL, State.ROOM, *OF_THE_PATIENT,
        )  # fmt: skip


def menu(session, clinic_id) -> list[Kind]:
    """Every type somebody offers, in the clinic's order, with its doctors by name."""
    rows = session.connection().execute(MENU, {"clinic_id": clinic_id})
    kinds = []
    for kind_id, offered in groupby(rows, key=lambda row: row.kind_id):
        offers = list(offered)
        mode = VisitMode(offers[0].visit_mode) if offers[0].visit_mode else None
        doctors = [
            Doctor(
                o.provider_id, o.display_name, o.minutes, o.telemed_enabled, tuple(o.specialties), tuple(o.languages)
            )
            for o in offers
        ]  # fmt: skip
        kinds.append(Kind(kind_id, offers[0].name, mode, doctors, offers[0].limit_per_patient))
    return kinds


def names(session, clinic_id, patient_id, visit_type_id, provider_id):
    """What the three are called, each None where the clinic has no such row; one statement."""
    ids = {"patient_id": patient_id, "visit_type_id": visit_type_id, "provider_id": provider_id}
    return session.connection().execute(NAMES, {"clinic_id": clinic_id, **ids}).one()


def next_days(session, clinic, kind, doctors, mode, first_day: date, *, person_id=None, wanted_rooms=()) -> list[Day]:
    """The first days from ``first_day`` on that have open times; of doctors free at once the first is offered."""
    zone, last_day = ZoneInfo(clinic.timezone), first_day + timedelta(days=DAYS_AHEAD - 1)
    found = first_times(
        session, clinic, kind, [each.id for each in doctors], first_day, last_day, mode=mode, person_id=person_id,
        wanted_rooms=wanted_rooms,
    )  # fmt: skip
    days = groupby(found, key=lambda time: time.starts_at.astimezone(zone).date())
    return [Day(day, list(times)) for day, times in days][:DAYS_SHOWN]


def judge(
    session, clinic, kind, doctor, mode, starts_at, *, person_id=None, patient_id=None, moved=None, among=None,
    wanted_rooms=(),
) -> Choice:  # fmt: skip
    """What stands in the way of a time; without a doctor the first is taken who has it open, of all or ``among`` some.

    With ``patient_id`` also whether one more visit of the type would be too many for the patient, and whether they are
    with somebody else then; ``moved`` is the visit that would be moved there, which is neither.
    """
    among, rooms, group = kind.doctors if among is None else among, (), None
    more = {"mode": mode, "person_id": person_id, "wanted_rooms": wanted_rooms}
    if doctor is None:
        doctor, states = _whoever(session, clinic, kind, among, starts_at, more)
    else:
        found = fits(session, clinic, kind.id, doctor.id, starts_at, **more)
        states = _states(found)
        rooms = () if states or found.seat_in else room_names(session, clinic.id, found.room_ids)
        group = found and found.seat_in and group_of(session, clinic.id, found.seat_in)
    is_one_more = moved is None or moved.visit_type_id != kind.id
    if kind.limit_per_patient and patient_id and is_one_more and is_enough(session, clinic.id, kind.id, patient_id):
        states.append(State.ENOUGH)
    other = None
    if doctor and patient_id:
        span = starts_at, group.ends_at if group else starts_at + timedelta(minutes=doctor.minutes)
        other = elsewhere(session, clinic.id, patient_id, doctor.id, *span, moved and moved.id)
        states += [State.ELSEWHERE] if other else []
    state = states[0] if states else State.OPEN
    nearest = ()
    if state not in (State.OPEN, State.ENOUGH):
        ids = [each.id for each in ([doctor] if doctor else among)]
        away = [(other.starts_at, other.ends_at)] if other else []
        nearest = tuple(nearest_open(session, clinic, kind, ids, starts_at, away=away, **more))
    left = free_for(session, clinic.id, doctor.id, starts_at, person_id) if State.TAKEN in states else None
    return Choice(kind, mode, starts_at, doctor, state, nearest, rooms, tuple(states[1:]), left, other, group or None)


def free_for(session, clinic_id, provider_id, starts_at, person_id):
    """For how many minutes the doctor is free before what is taken begins; None where it has begun by then."""
    ids = {"clinic_id": clinic_id, "provider_id": provider_id, "person_id": person_id}
    minutes = session.connection().execute(FREE_FOR, {**ids, "starts_at": starts_at}).scalar()
    return minutes if minutes and minutes > 0 else None


def group_of(session, clinic_id, slot_id):
    """What the group is called and when it is over, if the time was published as one; else None."""
    return session.connection().execute(GROUP, {"clinic_id": clinic_id, "slot_id": slot_id}).one_or_none()


def room_names(session, clinic_id, room_ids) -> tuple[str, ...]:
    """What these rooms are called; where there are none, nobody is asked."""
    if not room_ids:
        return ()
    ids = {"clinic_id": clinic_id, "room_ids": list(room_ids)}
    return tuple(session.connection().execute(ROOM_NAMES, ids).scalars())


def _whoever(session, clinic, kind, among, starts_at, more):
    day = starts_at.astimezone(ZoneInfo(clinic.timezone)).date()
    found = first_times(
        session, clinic, kind, [each.id for each in among], day, day, earliest=starts_at,
        latest=starts_at + timedelta(seconds=1), **more,
    )  # fmt: skip
    if found:
        return kind.doctor(found[0].provider_id), []
    # The desk may take any minute of somebody's hours, and not only those their open times begin at.
    for each in among:
        if not _states(fits(session, clinic, kind.id, each.id, starts_at, **more)):
            return each, []
    return None, [State.NOBODY]


def _states(found):
    """All that stands in the way, what no reason helps over first; nothing of a time that is open."""
    if found is None:
        return [State.OUTSIDE]
    alone = not (found.seat_in or found.seat_without_room)
    facts = {
        State.BLOCKED: found.blocked, State.CLOSED: found.closed,
        State.TAKEN: alone and found.taken,
        # Only what the visit needs before or after it reaches into blocked time.
        State.AROUND: alone and not (found.free or found.taken or found.blocked),
        State.OUTSIDE: alone and not found.inside_hours, State.FULL: found.day_full,
        State.ROOM: found.seat_without_room or (alone and found.inside_hours and not found.rooms_free),
    }  # fmt: skip
    return [state for state, stands in facts.items() if stands]
