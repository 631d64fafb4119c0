"""A doctor's own day: next patient first, who waits and since when, the rest, and what is done."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

import clinic.queries.day
import clinic.views.staff.visit_lines
from clinic.actions import queue, visits, walk_ins
from clinic.models.accounts import Membership, Role
from tests.waiting import came, walked_in


@pytest.fixture(autouse=True)
def noon(monkeypatch):
    """The screens believe that it is noon of today, so that no test changes its mind around midnight."""
    moment = datetime.now(ZoneInfo("Europe/London")).replace(hour=12, minute=0, second=0, microsecond=0)
    for module in (clinic.queries.day, clinic.views.staff.visit_lines):
        monkeypatch.setattr(module, "now", lambda: moment.astimezone(UTC))
    return moment


def _around_now(cast, minutes, **more):
    moment = cast.tomorrow_at(12, days=0) + timedelta(minutes=minutes)
    return cast.booked(moment, overbook="Whatever the hour of the test", **more)


def _next(page):
    return page.partition("rows-next")[2].partition("</ol>")[0]


class TestMyDay:
    def test_an_empty_day_says_so(self, osei):
        assert "No visits today" in osei.open("staff.my_day.index").text

    def test_the_one_who_is_here_comes_before_the_one_who_is_booked_earlier(self, cast, session, osei):
        first, here = _around_now(cast, -9), _around_now(cast, -4, patient=cast.maya_patient)
        visits.check_in(here, by=cast.amara.actor)
        session.commit()
        page = osei.open("staff.my_day.index").text
        assert f"visit-{here.id}" in _next(page) and "Waiting since" in _next(page) and "/start" in _next(page)
        assert f"visit-{first.id}" in page.partition("Still to come")[2]

    def test_the_one_in_the_room_comes_first_of_all(self, cast, session, osei):
        visit = _around_now(cast, -4)
        visits.check_in(visit, by=cast.amara.actor)
        visits.start(visit, by=cast.osei.actor)
        session.commit()
        page = osei.open("staff.my_day.index").text
        assert "With you now" in page and "/complete" in _next(page)

    def test_a_second_one_in_the_room_does_not_count_among_those_who_wait(self, cast, session, osei):
        for visit in (_around_now(cast, -9), _around_now(cast, -4, patient=cast.maya_patient)):
            visits.check_in(visit, by=cast.amara.actor)
            visits.start(visit, by=cast.osei.actor)
        session.commit()
        page = osei.open("staff.my_day.index").text
        assert "Waiting for you" not in page
        assert "Maya Okafor" in page.partition("Also with you")[2]

    def test_walk_ins_for_any_doctor_are_offered_to_each(self, cast, session, osei, lind):
        waiting = walk_ins.add(session, cast.tom, timezone="Europe/London", by=cast.amara.actor)
        session.commit()
        for doctor in (osei, lind):
            page = doctor.open("staff.my_day.index").text
            assert "Tom Baker" in page.partition("Walk-ins for any doctor")[2] and ">Take<" in page
        osei.send("staff.visits.start", visit_id=waiting.id)
        assert f"visit-{waiting.id}" in _next(osei.open("staff.my_day.index").text)
        assert "Tom Baker" not in lind.open("staff.my_day.index").text

    def test_who_waits_stands_in_the_order_of_the_queue_with_colour_and_where_they_were_called(
        self, cast, session, osei
    ):
        def here(name, minutes, severity=None):
            return walked_in(session, cast, name, minutes, severity=severity, provider_id=cast.dr_osei.id)

        here("No Colour", 30), here("In Green", 40, "green"), here("In Yellow", 25, "yellow"), here("In Red", 1, "red")
        called = here("In Orange", 5, "orange")
        queue.call(called, by=cast.amara.actor, place="Room 1")
        session.commit()
        page = osei.open("staff.my_day.index").text
        assert "In Orange" in _next(page) and "Called to Room 1" in _next(page)
        assert "visit-checked_in is-orange" in _next(page) and 'severity-orange">Orange<' in _next(page)
        waiting = page.partition("Waiting for you")[2].partition("</ol>")[0]
        order = [waiting.index(name) for name in ("In Red", "In Yellow", "In Green", "No Colour")]
        assert order == sorted(order) and 'severity-red">Red<' in waiting and "Called to" not in waiting

    def test_walk_ins_for_any_doctor_stand_in_that_order_and_a_red_one_comes_before_ones_own(self, cast, session, osei):
        own = came(session, visits.check_in(_around_now(cast, -9), by=cast.amara.actor), 30)
        walked_in(session, cast, "Came First", 20), walked_in(session, cast, "In Yellow", 5, severity="yellow")
        page = osei.open("staff.my_day.index").text
        assert f"visit-{own.id}" in _next(page)
        walk_ins = page.partition("Walk-ins for any doctor")[2].partition("</ol>")[0]
        assert walk_ins.index("In Yellow") < walk_ins.index("Came First")
        red = walked_in(session, cast, "In Red", 1, severity="red")
        page = osei.open("staff.my_day.index").text
        assert f"visit-{red.id}" in _next(page) and ">Take<" in _next(page) and page.count(f'"visit-{red.id}"') == 1
        assert "/consultation" not in page and "Open the doctor" not in page
        assert f"visit-{own.id}" in page.partition("Waiting for you")[2].partition("</ol>")[0]
        queue.call(red, by=cast.amara.actor, place="Room 2")
        session.commit()
        assert f"visit-{own.id}" in _next(osei.open("staff.my_day.index").text)  # somebody is about to see the other

    def test_a_colour_goes_with_the_visit_into_the_room_and_not_into_what_is_done(self, cast, session, osei):
        visit = walked_in(session, cast, "In Red", 1, severity="red")
        visits.start(visit, by=cast.osei.actor)
        session.commit()
        assert "is-red" in _next(osei.open("staff.my_day.index").text)
        visits.complete(visit, by=cast.osei.actor)
        session.commit()
        page = osei.open("staff.my_day.index").text
        assert "In Red" in page.partition("Done today")[2] and "is-red" not in page

    def test_who_waits_is_called_from_here_to_where_the_doctor_called_somebody_last(self, cast, session, osei):
        visit, coming = walked_in(session, cast, "Waits"), _around_now(cast, 30)
        page = osei.open("staff.my_day.index").text
        call = f'form="calling" formaction="/staff/queue/{visit.id}/call">Call<'
        assert call in page and page.count('form="calling"') == 1 and f"visit-{coming.id}" in page
        sent = {"next": "/staff/my-day", "room_id": "", "place": "Room 2"}
        assert all(f'name="{name}"' in page.partition('id="calling"')[2].partition("</form>")[0] for name in sent)
        answer = osei.send("staff.queue.call", sent, visit_id=visit.id)
        assert answer.status_code == 303 and answer.location == "/staff/my-day"
        page = osei.open(answer.location).text
        assert "Called to Room 2" in page and 'form="calling"' not in page and 'value="Room 2"' in page
        undo = re.search(r'action="([^"]+/uncall[^"]*)"', page)[1]
        assert osei.send(undo).location == "/staff/my-day"
        assert call in osei.open("staff.my_day.index").text

    def test_a_call_to_nowhere_is_asked_for_its_place_by_the_queue(self, cast, session, osei):
        visit = walked_in(session, cast)
        sent = {"next": "/staff/my-day", "room_id": "", "place": ""}
        answer = osei.send("staff.queue.call", sent, visit_id=visit.id)
        assert answer.status_code == 409 and "Number 1 has no room yet." in answer.text

    def test_who_waits_by_video_is_called_to_no_room(self, cast, session, osei):
        visit = visits.check_in(_around_now(cast, -4, visit_mode="virtual"), by=cast.amara.actor)
        session.commit()
        page = osei.open("staff.my_day.index").text
        assert f"visit-{visit.id}" in page and 'form="calling"' not in page

    def test_a_doctors_own_leave_is_one_press_away(self, cast, osei):
        page = osei.open("staff.my_day.index").text
        leave = f'href="/staff/providers/{cast.dr_osei.id}/blocks"'
        assert f"{leave}>My leave<" in page.replace(' class="btn btn-quiet"', "")
        assert (
            'action="' in osei.open("staff.blocks.index", provider_id=cast.dr_osei.id).text.partition("block-form")[2]
        )

    def test_other_doctors_visits_are_not_shown(self, cast, lind):
        _around_now(cast, -4)
        assert "Tom Baker" not in lind.open("staff.my_day.index").text

    def test_what_is_done_is_folded_away(self, cast, session, osei):
        visit = _around_now(cast, -4)
        visits.check_in(visit, by=cast.amara.actor)
        visits.start(visit, by=cast.osei.actor)
        visits.complete(visit, by=cast.osei.actor)
        session.commit()
        page = osei.open("staff.my_day.index").text
        assert "Nobody is next" in page and "Tom Baker" in page.partition("Done today")[2]

    def test_it_refreshes_itself_when_the_bell_rings(self, osei):
        part = osei.open("staff.my_day.index", htmx=True).text
        assert part.startswith('<div id="my-day"') and 'hx-trigger="live:visits from:body"' in part

    def test_a_doctor_who_is_not_on_the_calendar_is_told_so(self, cast, session, amara):
        session.add(Membership(clinic_id=cast.rose.id, user_id=cast.amara.user.id, role=Role.DOCTOR))
        session.commit()
        page = amara.open("staff.my_day.index").text
        assert "not on the calendar" in page and "My leave" not in page and 'id="calling"' not in page

    def test_the_desk_has_no_day_of_its_own(self, amara):
        assert amara.open("staff.my_day.index").status_code == 403
