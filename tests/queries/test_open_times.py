"""Open times: the statement agrees with a plain loop, and hours keep their wall time across clock changes."""

import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from clinic.models.closures import Closure
from clinic.models.organizations import Clinic
from clinic.models.schedule import Availability, Slot, SlotKind, SlotStatus, VisitType
from clinic.queries.open_times import nearest_open, open_times

# Zones with their change Sundays: forward and back. Lord Howe moves by half an hour.
CHANGES = {
    "Europe/London": (date(2031, 3, 30), date(2031, 10, 26)),
    "America/New_York": (date(2031, 3, 9), date(2031, 11, 2)),
    "Australia/Lord_Howe": (date(2031, 10, 5), date(2031, 4, 6)),
    "Asia/Kolkata": (date(2031, 3, 30), date(2031, 10, 26)),
}


def found(session, cast, day, until=None, visit_type=None, **more):
    """The open starts of Dr Osei."""
    return open_times(session, cast.at, visit_type or cast.consultation, [cast.dr_osei.id], day, until or day, **more)


@pytest.fixture
def zone(request, session, cast):
    """Rose Street moved to another zone."""
    session.execute(sa.update(Clinic).where(Clinic.id == cast.rose.id).values(timezone=request.param))
    cast.rose.timezone = request.param
    return ZoneInfo(request.param)


@pytest.mark.parametrize("zone", CHANGES, indirect=True)
@pytest.mark.parametrize("which", [0, 1], ids=["forward", "back"])
def test_hours_stay_at_their_wall_time_on_a_change_sunday(session, cast, zone, which):
    sunday = CHANGES[zone.key][which]
    for day in (sunday - timedelta(days=1), sunday, sunday + timedelta(days=1)):
        walls = [each.starts_at.astimezone(zone).time() for each in found(session, cast, day)]
        assert walls[0] == time(9) and walls[-1] == time(16, 40) and len(walls) == 24


@pytest.mark.parametrize("zone", ["America/New_York"], indirect=True)
def test_the_hour_that_does_not_exist_is_never_offered(session, cast, zone):
    sunday = CHANGES[zone.key][0]
    _hours(session, cast, sunday, time(0), time(5))
    walls = [each.starts_at.astimezone(zone).time() for each in found(session, cast, sunday)]
    assert not [wall for wall in walls if wall.hour == 2] and time(1, 40) in walls and time(3) in walls


@pytest.mark.parametrize("zone", ["America/New_York"], indirect=True)
def test_the_hour_that_comes_twice_is_offered_twice(session, cast, zone):
    sunday = CHANGES[zone.key][1]
    _hours(session, cast, sunday, time(0), time(5))
    walls = [each.starts_at.astimezone(zone).strftime("%H:%M") for each in found(session, cast, sunday)]
    assert walls.count("01:00") == 2 and len(walls) == 18


def _hours(session, cast, day, opens, closes):
    session.add(Availability(clinic_id=cast.rose.id, provider_id=cast.dr_osei.id, on_date=day, start_time=opens,
                             end_time=closes))  # fmt: skip
    session.flush()


def test_dated_hours_replace_the_weekly_ones_of_their_day(session, cast):
    day = date(2031, 5, 7)
    _hours(session, cast, day, time(13), time(14))
    assert [each.starts_at.hour for each in found(session, cast, day)] == [12, 12, 12]


def test_paused_hours_do_not_count(session, cast):
    session.execute(sa.update(Availability).values(status="paused"))
    assert found(session, cast, date(2031, 5, 7)) == []


def test_hours_for_one_mode_offer_only_that_mode(session, cast):
    session.execute(sa.update(Availability).values(visit_mode="virtual"))
    day = date(2031, 5, 7)
    assert found(session, cast, day, mode="in_person") == [] and found(session, cast, day, mode="virtual")


def test_an_unapproved_doctor_has_no_open_times(session, cast):
    cast.dr_osei.approved_at = None
    session.flush()
    assert found(session, cast, date(2031, 5, 7)) == []


