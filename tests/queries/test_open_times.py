"""Open times: hours keep their wall time when the clocks are turned, and what else is counted on."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from clinic.actions import groups
from clinic.actions.patients import register
from clinic.models.organizations import Clinic
from clinic.models.schedule import Availability
from clinic.queries.open_times import nearest_open, open_times
from clinic.walltime import instants
from tests.queries.schedules import ZONES, changes


def found(session, cast, day, until=None, visit_type=None, **more):
    """The open starts of Dr Osei."""
    return open_times(session, cast.at, visit_type or cast.consultation, [cast.dr_osei.id], day, until or day, **more)


@pytest.fixture
def zone(request, session, cast):
    """Rose Street moved to another zone."""
    session.execute(sa.update(Clinic).where(Clinic.id == cast.rose.id).values(timezone=request.param))
    cast.rose.timezone = request.param
    return ZoneInfo(request.param)


@pytest.mark.parametrize("zone", ZONES, indirect=True)
@pytest.mark.parametrize("which", [0, 1])
def test_hours_stay_at_their_wall_time_when_the_clocks_are_turned(session, cast, zone, which):
    turned = changes(zone.key)[which]
    for day in (turned - timedelta(days=1), turned, turned + timedelta(days=1)):
        walls = [each.starts_at.astimezone(zone).time() for each in found(session, cast, day)]
        assert walls[0] == time(9) and walls[-1] == time(16, 40) and len(walls) == 24


@pytest.mark.parametrize("zone", ["America/New_York"], indirect=True)
def test_the_hour_that_does_not_exist_is_never_offered(session, cast, zone):
    sunday = changes(zone.key)[0]
    _hours(session, cast, sunday, time(0), time(5))
    walls = [each.starts_at.astimezone(zone).time() for each in found(session, cast, sunday)]
    assert not [wall for wall in walls if wall.hour == 2] and time(1, 40) in walls and time(3) in walls


@pytest.mark.parametrize("zone", ["America/New_York"], indirect=True)
def test_the_hour_that_comes_twice_is_offered_twice(session, cast, zone):
    sunday = changes(zone.key)[1]
    _hours(session, cast, sunday, time(0), time(5))
    walls = [each.starts_at.astimezone(zone).strftime("%H:%M") for each in found(session, cast, sunday)]
    assert walls.count("01:00") == 2 and len(walls) == 18


def _hours(session, cast, day, opens, closes, **more):
    session.add(Availability(clinic_id=cast.rose.id, provider_id=cast.dr_osei.id, on_date=day, start_time=opens,
                             end_time=closes, **more))  # fmt: skip
    session.flush()


@pytest.mark.parametrize("zone", ["Europe/London", "Australia/Lord_Howe"], indirect=True)
def test_hours_that_begin_at_the_first_of_two_equal_times_are_longer_by_as_much_as_the_clock_goes_back(
    session, cast, zone
):
    back = max(changes(zone.key), key=lambda day: len(instants(day, time(1, 45), zone)))
    counts = {}
    for first in (True, False):
        session.execute(sa.delete(Availability))
        _hours(session, cast, back, time(1, 45), time(5, 45), start_first=first)
        counts[first] = [each.starts_at.astimezone(zone) for each in found(session, cast, back)]
    by = datetime.combine(back, time(1, 45), zone).utcoffset() - datetime.combine(back, time(5), zone).utcoffset()
    assert counts[False][0] - counts[True][0] == timedelta(0)  # the same wall time ...
    assert counts[False][0].astimezone(UTC) - counts[True][0].astimezone(UTC) == by  # ... and not the same moment


def test_seats_of_the_day_before_are_not_among_a_days_times(session, cast):
    cast.consultation.capacity = 3
    session.flush()
    cast.booked(cast.tomorrow_at(16))
    day_after = cast.tomorrow_at(9, days=2).date()
    assert {each.starts_at.date() for each in found(session, cast, day_after)} == {day_after}


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
    ada = register(session, by=cast.amara.actor, full_name="Ada Byron")
    for patient in (cast.tom, cast.maya_patient, ada):
        cast.booked(ten, patient=patient)
        left = [each.seats for each in found(session, cast, ten.date()) if each.starts_at == ten]
        seats.append(left[0] if left else 0)
    assert seats == [2, 1, 0]


class TestHoursAroundASharedTime:
    """Dr Osei's check-up is for three; one sits in it at ten."""

    @pytest.fixture
    def ten(self, session, cast):
        cast.follow_up.capacity = 3
        session.flush()
        return cast.booked(cast.tomorrow_at(10), visit_type=cast.follow_up)

    def test_its_seats_are_open_to_others(self, session, cast, ten):
        assert _has_seat(session, cast, ten)

    def test_hours_that_are_paused_take_its_seats_along(self, session, cast, ten):
        session.execute(sa.update(Availability).values(status="paused"))
        assert not _has_seat(session, cast, ten)

    @pytest.mark.parametrize("change", [{"start_time": time(10, 5)}, {"end_time": time(10, 5)}])
    def test_hours_that_have_only_a_part_of_it_offer_no_seat(self, session, cast, ten, change):
        session.execute(sa.update(Availability).values(change))
        assert not _has_seat(session, cast, ten)

    @pytest.mark.parametrize("asked", [None, "in_person"])
    def test_hours_by_video_alone_offer_no_seat_in_person(self, session, cast, ten, asked):
        session.execute(sa.update(Availability).values(visit_mode="virtual"))
        assert not _has_seat(session, cast, ten, mode=asked)

    def test_hours_that_follow_each_other_have_it_together(self, session, cast, ten):
        day = ten.starts_at.astimezone(ZoneInfo(cast.rose.timezone)).date()
        _hours(session, cast, day, time(9), time(10, 5))
        _hours(session, cast, day, time(10, 5), time(12))
        assert _has_seat(session, cast, ten)

    def test_a_published_time_needs_no_hours(self, session, cast):
        session.execute(sa.update(Availability).values(status="paused"))
        group = groups.Group(cast.dr_osei.id, 5, visit_type_id=cast.follow_up.id)
        slot = groups.publish(session, group, cast.tomorrow_at(10), by=cast.ines.actor)
        assert _has_seat(session, cast, slot)


def _has_seat(session, cast, at, **more):
    day = at.starts_at.astimezone(ZoneInfo(cast.rose.timezone)).date()
    times = found(session, cast, day, visit_type=cast.follow_up, **more)
    return at.starts_at in {each.starts_at for each in times}
