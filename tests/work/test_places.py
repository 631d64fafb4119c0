"""A doctor who is at one place on one day and at another on the next: whoever is told where to come is told right."""

from datetime import time
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from icalendar import Calendar

from clinic.actions import closures, groups, hours, offer_links, visit_links
from clinic.models.organizations import Location
from clinic.models.schedule import Availability
from clinic.queries import calendar, places, rooms
from clinic.queries.closures import coming
from clinic.queries.day import Day, doctors_of
from tests.actions.lining_up import awake_clinic, freed, refill, wait  # noqa: F401 (fixtures)
from tests.actions.offering import offered
from tests.queries_counted import counted
from tests.rooms import a_kind


@pytest.fixture
def north(session, cast):
    """The place where Dr Osei is tomorrow and every week on that day."""
    here = Location(clinic_id=cast.rose.id, name="North House", address_line="1 North Road", city="London",
                    directions="Beside the bakery")  # fmt: skip
    session.add(here)
    session.flush()
    weekday = cast.tomorrow_at(12).isoweekday() % 7
    row = sa.update(Availability).where(
        Availability.provider_id == cast.dr_osei.id, Availability.weekday == weekday
    )  # fmt: skip
    session.execute(row.values(location_id=here.id))
    return here


@pytest.fixture
def south(session, cast, north):
    """Dr Osei's usual place, on all other days."""
    usual = Location(clinic_id=cast.rose.id, name="South House", address_line="2 South Road", city="London")
    session.add(usual)
    session.flush()
    cast.dr_osei.location_id = usual.id
    cast.maya_patient.email = "maya@okafor.example"
    session.commit()
    return usual


@pytest.fixture
def visits(cast, south):
    """Maya's, tomorrow in the north and the day after in the south."""
    return [cast.booked(cast.tomorrow_at(10, days=days), patient=cast.maya_patient) for days in (1, 2)]


def names(page, right, wrong):
    assert page.status_code == 200 and right in page.text and wrong not in page.text, page.text


class TestWhatAPatientIsTold:
    def test_the_link_and_the_portal_say_where_the_doctor_is_that_day(self, session, cast, visits, maya, nobody):
        both = ("1 North Road", "2 South Road"), ("2 South Road", "1 North Road")
        for visit, (right, wrong) in zip(visits, both, strict=True):
            link = urlsplit(visit_links.address(session, visit, by=cast.amara.actor)).path
            session.commit()
            names(nobody.open(link), right, wrong)
            names(maya.open("portal.visits.show", visit_id=visit.id), right, wrong)
        page = maya.open("portal.home.index")
        names(page, "North House", "South House")

    def test_the_message_and_the_invitation_with_it_do(self, app, telling, visits):
        telling.work()
        told = sorted(Path(app.config["MAIL_FOLDER"]).glob("*.eml"))
        mails = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in told]
        for mail, right in zip(mails, ("1 North Road", "2 South Road"), strict=True):
            assert f"At {right}, London." in mail.get_body().get_content()
            (part,) = mail.iter_attachments()
            (event,) = Calendar.from_ical(part.get_content()).walk("VEVENT")
            name = "North House" if "North" in right else "South House"
            assert str(event["LOCATION"]) == f"Rose Street Clinic, {name}, {right}, London"

    def test_an_offer_and_the_way_to_another_time_do(self, session, cast, visits, maya, nobody):
        names(nobody.open("public.offers.show", token=offer_links.token_of(
            offered(session, cast, cast.tomorrow_at(15), visits[1]))), "1 North Road", "2 South Road")  # fmt: skip
        chosen = {"provider_id": cast.dr_osei.id, "starts_at": cast.tomorrow_at(14, days=2).isoformat()}
        names(maya.open("portal.visits.move_check", visit_id=visits[0].id, **chosen), "2 South Road", "1 North Road")

    def test_many_visits_are_asked_about_at_once(self, app, session, cast, visits):
        with counted(app) as statements:
            found = places.places_of(session, cast.rose.id, visits * 50)
        assert [place.name for place in found] == ["North House", "South House"] * 50 and len(statements) == 1


