"""Random schedules: made up by hypothesis out of everything that open times depend on, and written to the database."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from uuid import uuid4
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from hypothesis import strategies as st

from clinic.models.closures import Closure as ClosureRow
from clinic.models.organizations import Location
from clinic.models.providers import Provider, ProviderVisitType
from clinic.models.rooms import Room as RoomRow
from clinic.models.rooms import RoomKind, SlotRoom, VisitTypeNeed
from clinic.models.schedule import Availability, SeatHold, VisitType
from clinic.models.schedule import Slot as SlotRow
from clinic.models.visits import Visit
from tests.queries.reference import Schedule, overlap
from tests.queries.schedule_rows import Closure, Doctor, Hours, Kind, Room, Slot
from tests.queries.schedule_rows import SeatHold as Seat

# Eight zones that turn their clocks: to both sides of Greenwich, south of the equator, at midnight, by half an hour.
ZONES = (
    "Europe/London", "Europe/Berlin", "America/New_York", "America/St_Johns", "America/Havana", "Australia/Sydney",
    "Australia/Lord_Howe", "Pacific/Auckland",
)  # fmt: skip
YEAR = 2031
FIVE = timedelta(minutes=5)


@cache
def changes(zone: str) -> tuple[date, ...]:
    """The two days of the year on which the zone's clocks are turned."""
    at = ZoneInfo(zone)
    days = [date(YEAR, 1, 1) + timedelta(days=n) for n in range(365)]
    offsets = [datetime.combine(day, time(), at).utcoffset() for day in [*days, date(YEAR + 1, 1, 1)]]
    found = tuple(day for n, day in enumerate(days) if offsets[n] != offsets[n + 1])
    assert len(found) == 2, found
    return found


@st.composite
def schedules(draw, now, me, other, types):
    """A schedule of three days, often around a day on which the clocks are turned, and what is asked of it."""
    # True randomness, seeded by hypothesis: what it makes up itself keeps close to nothing at all.
    luck = draw(st.randoms(use_true_random=True))
    zone = luck.choice(ZONES)
    first = date(YEAR, 1, 1) + timedelta(days=luck.randrange(360))
    if luck.random() < 0.6:
        first = luck.choice(changes(zone)) - timedelta(days=luck.choice([1, 1, 0, 2]))
    places = [uuid4(), uuid4()]
    room_kinds = [uuid4(), uuid4()]
    kind = Kind(
        luck.choice([10, 15, 20, 25, 40, 60]), luck.choice([0, 0, 5, 15]), luck.choice([0, 0, 10, 30]),
        luck.choice([None, None, 5, 10, 15]), luck.choice([1, 1, 1, 3]), luck.choice([None, None, None, 1, 3]),
        luck.choice([None, None, None, None, 1, 2]), luck.choice([None, None, "in_person", "virtual"]),
        needs=tuple(room_kinds[: luck.choice([0, 0, 1, 1, 1, 2])]), id=types[0],
    )  # fmt: skip
    doctors = [
        Doctor(luck.choice([None, *places]), luck.random() < 0.7, luck.random() < 0.95, luck.random() < 0.95,
               luck.choice([None, None, 30]))
        for _ in range(luck.choice([1, 2, 2]))
    ]  # fmt: skip
    rooms = [
        Room(luck.choice(room_kinds), luck.choice([None, *places]), luck.random() < 0.25)
        for _ in range(luck.choice([0, 1, 2, 3, 4]))
    ]  # fmt: skip
    schedule = Schedule(ZoneInfo(zone), now, kind, doctors, [], [], [], rooms)
    schedule.first_day, schedule.last_day = first, first + timedelta(days=luck.choice([0, 1, 2]))
    schedule.mode, schedule.person = luck.choice([None, "in_person", "in_person", "virtual"]), luck.choice([None, me])
    schedule.wanted_rooms = tuple(luck.sample([*room_kinds, *(room.id for room in rooms)], luck.choice([0, 0, 0, 1])))
    schedule.coming = luck.choice([0, 0, 1, 2]) if kind.a_patient else 0
    if luck.random() < 0.2:
        _near(schedule, luck)
    for doctor in doctors:
        _hours(schedule, doctor, luck, places)
    # Somebody who is not asked about takes rooms too.
    for doctor in [*doctors, Doctor()]:
        _slots(schedule, doctor, luck, (me, other), types)
    _closures(schedule, luck, places)
    return schedule


def _near(schedule, luck):
    """Days so near that notice and horizon cut into them."""
    schedule.first_day = schedule.now.astimezone(schedule.zone).date() + timedelta(days=luck.choice([-1, 0, 1, 5]))
    schedule.last_day = schedule.first_day + timedelta(days=luck.choice([0, 1, 2]))
    schedule.kind.notice, schedule.kind.horizon = luck.choice([0, 60, 1440]), luck.choice([1, 2, 6])


