"""Wall time: the clocks of eight zones on both days on which they change; three of them looked at closely."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from clinic.walltime import NoSuchTime, TwiceThatDay, bounds, instants, known_zones, to_instant
from tests.queries.schedules import ZONES, changes

SPRING = [
    ("America/New_York", date(2026, 3, 8), time(2, 30), timedelta(hours=23)),
    ("Europe/London", date(2026, 3, 29), time(1, 30), timedelta(hours=23)),
    ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), timedelta(hours=23, minutes=30)),
]
AUTUMN = [
    ("America/New_York", date(2026, 11, 1), time(1, 30), timedelta(hours=1)),
    ("Europe/London", date(2026, 10, 25), time(1, 30), timedelta(hours=1)),
    ("Australia/Lord_Howe", date(2026, 4, 5), time(1, 45), timedelta(minutes=30)),
]


@pytest.mark.parametrize(("zone", "day", "at", "length"), SPRING)
class TestTheClockGoesForward:
    def test_a_time_that_is_jumped_over_is_refused(self, zone, day, at, length):
        assert instants(day, at, ZoneInfo(zone)) == []
        with pytest.raises(NoSuchTime):
            to_instant(day, at, ZoneInfo(zone))

    def test_the_day_is_shorter_and_noon_stays_noon(self, zone, day, at, length):
        first, after = bounds(day, ZoneInfo(zone))
        assert after - first == length
        assert to_instant(day, time(12), ZoneInfo(zone)).astimezone(ZoneInfo(zone)).hour == 12


@pytest.mark.parametrize(("zone", "day", "at", "apart"), AUTUMN)
class TestTheClockGoesBack:
    def test_a_time_that_comes_twice_gives_both_the_earlier_first(self, zone, day, at, apart):
        with pytest.raises(TwiceThatDay) as asked:
            to_instant(day, at, ZoneInfo(zone))
        earlier, later = asked.value.both
        assert later - earlier == apart
        assert {each.astimezone(ZoneInfo(zone)).time() for each in (earlier, later)} == {at}

    def test_noon_of_that_day_comes_once(self, zone, day, at, apart):
        assert to_instant(day, time(12), ZoneInfo(zone)).astimezone(ZoneInfo(zone)).hour == 12


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("zone", ZONES)
def test_wherever_clocks_are_turned_just_the_turned_times_are_refused_or_asked_about(zone, which):
    day, at = changes(zone)[which], ZoneInfo(zone)
    first, after = bounds(day, at)
    turned = after - first - timedelta(hours=24)
    walls = [time(minute // 60, minute % 60) for minute in range(0, 1440, 5)]
    strange = [wall for wall in walls if len(instants(day, wall, at)) != 1]
    assert turned and len(strange) * timedelta(minutes=5) == abs(turned)
    for wall in strange:
        with pytest.raises(NoSuchTime if turned < timedelta() else TwiceThatDay) as refused:
            to_instant(day, wall, at)
        both = getattr(refused.value, "both", ())
        assert [moment.astimezone(at).time() for moment in both] == [wall for _moment in both]
        assert [later - earlier for earlier, later in pairwise(both)] == [turned for _pair in both[1:]]


def test_an_ordinary_time_is_one_instant_in_utc():
    assert to_instant(date(2026, 7, 1), time(9), ZoneInfo("Europe/London")) == datetime(2026, 7, 1, 8, tzinfo=UTC)


def test_the_edges_of_a_gap_are_real_times():
    zone = ZoneInfo("Australia/Lord_Howe")
    day = date(2026, 10, 4)
    assert to_instant(day, time(2, 30), zone) - to_instant(day, time(1, 59), zone) == timedelta(minutes=1)


def test_the_names_of_the_zones_are_read_from_the_disk_once(monkeypatch):
    assert "Europe/London" in known_zones()
    monkeypatch.setattr("clinic.walltime.available_timezones", lambda: pytest.fail("read again"))
    assert "Europe/London" in known_zones()
