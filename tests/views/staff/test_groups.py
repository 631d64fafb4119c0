"""Groups at the desk: a time is published once or on many dates, seen with who is in it, changed and called off."""

import html
import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from clinic.actions import groups
from clinic.actions.booking import book
from clinic.actions.groups import Group
from clinic.models.groups import CalledOffGroup
from clinic.models.schedule import Slot
from clinic.models.visits import Visit, VisitStatus
from tests.queries_counted import counted
from tests.rooms import a_place

LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def slot(session, cast):
    """A time for three with Dr Osei tomorrow evening."""
    group = Group(cast.dr_osei.id, 3, cast.consultation.id, title="Back care")
    made = groups.publish(session, group, cast.tomorrow_at(18), by=cast.amara.actor)
    session.commit()
    return made


@pytest.fixture
def sits(session, cast, slot):
    """Tom has a seat in it."""
    visit_id = book(session, cast.wish(slot.starts_at), by=cast.amara.actor)
    session.commit()
    return visit_id


def typed(cast, days=1, **more):
    on = cast.tomorrow_at(18, days=days).astimezone(LONDON).date()
    return {
        "provider_id": cast.dr_osei.id, "visit_type_id": cast.consultation.id, "capacity": 5, "title": "Back care",
        "first_on": on.isoformat(), "at_time": "18:00", "unit": "", "every": "1", **more,
    }  # fmt: skip


def clock_changes(cast):
    """The Sundays of next year on which London's clocks go forward and back."""
    year = cast.tomorrow_at(10).year + 1
    return [date(year, month, 31) - timedelta(days=date(year, month, 31).isoweekday() % 7) for month in (3, 10)]


def published(session):
    session.rollback()
    session.expire_all()
    return session.scalars(sa.select(Slot).order_by(Slot.starts_at)).all()


class TestCreate:
    def test_a_time_is_published_and_stands_in_the_list(self, amara, cast, session):
        assert amara.send("staff.groups.create", typed(cast)).status_code == 303
        (made,) = published(session)
        assert (made.starts_at, made.capacity) == (cast.tomorrow_at(18), 5)
        page = amara.open("staff.groups.index").text
        assert "Back care" in page and "0 of 5 places taken" in page

    def test_a_repetition_is_shown_first_and_the_ticked_dates_are_published(self, amara, cast, session, slot):
        form = typed(cast, unit="week", times="3")
        page = amara.send("staff.groups.create", form)
        assert page.status_code == 200 and "has something else at that time" in page.text
        assert len(published(session)) == 1
        on = [cast.tomorrow_at(18, days=1 + 7 * n).astimezone(LONDON).date().isoformat() for n in (1, 2)]
        assert amara.send("staff.groups.create", {**form, "chosen": "1", "on": on}).status_code == 303
        assert len(published(session)) == 3

    def test_nothing_ticked_a_date_that_is_lost_and_a_form_that_is_not_whole_say_so(self, amara, cast, session, slot):
        form = typed(cast, unit="week", times="3", chosen="1")
        assert "Tick at least one date" in amara.send("staff.groups.create", form).text
        taken = amara.send("staff.groups.create", typed(cast))
        assert taken.status_code == 409 and "has something else" in taken.text
        wrong = amara.send("staff.groups.create", typed(cast, unit="week", capacity="0", visit_type_id=""))
        assert wrong.status_code == 422 and "how many minutes" in wrong.text and "from 1 to 100" in wrong.text
        assert "one of the two" in amara.send("staff.groups.create", typed(cast, unit="week")).text
        assert len(published(session)) == 1

    def test_a_time_that_comes_twice_that_day_is_asked_about_and_one_that_never_comes_refused(
        self, amara, cast, session
    ):
        forward, back = clock_changes(cast)
        gap = amara.send("staff.groups.create", typed(cast, first_on=forward.isoformat(), at_time="01:30"))
        assert gap.status_code == 422 and "never shows this time" in gap.text and "which_one" not in gap.text
        form = typed(cast, first_on=back.isoformat(), at_time="01:30")
        asked = amara.send("staff.groups.create", form)
        assert asked.status_code == 422 and "Choose which one." in asked.text and published(session) == []
        for which, hour in (("first", 0), ("second", 1)):
            assert amara.send("staff.groups.create", {**form, "which_one": which}).status_code == 303
            assert published(session)[-1].starts_at == datetime(back.year, back.month, back.day, hour, 30, tzinfo=UTC)

    def test_in_a_row_of_dates_the_first_of_two_is_meant_and_the_list_says_so(self, amara, cast, session):
        _forward, back = clock_changes(cast)
        on = back - timedelta(days=7)
        form = typed(cast, first_on=on.isoformat(), at_time="01:30", unit="week", times="2")
        page = amara.send("staff.groups.create", form).text
        assert page.count("show this time twice: the first one is meant") == 1
        assert amara.send("staff.groups.create", {**form, "chosen": "1", "on": [back.isoformat()]}).status_code == 303
        assert published(session)[0].starts_at == datetime(back.year, back.month, back.day, 0, 30, tzinfo=UTC)

    def test_the_administrator_may_a_doctor_may_not(self, ines, osei, cast):
        assert ines.send("staff.groups.create", typed(cast)).status_code == 303
        assert osei.send("staff.groups.create", typed(cast)).status_code == 403