def _hours(schedule, doctor, luck, places):
    for _ in range(luck.choice([1, 2, 3, 4])):
        begins = luck.choice([0, 0, 1, 1, 2, 8, 9, 16]) * 60 + luck.choice([0, 0, 15, 30, 45])
        ends = min(begins + luck.choice([45, 90, 180, 300]), 23 * 60 + 55)
        span = time(begins // 60, begins % 60), time(ends // 60, ends % 60)
        mode, place = luck.choice([None, None, "in_person", "virtual"]), luck.choice([None, None, *places])
        days = [schedule.first_day + timedelta(days=n) for n in range(3)]
        day = luck.choice(days + [each for each in changes(schedule.zone.key) if each in days] * 3)
        if luck.random() < 0.5:
            schedule.hours.append(Hours(
                doctor, *span, day=day, also=luck.random() < 0.5, mode=mode, place=place,
                start_first=luck.random() < 0.5, end_first=luck.random() < 0.5,
            ))  # fmt: skip
        else:
            schedule.hours.append(Hours(
                doctor, *span, weekday=day.isoweekday() % 7, mode=mode, place=place, paused=luck.random() < 0.1,
                first_day=luck.choice([None, None, day]), last_day=luck.choice([None, None, day]),
            ))  # fmt: skip


def _moment(schedule, luck):
    """Somewhere in the days; rather about the hours, where something can be in the way, or just outside the days."""
    hours = luck.choice(schedule.hours)
    day = hours.day or schedule.first_day + timedelta(days=luck.choice([0, 1, 2]))
    begin, within = luck.choice([
        (datetime.combine(day, hours.start, schedule.zone), (-6, 48)),
        (datetime.combine(day, hours.start, schedule.zone), (-6, 48)),
        (datetime.combine(schedule.first_day, time(), schedule.zone), (-36, 900)),
        (datetime.combine(schedule.last_day + timedelta(days=1), time(), schedule.zone), (-12, 36)),
    ])  # fmt: skip
    return begin.astimezone(UTC) + FIVE * luck.randrange(*within)


def _slots(schedule, doctor, luck, people, types):
    for _ in range(luck.randrange(16)):
        start = _moment(schedule, luck)
        slot = Slot(doctor, start, start + FIVE * luck.choice([2, 4, 9, 24]), before=luck.choice([0, 0, 10]),
                    after=luck.choice([0, 0, 20]), of_type=luck.choice([types[0], types[0], types[1]]),
                    mode=luck.choice([None, "in_person"]))  # fmt: skip
        luck.choice([_booked, _booked, _held, _shared, _published, _blocked, _overbooked])(slot, schedule, luck, people)
        outside = slot.kind == "blocked" or slot.overbooked
        if outside or not any(
            each.doctor is doctor and overlap(each.busy, slot.busy) and not (each.kind == "blocked" or each.overbooked)
            for each in schedule.slots
        ):
            schedule.slots.append(slot)
            _take_rooms(slot, schedule, luck)


def _take_rooms(slot, schedule, luck):
    for room in schedule.rooms:
        is_free = not any(room in each.rooms and overlap(each.busy, slot.busy) for each in schedule.slots)
        if is_free and slot.kind != "blocked" and luck.random() < 0.5:
            slot.rooms.append(room)


def _booked(slot, schedule, luck, people):
    pass


def _held(slot, schedule, luck, people):
    slot.status, slot.taken, slot.held_by = "held", 0, luck.choice([None, *people])
    slot.held_until = schedule.now + timedelta(minutes=luck.choice([-1, 30]))


def _shared(slot, schedule, luck, people):
    slot.capacity, slot.taken = 3, luck.choice([0, 0, 1, 3])
    slot.status = "booked" if slot.taken == slot.capacity else "free"
    for person in people:
        if luck.random() < 0.4:
            slot.seats.append(Seat(person, schedule.now + timedelta(minutes=luck.choice([-1, 30]))))


def _published(slot, schedule, luck, people):
    _shared(slot, schedule, luck, people)
    slot.kind, slot.of_type = "published", luck.choice([slot.of_type, None])
    slot.place = luck.choice([None, slot.doctor.place, *(each.place for each in schedule.hours)])
    if slot.of_type is None and slot.taken:
        slot.of_others = luck.choice([0, 1])


def _blocked(slot, schedule, luck, people):
    slot.kind = slot.status = "blocked"
    slot.taken = slot.before = slot.after = 0
    slot.of_type = slot.mode = None


def _overbooked(slot, schedule, luck, people):
    slot.overbooked = True


def _closures(schedule, luck, places):
    for _ in range(luck.randrange(3)):
        start = _moment(schedule, luck)
        schedule.closures.append(Closure(
            start, start + FIVE * luck.choice([3, 12, 60]), luck.choice([None, *schedule.doctors]),
            luck.choice([None, None, *places]), luck.random() < 0.15,
        ))  # fmt: skip


def write(session, cast, schedule, patient_id):
    """Put the schedule's rows into the database, in Rose Street."""
    clinic, kind, put = {"clinic_id": cast.rose.id}, schedule.kind, session.connection().execute
    wanted_kinds = set(schedule.wanted_rooms) - {room.id for room in schedule.rooms}
    known = {room.kind for room in schedule.rooms} | set(kind.needs) | wanted_kinds
    places = {each.place for each in (*schedule.doctors, *schedule.hours, *schedule.closures, *schedule.rooms)} - {None}

    def many(table, rows):
        if rows:
            put(sa.insert(table), [clinic | {"id": uuid4()} | row for row in rows])

    many(Location.__table__, [{"id": each, "name": str(each)} for each in places])
    put(sa.update(VisitType.__table__).where(VisitType.id == kind.id).values(
        minutes=kind.minutes, buffer_before=kind.before, buffer_after=kind.after, step_minutes=kind.step,
        capacity=kind.capacity, limit_per_day=kind.a_day, limit_per_patient=kind.a_patient, visit_mode=kind.mode,
        minimum_notice_minutes=kind.notice, horizon_days=kind.horizon,
    ))  # fmt: skip
    doctors = {slot.doctor.id: slot.doctor for slot in schedule.slots} | {each.id: each for each in schedule.doctors}
    many(Provider.__table__, [
        {"id": each.id, "display_name": "Dr", "location_id": each.place, "telemed_enabled": each.by_video,
         "approved_at": schedule.now if each.approved else None, "is_active": each.active}
        for each in doctors.values()
    ])  # fmt: skip
    many(ProviderVisitType.__table__, [
        {"provider_id": each.id, "visit_type_id": kind.id, "minutes": each.minutes} for each in schedule.doctors
    ])  # fmt: skip
    many(RoomKind.__table__, [{"id": each, "name": str(each)} for each in known])
    many(RoomRow.__table__, [
        {"id": each.id, "name": str(each.id), "room_kind_id": each.kind, "location_id": each.place,
         "status": "paused" if each.paused else "active"} for each in schedule.rooms
    ])  # fmt: skip
    many(VisitTypeNeed.__table__, [{"visit_type_id": kind.id, "room_kind_id": each} for each in kind.needs])
    many(Availability.__table__, [
        {"provider_id": each.doctor.id, "start_time": each.start, "end_time": each.end, "weekday": each.weekday,
         "on_date": each.day, "in_addition": each.also, "visit_mode": each.mode, "location_id": each.place,
         "status": "paused" if each.paused else "active", "valid_from": each.first_day, "valid_until": each.last_day,
         "start_first": each.start_first, "end_first": each.end_first} for each in schedule.hours
    ])  # fmt: skip
    many(ClosureRow.__table__, [
        {"provider_id": each.doctor and each.doctor.id, "location_id": each.place, "starts_at": each.start,
         "ends_at": each.end, "title": "Closed", "removed_at": schedule.now if each.removed else None}
        for each in schedule.closures
    ])  # fmt: skip
    many(SlotRow.__table__, [
        {"id": each.id, "provider_id": each.doctor.id, "visit_type_id": each.of_type, "kind": each.kind,
         "status": each.status, "starts_at": each.start, "ends_at": each.end, "busy_from": each.busy[0],
         "busy_until": each.busy[1], "visit_mode": each.mode, "capacity": each.capacity, "taken": each.taken,
         "held_until": each.held_until, "held_by_id": each.held_by, "location_id": each.place,
         "overbooked": each.overbooked,
         "overbooked_reason": "Squeezed in" if each.overbooked else None} for each in schedule.slots
    ])  # fmt: skip
    many(SeatHold.__table__, [
        {"slot_id": slot.id, "held_by_id": hold.by, "held_until": hold.until}
        for slot in schedule.slots for hold in slot.seats
    ])  # fmt: skip
    many(SlotRoom.__table__, [
        {"slot_id": slot.id, "room_id": room.id, "busy_from": slot.busy[0], "busy_until": slot.busy[1]}
        for slot in schedule.slots for room in slot.rooms
    ])  # fmt: skip
    many(Visit.__table__, [
        {"patient_id": patient_id, "visit_type_id": kind.id, "kind": "scheduled", "visit_mode": "in_person",
         "status": "booked", "source": "import", "timezone": schedule.zone.key,
         "starts_at": schedule.now + timedelta(days=1 + n)} for n in range(schedule.coming)
    ])  # fmt: skip
    many(Visit.__table__, [
        {"patient_id": cast.maya_patient.id, "visit_type_id": cast.follow_up.id, "kind": "scheduled",
         "visit_mode": slot.mode or "in_person", "status": "booked", "source": "import", "provider_id": slot.doctor.id,
         "slot_id": slot.id, "timezone": schedule.zone.key, "starts_at": slot.start, "ends_at": slot.end}
        for slot in schedule.slots if slot.of_others
    ])  # fmt: skip
