"""Hours that are new or count again: whoever waits for such a time is offered it, on the days they wait for."""

from datetime import time, timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import hours
from clinic.models.offers import OfferPurpose, SlotOffer
from clinic.models.schedule import Availability
from tests.actions.lining_up import JOBS, awake_clinic, do_jobs, wait  # noqa: F401 (fixture)


@pytest.fixture
def row(session, cast):
    """Dr Osei's weekly hours of tomorrow's weekday, nine to five."""
    weekday = (cast.tomorrow_at(12).weekday() + 1) % 7
    own = Availability.provider_id == cast.dr_osei.id, Availability.weekday == weekday
    return session.scalars(sa.select(Availability).where(*own)).one()


def change(session, cast, do, *about, **details):
    """Change the hours; returns the times at which the waiting list then looks, soonest first."""
    session.execute(sa.text("DELETE FROM procrastinate_jobs WHERE task_name = 'waitlist.offer'"))
    do(*about, cast.dr_osei, by=cast.ines.actor, **details)
    session.commit()
    assert {each["provider_id"] for each in session.scalars(JOBS)} <= {str(cast.dr_osei.id)}
    return sorted((each["starts_at"], each["ends_at"]) for each in session.scalars(JOBS))


def spans(cast, first, last, days=(1, 8, 15)):
    """From one hour to another, so many days from today, as a job writes it."""
    return [tuple(cast.tomorrow_at(hour, days=each).isoformat() for hour in (first, last)) for each in days]


def test_resumed_hours_are_looked_at_on_each_of_their_days_that_somebody_waits_for(session, cast, row):
    wait(session, cast, cast.tom, days=15)
    assert not change(session, cast, hours.pause, row)
    assert change(session, cast, hours.resume, row) == spans(cast, 9, 17)


def test_where_nobody_waits_for_this_doctor_nothing_is_looked_at(session, cast, row):
    wait(session, cast, cast.tom, provider_ids=(cast.dr_lind.id,))
    change(session, cast, hours.pause, row)
    assert not change(session, cast, hours.resume, row)


def test_what_no_visit_type_can_be_booked_for_yet_is_left_for_later(session, cast, row):
    wait(session, cast, cast.tom, days=300)
    session.execute(sa.text("UPDATE visit_types SET horizon_days = 10"))
    change(session, cast, hours.pause, row)
    assert change(session, cast, hours.resume, row) == spans(cast, 9, 17, (1, 8))


def test_wider_hours_are_looked_at_and_shorter_ones_are_not(session, cast, row):
    wait(session, cast, cast.tom, days=6)
    assert not change(session, cast, hours.update, row, start_time=time(10), end_time=time(12))
    assert change(session, cast, hours.update, row, end_time=time(13)) == spans(cast, 10, 13, (1,))


def test_the_hours_of_one_date_are_looked_at_and_without_them_the_weekly_ones_of_that_date(session, cast, row):
    wait(session, cast, cast.tom)
    day, hour = cast.tomorrow_at(12).date(), {"start_time": time(18), "end_time": time(19)}
    assert change(session, cast, hours.add, session, on_date=day, **hour) == spans(cast, 18, 19, (1,))
    dated = session.scalars(sa.select(Availability).where(Availability.on_date == day)).one()
    moved = change(session, cast, hours.update, dated, on_date=day + timedelta(days=1))
    assert moved == [*spans(cast, 9, 17, (1,)), *spans(cast, 18, 19, (2,))]
    assert change(session, cast, hours.remove, dated) == spans(cast, 9, 17, (2,))
    beside = change(session, cast, hours.add, session, on_date=day, in_addition=True, **hour)
    assert beside == spans(cast, 18, 19, (1,))
    also = session.scalars(sa.select(Availability).where(Availability.on_date == day)).one()
    assert not change(session, cast, hours.remove, also)


def test_whoever_waits_is_offered_a_time_in_hours_that_were_added(app, session, cast):
    entry = wait(session, cast, cast.tom, provider_ids=(cast.dr_osei.id,), days=0)
    evening = {"on_date": cast.tomorrow_at(12).date(), "start_time": time(20), "end_time": time(21)}
    change(session, cast, hours.add, session, **evening)
    do_jobs(app, session)
    (offer,) = session.scalars(sa.select(SlotOffer).where(SlotOffer.purpose == OfferPurpose.WAITLIST))
    assert (offer.waitlist_entry_id, offer.starts_at) == (entry.id, cast.tomorrow_at(20))
