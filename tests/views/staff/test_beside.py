"""What stands beside the calendar: in a tab of its own it says what was done, and a cancelled visit leads back."""

import re
from contextvars import Context
from html import unescape

import pytest

from tests.visitor import CSRF


@pytest.fixture
def asks(amara):
    """Ask as htmx does on one of the product's pages: ``asks(page, "post", address, form)``."""

    def ask(page, method, address, form=None):
        headers = {"HX-Request": "true", "HX-Current-URL": f"http://localhost{page}"}
        if method == "get":
            return Context().run(amara.client.get, address, headers=headers)
        with amara.client.session_transaction() as cookie:
            cookie["csrf_token"] = CSRF
        sent = {**(form or {}), "csrf_token": amara.csrf}
        return Context().run(amara.client.post, address, data=sent, headers=headers)

    return ask


@pytest.fixture
def day(cast):
    """The address of tomorrow's calendar by room."""
    return f"/staff/calendar?date={cast.tomorrow_at(10).date()}&by=room"


def _way_to_cancel(part):
    return unescape(re.search(r'href="(/staff/visits/[^"]+/cancel[^"]*)"', part)[1])


class TestInATabOfItsOwn:
    def test_a_booking_leads_to_the_calendar_which_says_so(self, amara, cast, asks):
        sent = {
            "patient_id": cast.tom.id, "visit_type_id": cast.consultation.id, "provider_id": cast.dr_osei.id,
            "starts_at": cast.tomorrow_at(10).isoformat(),
        }  # fmt: skip
        answer = asks("/staff/drawer?starts_at=2031-03-05T10%3A00Z", "post", "/staff/drawer", sent)
        then = answer.headers["HX-Redirect"]
        assert answer.text == "" and then == f"/staff/calendar?date={cast.tomorrow_at(10).date()}"
        assert "Booked: Tom Baker" in amara.open(then).text

    def test_a_move_leads_to_the_calendar_which_says_so_and_can_take_it_back(self, amara, cast, asks):
        visit = cast.booked()
        where = {"provider_id": cast.dr_lind.id, "starts_at": cast.tomorrow_at(14).isoformat()}
        answer = asks(f"/staff/moving/{visit.id}", "post", f"/staff/moving/{visit.id}/move", where)
        page = amara.open(answer.headers["HX-Redirect"]).text
        assert "Moved: Tom Baker" in page and f"/staff/moving/{visit.id}/undo-move" in page

    def test_beside_the_calendar_the_drawer_is_done_and_says_so_itself(self, amara, cast, asks, day):
        visit = cast.booked()
        where = {"provider_id": cast.dr_lind.id, "starts_at": cast.tomorrow_at(14).isoformat()}
        answer = asks(day, "post", f"/staff/moving/{visit.id}/move", where)
        assert "HX-Redirect" not in answer.headers and f'data-done="{visit.id}"' in answer.text
        assert "Moved: Tom Baker" in answer.text


class TestTheWayBack:
    def test_cancelled_from_the_calendar_one_is_back_on_it(self, amara, cast, asks, day):
        visit = cast.booked()
        address = _way_to_cancel(asks(day, "get", f"/staff/moving/{visit.id}").text)
        page = amara.open(address).text
        assert f'href="{day.replace("&", "&amp;")}">Leave it as it is' in page
        then = unescape(re.search(r'name="next" value="([^"]+)"', page)[1])
        answer = amara.send(address, {"reason": "patient", "next": then})
        assert answer.status_code == 303 and answer.location == day
        assert "Cancelled." in amara.open(day).text

    def test_a_step_taken_there_keeps_the_way_back(self, cast, asks, day):
        visit = cast.booked()
        line = asks(day, "post", f"/staff/visits/{visit.id}/confirm").text
        assert _way_to_cancel(line) == _way_to_cancel(asks(day, "get", f"/staff/moving/{visit.id}").text)

    def test_without_script_it_is_the_calendar_of_the_visits_day(self, app, amara, cast):
        visit = cast.booked()
        page = amara.open("staff.moving.show", visit_id=visit.id).text
        assert _way_to_cancel(page).endswith(f"?next=%2Fstaff%2Fcalendar%3Fdate%3D{cast.tomorrow_at(10).date()}")

    def test_to_move_it_leads_to_the_form_beside_it_and_elsewhere_to_the_page(self, amara, cast):
        visit = cast.booked()
        beside, elsewhere = (
            amara.open(each, visit_id=visit.id).text for each in ("staff.moving.show", "staff.visits.show")
        )
        page = f'href="/staff/booking/{visit.id}/move"'
        assert 'href="#other-day"' in beside and 'id="other-day"' in beside and page not in beside
        assert page in elsewhere and "next=" not in _way_to_cancel(elsewhere)