class TestTheSlotAndTheDay:
    def test_a_group_is_where_it_was_published(self, session, cast, visits, north):
        group = groups.Group(cast.dr_osei.id, 5, cast.follow_up.id, title="Breathing", location_id=north.id)
        slot = groups.publish(session, group, cast.tomorrow_at(18, days=3), by=cast.ines.actor)
        session.flush()
        assert places.place_at(session, cast.rose.id, cast.dr_osei.id, slot.starts_at).name == "North House"

    def test_the_hours_of_one_date_are_instead_of_the_weeks(self, session, cast, visits):
        assert places.place_of(session, visits[0]).name == "North House"
        hours.add(session, cast.dr_osei, by=cast.ines.actor, on_date=cast.tomorrow_at(10).date(), start_time=time(9),
                  end_time=time(13))  # fmt: skip
        assert places.place_of(session, visits[0]).name == "South House"

    def test_what_is_booked_in_paused_hours_stays_where_it_was(self, session, cast, visits, north):
        row = session.scalars(sa.select(Availability).where(Availability.location_id == north.id)).one()
        hours.pause(row, cast.dr_osei, by=cast.ines.actor)
        assert places.place_of(session, visits[0]).name == "North House"

    def test_a_clinic_without_places_is_the_place_and_the_only_one_is_everybodys(self, session, cast):
        visit = cast.booked()
        assert places.place_of(session, visit).name == "Rose Street Clinic"
        session.add(Location(clinic_id=cast.rose.id, name="The only one"))
        session.flush()
        assert places.place_of(session, visit).name == "The only one"

    def test_a_closure_of_a_place_counts_the_visits_there(self, session, cast, visits, north, south):
        for place in (north, south):
            closures.add(session, by=cast.ines.actor, starts_at=cast.tomorrow_at(8), ends_at=cast.tomorrow_at(18),
                         title=place.name, location_id=place.id)  # fmt: skip
        assert {each.place: each.visits for each in coming(session)} == {"North House": 1, "South House": 0}

    def test_rooms_at_the_place_of_the_visit_are_offered_first(self, session, cast, visits, north, south):
        a_kind(session, cast, "A kind", "Upstairs", place=south)
        a_kind(session, cast, "Kind B", "Downstairs", place=north)
        offered_first = [rooms.choices(session, visit, cast.amara.user.id)[0].name for visit in visits]
        assert offered_first == ["Downstairs", "Upstairs"]

    def test_a_closed_place_is_drawn_over_the_hours_of_who_is_there_that_day(self, session, cast, north, south):
        def drawn(days):
            day = Day.on(cast.tomorrow_at(12, days=days).date(), cast.rose.timezone)
            (dr_osei,) = [each for each in doctors_of(session, cast.rose.id, day) if each.id == str(cast.dr_osei.id)]
            found = calendar.times(session, cast.rose.id, day, [cast.dr_osei.id])
            assert [each.reason for each in found] == [reason for _from, _until, reason in dr_osei.away]
            return dr_osei.away

        span = {"starts_at": cast.tomorrow_at(8), "ends_at": cast.tomorrow_at(12, days=2)}
        for place in (north, south):
            closures.add(session, by=cast.ines.actor, title=place.name, location_id=place.id, **span)
        assert drawn(1) == [(cast.tomorrow_at(9), cast.tomorrow_at(17), "North House")]
        assert drawn(2) == [(cast.tomorrow_at(0, days=2), span["ends_at"], "South House")]


class TestTheWaitingList:
    @pytest.mark.parametrize(("days", "where"), [(1, "north"), (2, "south")])
    def test_a_time_is_offered_to_who_wants_to_come_there(self, session, cast, north, south, days, where):
        places_of = {"north": north, "south": south}
        wrong = places_of.pop("south" if where == "north" else "north")
        elsewhere = wait(session, cast, cast.tom, location_id=wrong.id, priority=2)
        there = wait(session, cast, location_id=places_of[where].id)
        time_there = freed(cast, days=days)
        day = cast.tomorrow_at(10, days=days).date()
        assert places.in_span(session, time_there, cast.rose.timezone, day, day) == [there.location_id]
        (offer,) = refill(session, cast, time_there)
        assert offer.waitlist_entry_id == there.id and elsewhere.is_on_the_list
