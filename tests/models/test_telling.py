"""Quiet hours and when reminders are due, on the clocks of the world."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from clinic.models.notifications import NotificationKind
from clinic.models.telling import Telling

LONDON, LORD_HOWE = ZoneInfo("Europe/London"), ZoneInfo("Australia/Lord_Howe")


def at(year, month, day, hour, minute=0, zone=LONDON):
    """An instant given as wall time."""
    return datetime(year, month, day, hour, minute, tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(("hour", "ends"), [(21, 8), (23, 8), (3, 8), (7, 8)])
def test_the_night_passes_midnight(hour, ends):
    day = 4 if hour > 12 else 5
    assert Telling().quiet_ends(at(2027, 5, day, hour), LONDON) == at(2027, 5, 5, ends)


@pytest.mark.parametrize("hour", [8, 12, 20])
def test_by_day_nothing_waits(hour):
    assert Telling().quiet_ends(at(2027, 5, 4, hour), LONDON) is None


def test_quiet_hours_may_lie_in_the_day_or_be_none():
    noon = Telling(time(12), time(14))
    assert noon.quiet_ends(at(2027, 5, 4, 13), LONDON) == at(2027, 5, 4, 14)
    assert noon.quiet_ends(at(2027, 5, 4, 14), LONDON) is None
    assert Telling(time(9), time(9)).quiet_ends(at(2027, 5, 4, 9), LONDON) is None


def test_the_night_counts_on_the_patients_own_clock():
    noon_in_london = at(2027, 5, 4, 12)
    assert Telling().quiet_ends(noon_in_london, ZoneInfo("Asia/Tokyo")) is None
    assert Telling().quiet_ends(noon_in_london, ZoneInfo("America/Los_Angeles")) == at(2027, 5, 4, 16)


@pytest.mark.parametrize(("month", "day"), [(3, 28), (10, 31)])
def test_the_night_of_a_clock_change_ends_at_its_wall_time(month, day):
    before = at(2027, month, day, 0, 30)
    assert Telling().quiet_ends(before, LONDON) == at(2027, month, day, 8)
    assert Telling().quiet_ends(at(2027, 4, 4, 0, 30, zone=LORD_HOWE), LORD_HOWE) == at(2027, 4, 4, 8, zone=LORD_HOWE)


class TestReminders:
    def test_come_so_many_hours_before(self):
        assert Telling().reminder_at(at(2027, 5, 6, 14), 48, LONDON) == at(2027, 5, 4, 14)

    def test_of_an_early_visit_come_the_evening_before(self):
        assert Telling().reminder_at(at(2027, 5, 6, 8, 30), 2, LONDON) == at(2027, 5, 5, 20)

    def test_that_can_wait_for_the_morning_do(self):
        assert Telling().reminder_at(at(2027, 5, 6, 9, 30), 2, LONDON) == at(2027, 5, 6, 7, 30)


def test_rules_are_kept_as_they_were_typed():
    telling = Telling(time(20, 30), time(7), "Rose", "desk@rose.example", frozenset({NotificationKind.MOVED}), True)
    assert Telling.of({"telling": telling.said}) == telling
    assert Telling.of({}) == Telling()