def test_the_nearest_open_times_lie_on_both_sides_of_the_wished_one(session, cast):
    visit = cast.booked(cast.tomorrow_at(10))
    nearest = nearest_open(session, cast.at, cast.consultation, [cast.dr_osei.id], visit.starts_at)
    gaps = [(each.starts_at - visit.starts_at) // timedelta(minutes=1) for each in nearest]
    assert gaps == [-40, -20, 20] or gaps == [-20, 20, 40]


def test_the_nearest_open_times_may_lie_days_before_the_wished_one(session, cast):
    wished = cast.tomorrow_at(10, days=6)
    only = cast.tomorrow_at(10, days=4).isoweekday() % 7
    session.execute(sa.delete(Availability).where(Availability.weekday != only))
    nearest = nearest_open(session, cast.at, cast.consultation, [cast.dr_osei.id], wished)
    assert {wished.date() - each.starts_at.date() for each in nearest} == {timedelta(days=2)}


def test_a_shared_time_is_open_until_its_last_seat_is_taken(session, cast):
    cast.consultation.capacity = 3
    session.flush()
    ten = cast.tomorrow_at(10)
    seats = []
    for patient in (cast.tom, cast.maya_patient, cast.tom):
        cast.booked(ten, patient=patient)
        left = [each.seats for each in found(session, cast, ten.date()) if each.starts_at == ten]
        seats.append(left[0] if left else 0)
    assert seats == [2, 1, 0]


@pytest.mark.parametrize("seed", range(24))
def test_the_statement_agrees_with_a_plain_loop(session, cast, seed):
    """Random hours, lengths, buffers, bookings, holds and closures, around a change Sunday of a random zone."""
    luck = random.Random(seed)
    name = luck.choice(list(CHANGES))
    session.execute(sa.update(Clinic).where(Clinic.id == cast.rose.id).values(timezone=name))
    cast.rose.timezone = name
    first = CHANGES[name][luck.randrange(2)] - timedelta(days=1)
    hours = _random_hours(session, cast, luck, first)
    kind = VisitType(clinic_id=cast.rose.id, name="Random", minutes=luck.choice([10, 15, 25, 40]),
                     buffer_before=luck.choice([0, 5]), buffer_after=luck.choice([0, 10]),
                     step_minutes=luck.choice([None, 10, 15]))  # fmt: skip
    session.add(kind)
    session.flush()
    session.execute(sa.text(
        "INSERT INTO provider_visit_types (clinic_id, id, provider_id, visit_type_id)"
        " VALUES (:clinic, gen_random_uuid(), :doctor, :kind)"),
        {"clinic": cast.rose.id, "doctor": cast.dr_osei.id, "kind": kind.id})  # fmt: skip
    busy = _random_busy(session, cast, luck, first, ZoneInfo(name))
    closed = _random_closures(session, cast, luck, first, ZoneInfo(name))
    expected = _by_hand(hours, busy, closed, kind, ZoneInfo(name))
    assert [each.starts_at for each in found(session, cast, first, first + timedelta(days=2), kind)] == expected


def _random_hours(session, cast, luck, first):
    session.execute(sa.delete(Availability))
    hours = []
    for day in range(3):
        for opens in (luck.randrange(0, 8), luck.randrange(9, 15)):
            window = (
                first + timedelta(days=day),
                time(opens, luck.choice([0, 30])),
                time(opens + luck.randrange(1, 5)),
            )
            if window[2] > window[1]:
                _hours(session, cast, *window)
                hours.append(window)
    return hours


def _random_busy(session, cast, luck, first, zone):
    busy, placed = [], []
    begin = datetime.combine(first, time(0), zone).astimezone(UTC)
    for _ in range(30):
        starts = begin + timedelta(minutes=5 * luck.randrange(0, 72 * 12))
        ends = starts + timedelta(minutes=luck.choice([10, 20, 45]))
        if any(starts < other[1] and other[0] < ends for other in placed):
            continue
        placed.append((starts, ends))
        held = luck.random() < 0.2
        gone = held and luck.random() < 0.5
        session.add(Slot(clinic_id=cast.rose.id, provider_id=cast.dr_osei.id, starts_at=starts, ends_at=ends,
                         busy_from=starts, busy_until=ends, kind=SlotKind.OPEN, taken=0 if held else 1,
                         status=SlotStatus.HELD if held else SlotStatus.BOOKED,
                         held_until=datetime.now(UTC) + timedelta(minutes=-1 if gone else 5) if held else None)
        )  # fmt: skip
        if not gone:
            busy.append((starts, ends))
    session.flush()
    return busy


def _random_closures(session, cast, luck, first, zone):
    """Of everybody or the doctor, which count, and one of a colleague and one removed, which do not."""
    begin, closed = datetime.combine(first, time(0), zone).astimezone(UTC), []
    for whose, removed in ((None, False), (cast.dr_osei, False), (cast.dr_lind, False), (None, True)):
        starts = begin + timedelta(minutes=5 * luck.randrange(0, 72 * 12))
        ends = starts + timedelta(minutes=luck.choice([15, 60, 240]))
        session.add(Closure(clinic_id=cast.rose.id, provider_id=whose and whose.id, starts_at=starts, ends_at=ends,
                            title="Closed", removed_at=datetime.now(UTC) if removed else None))  # fmt: skip
        if whose is not cast.dr_lind and not removed:
            closed.append((starts, ends))
    session.flush()
    return closed


def _instant(day, wall, zone):
    """As PostgreSQL reads a wall time: the later of two, and through a gap by the offset from before it."""
    moment = datetime.combine(day, wall, zone)
    later = moment.replace(fold=1)
    is_gap = moment.utcoffset() < later.utcoffset() and moment.astimezone(UTC).astimezone(zone).time() != wall
    return (moment if is_gap else later).astimezone(UTC)


def _by_hand(hours, busy, closed, kind, zone):
    starts = set()
    for day, opens, closes in hours:
        begin, end = _instant(day, opens, zone), _instant(day, closes, zone)
        while begin + timedelta(minutes=kind.minutes) <= end:
            wanted = (begin - timedelta(minutes=kind.buffer_before),
                      begin + timedelta(minutes=kind.minutes + kind.buffer_after))  # fmt: skip
            ends = begin + timedelta(minutes=kind.minutes)
            is_shut = any(begin < other[1] and other[0] < ends for other in closed)
            if not is_shut and not any(wanted[0] < other[1] and other[0] < wanted[1] for other in busy):
                starts.add(begin)
            begin += timedelta(minutes=kind.step_minutes or kind.minutes)
    return sorted(starts)
