"""What is made ready when a day is closed: which day that is, and what its visits lack."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import hours, visits
from clinic.models.closures import Closure
from clinic.models.intake import IntakeQuestion
from clinic.models.organizations import Location
from clinic.models.schedule import Availability
from clinic.queries import day_checks  # noqa: F401 (its checks are known from here on)
from clinic.queries import day_closing as asked
from clinic.queries.day import Day
from tests.actions.stranding import change
from tests.rooms import a_place


class TestReadiness:
    def test_tomorrow_is_asked_about_what_it_lacks(self, session, cast):
        tomorrow = Day.today(cast.rose.timezone).date + timedelta(days=1)
        visits.confirm(cast.booked(cast.tomorrow_at(9)), by=cast.amara.actor)
        cast.booked(cast.tomorrow_at(10), patient=cast.maya_patient)
        cast.booked(cast.tomorrow_at(10), provider=cast.dr_lind, patient=cast.maya_patient)
        session.execute(sa.text("UPDATE availabilities SET status = 'paused' WHERE provider_id = :lind"),
                        {"lind": cast.dr_lind.id})  # fmt: skip
        question = IntakeQuestion(
            clinic_id=cast.rose.id, visit_type_id=cast.consultation.id, question="Since when?", kind="short_text"
        )
        session.add(question)
        session.flush()
        found = asked.find(session, asked.READINESS, asked.Asked(cast.rose.id, Day.on(tomorrow, cast.rose.timezone)))
        assert {each.name: each.count for each in found if each.count} == {
            "unconfirmed": 2, "twice": 2, "hours": 1, "questions": 3,
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("closed", "found"),
        [
            ({}, 1), ({"of": "dr_osei"}, 1), ({"of": "dr_lind"}, 0), ({"place": "here"}, 1), ({"place": "there"}, 0),
            ({"hours": (11, 15)}, 0), ({"removed_at": datetime(2026, 1, 1, tzinfo=UTC)}, 0),
        ],
    )  # fmt: skip
    def test_a_doctor_is_not_here_whose_time_is_closed(self, session, cast, closed, found):
        visit = cast.booked(cast.tomorrow_at(15))
        here = Location(clinic_id=cast.rose.id, name="Rose Street", address_line="1 Rose Street", city="London")
        there = Location(clinic_id=cast.rose.id, name="Mill Lane", address_line="2 Mill Lane", city="London")
        session.add_all([here, there])
        session.flush()
        cast.dr_osei.location_id = here.id
        begins, ends = (visit.starts_at.replace(minute=0) + timedelta(hours=each - 15) for each in
                        closed.get("hours", (0, 24)))  # fmt: skip
        place = {"here": here.id, "there": there.id}.get(closed.get("place"))
        of = getattr(cast, closed["of"]).id if "of" in closed else None
        session.add(Closure(clinic_id=cast.rose.id, provider_id=of, location_id=place, starts_at=begins, ends_at=ends,
                            title="Holiday", removed_at=closed.get("removed_at")))  # fmt: skip
        session.flush()
        assert _nobody_here(session, cast, visit) == found

    def test_a_doctor_is_not_here_outside_of_the_hours_of_that_very_day_or_when_they_have_left(self, session, cast):
        visit = cast.booked(cast.tomorrow_at(15))
        day = asked.day_of(visit)
        osei = {"clinic_id": cast.rose.id, "provider_id": cast.dr_osei.id}
        assert _nobody_here(session, cast, visit) == 0
        weekly = sa.update(Availability).where(Availability.provider_id == cast.dr_osei.id)
        session.execute(weekly.values(end_time=time(12)))
        assert _nobody_here(session, cast, visit) == 1
        session.add(Availability(**osei, on_date=day, start_time=time(14), end_time=time(16), in_addition=True))
        session.flush()
        assert _nobody_here(session, cast, visit) == 0
        session.execute(weekly.values(end_time=time(17)).where(Availability.on_date.is_(None)))
        session.execute(weekly.values(end_time=time(15), in_addition=False).where(Availability.on_date == day))
        assert _nobody_here(session, cast, visit) == 1
        session.execute(weekly.values(end_time=time(16), visit_mode="virtual").where(Availability.on_date == day))
        assert _nobody_here(session, cast, visit) == 1
        session.execute(sa.delete(Availability).where(Availability.on_date == day))
        assert _nobody_here(session, cast, visit) == 0
        cast.dr_osei.is_active = False
        session.flush()
        assert _nobody_here(session, cast, visit) == 1

    def test_a_doctor_who_is_at_another_place_is_not_here_until_they_are_again(self, session, cast):
        north, south = a_place(session, cast, "North"), a_place(session, cast, "South")
        own = Availability.provider_id == cast.dr_osei.id
        session.execute(sa.update(Availability).where(own).values(location_id=north.id))
        visit = cast.booked(cast.tomorrow_at(15))
        nine_to_five = {"on_date": asked.day_of(visit), "start_time": time(9), "end_time": time(17)}
        change(session, cast, hours.add, session, location_id=south.id, **nine_to_five)
        assert _nobody_here(session, cast, visit) == 1
        dated = session.scalars(sa.select(Availability).where(own, Availability.on_date.is_not(None))).one()
        change(session, cast, hours.remove, dated)
        assert _nobody_here(session, cast, visit) == 0

    def test_who_was_booked_outside_of_hours_on_purpose_finds_their_doctor(self, session, cast):
        assert _nobody_here(session, cast, cast.booked(cast.tomorrow_at(19), overbook="After the match")) == 0


class TestTheDayMadeReady:
    FRIDAY, SATURDAY, MONDAY = date(2030, 3, 29), date(2030, 3, 30), date(2030, 4, 1)

    @pytest.fixture(autouse=True)
    def weekdays(self, session):
        """Nobody has hours at the weekend, on whose Sunday the clock goes forward."""
        session.execute(sa.delete(Availability).where(Availability.weekday.in_([0, 6])))

    @pytest.fixture
    def after(self, session, cast):
        """The day that is made ready on the Friday, by the clinic or a doctor."""

        def found(provider=None):
            day = Day.on(self.FRIDAY, cast.rose.timezone)
            return asked.next_day(session, asked.Asked(cast.rose.id, day, provider and provider.id))

        return found

    def test_after_a_friday_is_the_monday_unless_somebody_comes_before_it(self, cast, after):
        assert after() == self.MONDAY
        visit = cast.booked(datetime(2030, 3, 30, 10, tzinfo=UTC), overbook="After the match")
        assert (after(), after(cast.dr_osei), after(cast.dr_lind)) == (self.SATURDAY, self.SATURDAY, self.MONDAY)
        visits.cancel(visit, reason="patient", by=cast.amara.actor)
        assert after() == self.MONDAY

    def test_a_doctor_who_has_hours_that_saturday_is_made_ready_for(self, session, cast, after):
        lind = {"clinic_id": cast.rose.id, "provider_id": cast.dr_lind.id}
        session.add(Availability(**lind, on_date=self.SATURDAY, start_time=time(9), end_time=time(12)))
        session.flush()
        assert (after(), after(cast.dr_osei), after(cast.dr_lind)) == (self.SATURDAY, self.MONDAY, self.SATURDAY)

    def test_a_holiday_is_passed_over_and_half_a_one_is_not(self, session, cast, after):
        day = Day.on(self.MONDAY, cast.rose.timezone)
        holiday = Closure(clinic_id=cast.rose.id, title="Holiday", starts_at=day.starts_at, ends_at=day.ends_at)
        session.add(holiday)
        session.flush()
        assert after() == self.MONDAY + timedelta(days=1)
        holiday.ends_at = day.starts_at + timedelta(hours=12)
        session.flush()
        assert after() == self.MONDAY

    def test_where_nobody_has_hours_it_is_tomorrow(self, session, after):
        session.execute(sa.delete(Availability))
        assert after() == self.SATURDAY


def _nobody_here(session, cast, visit):
    """How many visits of that day the readiness list finds without their doctor."""
    which = asked.Asked(cast.rose.id, Day.on(asked.day_of(visit), cast.rose.timezone))
    (found,) = asked.find(session, {"hours": asked.READINESS["hours"]}, which)
    return found.count