class TestShow:
    def test_who_is_in_it_and_the_way_to_book(self, amara, slot, sits):
        page = amara.open("staff.groups.show", group_id=slot.id).text
        assert "Tom Baker" in page and "1 of 3 places taken" in page and "Book a place" in page

    def test_where_it_is_full_somebody_waits_for_a_place_in_it(self, amara, cast, session, slot, sits):
        groups.update(session.merge(slot), by=cast.amara.actor, capacity=1, title=None, location_id=None)
        session.commit()
        page = amara.open("staff.groups.show", group_id=slot.id).text
        (link,) = re.findall(r'href="(/staff/waitlist/new[^"]*)"', page)
        found = amara.send("/staff/waitlist/find?" + html.unescape(link).partition("?")[2], {"q": "okafor"}).text
        (link,) = set(re.findall(r'href="(/staff/waitlist/new[^"]*patient_id[^"]*)"', found))
        form = amara.open(html.unescape(link)).text
        day = cast.tomorrow_at(18).astimezone(LONDON).date().isoformat()
        for chosen in (cast.consultation.id, cast.dr_osei.id):
            assert f'selected value="{chosen}"' in form or f'value="{chosen}" selected' in form
        assert form.count(f'value="{day}"') == 2

    def test_its_doctor_sees_who_comes_and_another_doctor_how_many(self, osei, lind, slot, sits):
        assert "Tom Baker" in osei.open("staff.groups.show", group_id=slot.id).text
        page = lind.open("staff.groups.show", group_id=slot.id).text
        assert "Tom Baker" not in page and "1 of 3 places taken" in page

    def test_a_stranger_finds_nothing(self, stranger, slot):
        for endpoint in ("show", "edit", "call_off", "restore"):
            assert stranger.open(f"staff.groups.{endpoint}", group_id=slot.id).status_code == 404

    def test_the_list_takes_as_many_statements_for_many_as_for_one(self, app, amara, cast, session, slot):
        def statements():
            with counted(app) as found:
                assert amara.open("staff.groups.index").status_code == 200
            return len(found)

        amara.open("staff.groups.index")
        few = statements()
        group = Group(cast.dr_osei.id, 3, cast.consultation.id)
        for day in range(2, 30):
            groups.publish(session, group, cast.tomorrow_at(18, days=day), by=cast.amara.actor)
        session.commit()
        assert statements() == few


class TestChange:
    def test_more_places_and_another_title(self, amara, session, slot):
        form = {"title": "Knees", "capacity": "8", "location_id": ""}
        assert amara.send("staff.groups.edit", form, group_id=slot.id).status_code == 303
        assert "Knees" in amara.open("staff.groups.show", group_id=slot.id).text

    def test_fewer_than_are_taken_is_refused_with_what_was_typed(self, amara, session, cast, slot, sits):
        book(session, cast.wish(slot.starts_at, patient=cast.maya_patient), by=cast.amara.actor)
        session.commit()
        form = {"title": "Knees", "capacity": "1", "location_id": ""}
        answer = amara.send("staff.groups.edit", form, group_id=slot.id)
        assert (
            answer.status_code == 409 and "taken or offered to somebody: 2." in answer.text and "Knees" in answer.text
        )

    def test_where_somebody_was_told_to_come_it_stays(self, amara, session, cast, slot, sits):
        place = a_place(session, cast, "Hill House")
        form = {"title": "Back care", "capacity": "3", "location_id": place.id}
        answer = amara.send("staff.groups.edit", form, group_id=slot.id)
        assert answer.status_code == 409 and "Somebody was told the place already." in answer.text
        assert "Hill House" not in amara.open("staff.groups.show", group_id=slot.id).text

    def test_closed_and_opened_again(self, amara, slot):
        answer = amara.send("staff.groups.close", group_id=slot.id, htmx=True)
        assert "Closed for booking since" in answer.text
        assert "Close for booking" in amara.send("staff.groups.reopen", group_id=slot.id, htmx=True).text


