"""The Sundays on which clocks change: every time of the day can be booked once, and the page of the day shows it."""

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from clinic.models.organizations import Clinic
from clinic.models.schedule import Availability, Slot
from clinic.queries.day import Day, visits_of
from clinic.queries.open_times import open_times
from tests.faults.place import DESK

# The zones, and the hours of the next days on which the clock goes forward and back there.
CHANGING = {"America/New_York": (23, 25), "Europe/Berlin": (23, 25), "Australia/Lord_Howe": (23.5, 24.5)}
ZONES = (*CHANGING, "Europe/London", "Australia/Sydney", "Asia/Kolkata", "America/Sao_Paulo", "UTC")


@pytest.fixture
def zone(request, session, cast):
    """Rose Street moved to another zone."""
    session.execute(sa.update(Clinic).where(Clinic.id == cast.rose.id).values(timezone=request.param))
    session.commit()
    cast.rose.timezone = request.param
    return ZoneInfo(request.param)


def _days(zone):
    first = datetime.now(zone).date() + timedelta(days=2)
    return (Day.on(first + timedelta(days=number), zone.key) for number in range(366))


def _hours(day):
    return (day.ends_at - day.starts_at) / timedelta(hours=1)


def _changes(zone):
    """The next day that is shorter and the next that is longer than others; any where there are none."""
    days = list(_days(zone))
    shorter = next((day for day in days if _hours(day) < 24), days[0])
    longer = next((day for day in days if _hours(day) > 24), days[0])
    return shorter, longer


@pytest.mark.parametrize("which", [0, 1], ids=["forward", "back"])
@pytest.mark.parametrize("zone", CHANGING, indirect=True)
def test_every_time_of_the_day_is_booked_once_and_stands_on_the_page(session, cast, amara, zone, which, seen):
    day = _changes(zone)[which]
    assert _hours(day) == CHANGING[zone.key][which]
    # The doctor works through the night in which the clock changes.
    session.add(Availability(clinic_id=cast.rose.id, provider_id=cast.dr_osei.id, on_date=day.date,
                             start_time=time(0), end_time=time(5)))  # fmt: skip
    session.commit()
    times = open_times(session, cast.at, cast.consultation, [cast.dr_osei.id], day.date, day.date)
    starts = [each.starts_at for each in times]
    # Three of twenty minutes in each hour from midnight to five on the wall, however many hours that is.
    assert len(set(starts)) == len(starts) == int((5 - 24 + _hours(day)) * 3)
    form = {
        "patient_id": cast.tom.id, "visit_type_id": cast.consultation.id, "visit_mode": "in_person",
        "provider_id": cast.dr_osei.id,
    }  # fmt: skip
    told = [amara.send(DESK, form | {"starts_at": each.isoformat()}).status_code for each in (*starts, *starts)]
    assert told == [303] * len(starts) + [409] * len(starts)
    session.rollback()
    assert [visit.starts_at for visit in visits_of(session, cast.rose.id, day)] == sorted(starts)
    assert session.scalar(sa.select(sa.func.count()).select_from(Slot)) == len(starts)
    page = amara.open(f"/staff/day?date={day.date.isoformat()}")
    assert page.status_code == 200 and len(set(re.findall(r'id="(visit-[0-9a-f-]+)"', page.text))) == len(starts)
    seen(f"{zone.key} {day.date}: {_hours(day):g} hours, {len(starts)} visits")


@pytest.mark.promise(6, "weekly hours in eight zones, for eight weeks around both changes")
@pytest.mark.parametrize("zone", ZONES, indirect=True)
def test_weekly_hours_keep_their_wall_time_for_eight_weeks_around_a_change(session, cast, zone, seen):
    counted = 0
    for change in _changes(zone):
        first = max(change.date - timedelta(weeks=4), datetime.now(zone).date() + timedelta(days=1))
        last = first + timedelta(weeks=8)
        found = open_times(session, cast.at, cast.consultation, [cast.dr_osei.id], first, last)
        walls = {}
        for each in found:
            local = each.starts_at.astimezone(zone)
            # There and back again: no clock of the zone skips this time.
            assert local.astimezone(UTC) == each.starts_at
            walls.setdefault(local.date(), []).append(local.time())
        assert len(walls) == 57
        day = [time(9 + number // 3, 20 * (number % 3)) for number in range(24)]
        assert all(times == day for times in walls.values())
        counted += len(found)
    seen(f"{zone.key}: {counted} times of eight weeks around both changes, all at their wall time")
