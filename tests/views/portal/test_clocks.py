"""Whose clock a patient's times are on: the clinic's always, her own beside it where it shows another time."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from clinic.models.accounts import Role, User
from clinic.models.patients import Patient
from clinic.models.schedule import Availability, VisitType
from clinic.scope import Scope
from tests.visitor import Visitor

NEW_YORK = ZoneInfo("America/New_York")


def change_sundays():
    """The next spring and the next autumn Sunday on which New York's clocks change."""
    day, found = datetime.now(NEW_YORK).date() + timedelta(days=2), {}
    while len(found) < 2:
        before, after = (datetime.combine(day, time(hour), NEW_YORK).utcoffset() for hour in (0, 12))
        if before != after:
            found.setdefault("spring" if after > before else "autumn", day)
        day += timedelta(days=1)
    return found


@pytest.fixture
def rosa(app, cast, session):
    """A patient of Harbour in New York, where visits may be booked two years ahead, from midnight to four."""
    session.enter(Scope.staff(cast.harbour.id))
    person = cast._person(cast.harbour, "Rosa", "Diaz", Role.PATIENT)
    cast._portal(cast.harbour, person, cast._patient("Rosa Diaz", date(1950, 5, 5), cast.stranger))
    session.execute(sa.update(VisitType).values(horizon_days=730))
    session.execute(sa.update(Availability).values(start_time=time(0), end_time=time(4)))
    session.commit()
    return Visitor(app, person)


def times_on(visitor, cast, day):
    """The page of times with Dr Reyes on a day."""
    chosen = {"visit_type_id": cast.checkup.id, "doctor": cast.dr_reyes.id, "day": day.isoformat()}
    return visitor.open("portal.booking.time", **chosen).text.replace("\u202f", " ")


class TestChangeSundays:
    def test_in_spring_the_hour_that_is_skipped_is_not_offered(self, rosa, cast):
        page = times_on(rosa, cast, change_sundays()["spring"])
        assert "1:30 AM" in page and "3:00 AM" in page and ">2:00 AM" not in page and ">2:30 AM" not in page

    def test_in_autumn_the_hour_that_comes_twice_says_which(self, rosa, cast):
        page = times_on(rosa, cast, change_sundays()["autumn"])
        assert "1:00 AM EDT" in page and "1:00 AM EST" in page and ">2:00 AM<" in page

    @pytest.mark.parametrize(("season", "hour"), [("spring", 7), ("autumn", 8)])
    def test_a_visit_after_the_change_is_booked_and_shown_at_its_wall_time(self, rosa, cast, season, hour):
        day = change_sundays()[season]
        starts_at = datetime.combine(day, time(hour), UTC)
        wish = {"visit_type_id": cast.checkup.id, "provider_id": cast.dr_reyes.id, "visit_mode": "in_person",
                "starts_at": starts_at.strftime("%Y-%m-%dT%H:%M:%SZ")}  # fmt: skip
        done = rosa.send("portal.booking.create", wish)
        assert done.status_code == 303
        page = rosa.open(done.location).text.replace("\u202f", " ")
        assert "3:00 AM" in page and ("EDT" if season == "spring" else "EST") in page


class TestElsewhere:
    def test_a_patient_who_lives_on_another_clock_sees_both(self, maya, cast, session):
        session.execute(sa.update(Patient).where(Patient.id == cast.maya_patient.id).values(timezone="Asia/Tokyo"))
        session.commit()
        visit = cast.booked(patient=cast.maya_patient)
        page = maya.open("portal.visits.show", visit_id=visit.id).text
        assert "10:00" in page and "your time:" in page
        chosen = {"visit_type_id": cast.consultation.id, "doctor": cast.dr_lind.id}
        times = maya.open("portal.booking.time", day=cast.tomorrow_at(10).date().isoformat(), **chosen).text
        assert "Tokyo" in times and "for you" in times

    def test_the_zone_of_the_person_counts_where_the_record_has_none(self, maya, cast, session):
        session.execute(sa.update(User).where(User.id == cast.maya.user.id).values(timezone="America/New_York"))
        session.commit()
        visit = cast.booked(patient=cast.maya_patient)
        assert "your time:" in maya.open("portal.visits.show", visit_id=visit.id).text

    def test_whoever_lives_on_the_same_clock_sees_one(self, maya, cast, session):
        session.execute(sa.update(User).where(User.id == cast.maya.user.id).values(timezone="Europe/Lisbon"))
        session.commit()
        visit = cast.booked(patient=cast.maya_patient)
        assert "your time:" not in maya.open("portal.visits.show", visit_id=visit.id).text