class TestCallOff:
    def test_it_asks_why_says_how_many_and_can_be_undone(self, amara, session, cast, slot, sits):
        group_id = slot.id
        assert "1 visit will be cancelled" in amara.open("staff.groups.call_off", group_id=group_id).text
        assert amara.send("staff.groups.call_off", {"reason": ""}, group_id=group_id).status_code == 422
        done = amara.send("staff.groups.call_off", {"reason": "provider_away"}, group_id=group_id)
        assert done.status_code == 303
        session.expire_all()
        session.rollback()
        assert session.get(Visit, (cast.rose.id, sits)).status == VisitStatus.CANCELLED
        page = amara.open("staff.groups.show", group_id=group_id).text
        assert "Called off on" in page and "Tom Baker" in page
        assert amara.send("staff.groups.restore", group_id=group_id).status_code == 303
        session.expire_all()
        session.rollback()
        assert session.get(Visit, (cast.rose.id, sits)).status == VisitStatus.BOOKED
        assert not session.scalars(sa.select(CalledOffGroup.id)).all()

    def test_a_day_later_it_asks_why_it_is_taken_back(self, amara, session, cast, slot, sits, superuser):
        group_id = slot.id
        amara.send("staff.groups.call_off", {"reason": "clinic"}, group_id=group_id)
        with superuser.connect() as owner:
            owner.execute(sa.text("UPDATE visit_events SET created_at = created_at - interval '1 day'"))
        answer = amara.send("staff.groups.restore", group_id=group_id)
        assert answer.status_code == 303 and answer.location.endswith("/restore")
        assert amara.send("staff.groups.restore", {"reason": ""}, group_id=group_id).status_code == 422
        assert amara.send("staff.groups.restore", {"reason": "She is well"}, group_id=group_id).status_code == 303


def test_the_desk_books_a_seat_and_the_visit_leads_to_its_group(amara, session, cast, slot):
    day = slot.starts_at.astimezone(LONDON).date()
    picker = amara.open("staff.booking.new", visit_type_id=cast.consultation.id, provider_id=cast.dr_osei.id,
                        date=(day - timedelta(days=0)).isoformat(), patient_id=cast.tom.id)  # fmt: skip
    assert "3 places" in picker.text
    form = {
        "patient_id": cast.tom.id, "visit_type_id": cast.consultation.id, "provider_id": cast.dr_osei.id,
        "starts_at": slot.starts_at.isoformat(), "visit_mode": "in_person",
    }  # fmt: skip
    assert amara.send("staff.booking.create", form).status_code == 303
    visit_id = session.scalar(sa.select(Visit.id))
    assert f"/staff/groups/{slot.id}" in amara.open("staff.visits.show", visit_id=visit_id).text


def test_a_patient_books_a_seat_and_reads_what_the_group_is_called(maya, session, cast, slot):
    form = {
        "patient_id": cast.maya_patient.id, "visit_type_id": cast.consultation.id, "provider_id": cast.dr_osei.id,
        "starts_at": slot.starts_at.isoformat(), "visit_mode": "in_person", "reason": "Back",
    }  # fmt: skip
    assert maya.send("portal.booking.create", form).status_code == 303
    visit_id = session.scalar(sa.select(Visit.id))
    assert "Consultation, Back care" in maya.open("portal.visits.show", visit_id=visit_id).text


class TestADrawerOnTheTime:
    def test_says_what_the_group_is_called_and_until_when_it_is(self, amara, cast, session):
        group = Group(cast.dr_osei.id, 3, minutes=60, title="Knee class")
        groups.publish(session, group, cast.tomorrow_at(18), by=cast.amara.actor)
        session.commit()
        chosen = {"provider_id": cast.dr_osei.id, "starts_at": cast.tomorrow_at(18).isoformat()}
        part = amara.open("staff.drawer.index", htmx=True, patient_id=cast.tom.id, **chosen).text
        assert "In the group Knee class" in part and "until 19:00" in part and "20 minutes" not in part
