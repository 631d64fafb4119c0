"""However many doctors a clinic has, no time is missing: each start is there once, and the nearest is the nearest."""

from datetime import time, timedelta
from types import SimpleNamespace

import pytest
from uuid_utils.compat import uuid7

from clinic.models.providers import Provider, ProviderVisitType
from clinic.models.schedule import Availability
from clinic.queries import picking, portal_times
from clinic.queries.better_times import better_times
from clinic.queries.open_times import nearest_open

MORE = 14
# Twenty minutes each, from nine to five, a start every five minutes.
A_DAY = 93


@pytest.fixture
def ids(session, cast):
    """Dr Osei and fourteen more, all week, whose consultations begin every five minutes: some 9,000 times a week."""
    cast.consultation.step_minutes = 5
    made = [uuid7() for _ in range(MORE)]
    same = {"clinic_id": cast.rose.id}
    doctors = [Provider(**same, id=each, display_name=f"Dr {n:02}", approved_at=cast.dr_osei.approved_at)
               for n, each in enumerate(made)]  # fmt: skip
    session.add_all(doctors)
    session.flush()
    for each in made:
        session.add(ProviderVisitType(**same, provider_id=each, visit_type_id=cast.consultation.id))
        session.add_all(Availability(**same, provider_id=each, weekday=day, start_time=time(9), end_time=time(17))
                        for day in range(7))  # fmt: skip
    session.commit()
    return [cast.dr_osei.id, *made]


@pytest.fixture
def doctors(ids):
    """The same as the portal names them."""
    return [SimpleNamespace(id=each) for each in ids]


def test_each_day_of_a_patients_week_has_all_of_its_times(session, cast, doctors):
    first = cast.tomorrow_at(9).date()
    week = portal_times.week_of_days(session, cast.rose, cast.consultation, doctors, first, person_id=None)
    assert [count for _day, count in week] == [A_DAY] * 7


def test_each_day_at_the_desk_has_all_of_its_times_with_whom_is_named_first(session, cast, ids):
    kind = next(each for each in picking.menu(session, cast.rose.id) if each.id == cast.consultation.id)
    first = cast.tomorrow_at(9).date()
    days = picking.next_days(session, cast.at, kind, kind.doctors, "in_person", first)
    assert [len(each.times) for each in days] == [A_DAY] * picking.DAYS_SHOWN
    assert {time.provider_id for each in days for time in each.times} == {kind.doctors[0].id}


def test_the_times_nearest_to_a_lost_one_are_around_it(session, cast, doctors, ids):
    lost = cast.tomorrow_at(16, days=10)
    near = portal_times.nearest_times(session, cast.rose, cast.consultation, doctors, lost, person_id=None)
    assert [each.starts_at - lost for each in near] == [timedelta(minutes=5 * n) for n in (-1, 0, 1)]
    assert {each.starts_at for each in nearest_open(session, cast.at, cast.consultation, ids, lost)} == {lost}


def test_who_cannot_stay_is_offered_the_nearest_with_anybody(session, cast, ids):
    visit = cast.booked(cast.tomorrow_at(16, days=10))
    session.query(Availability).filter_by(provider_id=cast.dr_osei.id).delete()
    session.commit()
    assert {each.starts_at for each in better_times(session, visit)} == {visit.starts_at}
    cast.booked(visit.starts_at, patient=cast.tom, provider=SimpleNamespace(id=ids[1]))
    beside = {visit.starts_at - each.starts_at for each in better_times(session, visit)}
    assert beside == {timedelta(minutes=20)}


def test_the_first_open_day_is_found_and_a_visit_that_moves_is_not_offered_its_own_time(session, cast, doctors):
    visit = cast.booked(cast.tomorrow_at(10))
    day = visit.starts_at.date()
    asked = {"person_id": None, "moved": visit}
    times = portal_times.times_between(session, cast.rose, cast.consultation, doctors[:1], day, day, **asked)
    assert visit.starts_at not in {each.starts_at for each in times}
    assert visit.starts_at + timedelta(minutes=5) in {each.starts_at for each in times}
    first = portal_times.first_open_day(session, cast.rose, cast.consultation, doctors, day, day, **asked)
    assert first == day
