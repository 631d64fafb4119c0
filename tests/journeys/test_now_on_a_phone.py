"""The calendar on a phone, a list, says where in it the present is; beside each other the lanes have a line for it."""

from tests.journeys.browser import DESK, PHONE


def test_the_list_has_a_line_for_the_present_and_the_lanes_have_their_mark(window, cast):
    phone = window(cast.amara, size=PHONE).go("/staff/calendar?whole=1")
    present = phone.page.locator(".now-line").first
    assert present.is_visible() and present.inner_text().startswith("Now ")
    assert not phone.page.locator(".now-mark").first.is_visible()
    phone.check()
    present.scroll_into_view_if_needed()
    phone.picture("calendar-now-phone")
    phone.page.set_viewport_size(DESK)
    assert not present.is_visible() and phone.page.locator(".now-mark").first.is_visible()
    phone.check()
