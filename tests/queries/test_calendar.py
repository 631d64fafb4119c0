"""What the calendar is told: open hours on long and short days, the load of a day, and what takes a doctor's time."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from clinic.actions import blocks, closures
from clinic.models.schedule import Slot, SlotKind, SlotStatus
from clinic.queries import calendar
from clinic.queries.day import Day
from clinic.views.staff.calendar_scale import DayScale, WallScale

# The Sundays on which clocks change in 2031, and how many hours each has.
SUNDAYS = [
    ("Europe/London", date(2031, 3, 30), 23), ("Europe/London", date(2031, 10, 26), 25),
    ("Australia/Lord_Howe", date(2031, 10, 5), 23.5), ("Australia/Lord_Howe", date(2031, 4, 6), 24.5),
]  # fmt: skip


def _hours(rows):
    return [(row.starts_at, row.ends_at) for row in rows]


class TestOpenHours:
    def test_a_closure_is_taken_out_of_them(self, cast, session):
        day = cast.tomorrow_at(9).date()
        begins, ends = cast.tomorrow_at(11), cast.tomorrow_at(12)
        closures.add(session, starts_at=begins, ends_at=ends, title="A drill", by=cast.ines.actor)
        found = calendar.open_hours(session, cast.at, [cast.dr_osei.id], day, day)
        assert _hours(found) == [(cast.tomorrow_at(9), begins), (ends, cast.tomorrow_at(17))]

    def test_they_are_of_the_asked_days_and_doctors_alone(self, cast, session):
        first = cast.tomorrow_at(9).date()
        found = calendar.open_hours(session, cast.at, [cast.dr_lind.id], first, first + timedelta(days=2))
        assert {row.provider_id for row in found} == {str(cast.dr_lind.id)} and len(found) == 3


class TestLoad:
    def test_a_visit_takes_its_minutes_and_is_counted(self, cast, session):
        visit = cast.booked()
        day = visit.starts_at.astimezone(ZoneInfo("Europe/London")).date()
        load = calendar.load(session, cast.at, [cast.dr_osei.id], day, day)[day]
        assert (load.visits, load.open_minutes, load.taken_minutes) == (1, 480, 20)
        assert load.percent == 4

    def test_a_day_without_hours_has_no_share(self, cast, session):
        cast.booked(cast.tomorrow_at(20), overbook="After hours")
        day = cast.tomorrow_at(20).date()
        load = calendar.load(session, cast.at, [], day, day)[day]
        assert load.visits == 1 and load.percent is None

    def test_a_block_takes_hours_and_makes_no_visit(self, cast, session):
        blocks.add(cast.dr_osei, cast.tomorrow_at(9), cast.tomorrow_at(13), zone="Europe/London", by=cast.ines.actor)
        day = cast.tomorrow_at(9).date()
        load = calendar.load(session, cast.at, [cast.dr_osei.id], day, day)[day]
        assert (load.visits, load.percent) == (0, 50)

    def test_one_doctors_load_counts_their_visits_alone(self, cast, session):
        cast.booked()
        day = cast.tomorrow_at(9).date()
        found = calendar.load(session, cast.at, [cast.dr_lind.id], day, day, cast.dr_lind.id)
        assert found[day].visits == 0 and found[day].percent == 0


class TestTimes:
    def test_holds_that_ran_out_are_nobodys(self, cast, session):
        day = Day.on(cast.tomorrow_at(9).date(), "Europe/London")
        for minutes, until in ((0, -1), (30, 5)):
            at = cast.tomorrow_at(10) + timedelta(minutes=minutes)
            session.add(Slot(
                clinic_id=cast.rose.id, provider_id=cast.dr_osei.id, kind=SlotKind.OPEN, status=SlotStatus.HELD,
                starts_at=at, ends_at=at + timedelta(minutes=20), busy_from=at, busy_until=at + timedelta(minutes=20),
                held_until=datetime.now(UTC) + timedelta(minutes=until), held_by_id=cast.amara.user.id,
            ))  # fmt: skip
        session.flush()
        found = calendar.times(session, cast.rose.id, day, [cast.dr_osei.id])
        assert [(each.what, each.starts_at) for each in found] == [("hold", cast.tomorrow_at(10, 30))]

    def test_a_night_shift_blocked_since_yesterday_is_still_there(self, cast, session):
        begins = cast.tomorrow_at(22)
        blocks.add(cast.dr_osei, begins, begins + timedelta(hours=12), zone="Europe/London", by=cast.ines.actor)
        day = Day.on((begins + timedelta(days=1)).date(), "Europe/London")
        found = calendar.times(session, cast.rose.id, day, [cast.dr_osei.id])
        assert [each.what for each in found if each.starts_at < day.starts_at] == ["block"]


@pytest.mark.parametrize(("zone", "sunday", "hours"), SUNDAYS)
class TestClockChanges:
    def test_the_day_is_as_long_on_the_page_as_it_lasts(self, zone, sunday, hours, app):
        with app.test_request_context():
            scale = DayScale(Day.on(sunday, zone), ZoneInfo(zone), whole=True)
        assert scale.lines == hours * 12

    def test_every_minute_has_its_own_place_and_a_time_that_comes_twice_says_so(self, zone, sunday, hours, app, cast):
        with app.test_request_context():
            from flask import g

            g.page_clinic = SimpleNamespace(timezone=zone, locale="en_GB")
            scale = DayScale(Day.on(sunday, zone), ZoneInfo(zone), whole=True)
            words = [said for _line, said in scale.labels(30)]
        assert len(words) == len(set(words))
        assert any("again" in said for said in words) == (hours > 24)
        assert scale.place(scale.instant(20), scale.instant(24)) == (20, 24)

    def test_ten_in_the_morning_is_ten_steps_down_beside_other_days(self, zone, sunday, hours):
        scale = WallScale(Day.on(sunday, zone), ZoneInfo(zone), 8, 18)
        ten = datetime(sunday.year, sunday.month, sunday.day, 10, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        assert scale.place(ten, ten + timedelta(minutes=20)) == (24, 28)
        assert scale.instant(24) == ten
