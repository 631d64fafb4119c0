"""From the door to the doctor: a walk-in is called and seen, a patient checks in by themselves, the day is closed."""

from datetime import UTC, datetime
from functools import partial

import pytest

from clinic import htmx
from clinic.db import now
from tests.journeys.browser import DESK, PHONE
from tests.screens import hung
from tests.visit_links import path_of
from tests.waiting import walked_in

DOOR, TELEVISION = {"width": 1080, "height": 1920}, {"width": 1920, "height": 1080}


@pytest.fixture
def screen(session, cast):
    """The address of a screen of this kind: ``screen("display")``."""
    return partial(hung, session, cast)


def on_both(window, name):
    """The page as it stands, checked on a desk's screen and on a phone's."""
    for size in (PHONE, DESK):
        window.page.set_viewport_size(size)
        window.check().picture(f"{name}-{size['width']}")


def test_a_walk_in_is_added_called_shown_on_the_display_and_seen(window, session, cast, screen, way):
    television = window(size=TELEVISION).go(screen("display")).check()
    desk = window(cast.amara, **way).go("/staff/queue").press("Add a walk-in", "link")
    desk.write("Name, date of birth, phone or record number", "baker")
    if not desk.javascript:
        desk.press("Find")
    desk.press("Tom Baker", "link")
    desk.choose("How urgent", "orange")
    desk.sees("so nothing is sent")
    desk.look("walk-in").press("Add to those who wait")
    desk.sees("ticket 1. No link is sent to them")
    desk.go("/staff/queue?provider=all").look("no-link").press("No link sent to Tom Baker", "link")
    desk.press("Make the link")
    address = desk.page.get_by_label("Link", exact=True).input_value()
    phone = window(size=PHONE).go(address[address.index("/v/") :])
    phone.sees("Your number is 1.")
    phone.look("walk-in-link")

    doctor = window(cast.osei, **way).go("/staff/queue")
    doctor.sees("Tom Baker")
    doctor.write("Or another place", "Room 2")
    doctor.press("Call next")
    doctor.sees("Number 1: Room 2.")
    doctor.look("queue")
    television.sees("Room 2", timeout=12_000)
    television.check().picture("display")
    assert television.page.get_by_text("Tom").count() == 0
    doctor.press("Call again Tom Baker")
    doctor.sees("Number 1 is called again.")
    plain = window(javascript=False).go(television.page.url)
    plain.sees("called again")

    doctor.press("Start Tom Baker")
    doctor.page.get_by_role("heading", name="With a doctor").wait_for()
    desk.go("/staff/queue?provider=all").sees("With a doctor")
    doctor.press("Tom Baker", "link")
    doctor.look("walk-in-seen").press("Complete Tom Baker")
    doctor.sees("The visit is completed.")
    desk.go("/staff/queue?provider=all").sees("Nobody is here")


def page_instead(route):
    """The answer as a browser without script would get it, sent to htmx as `clinic.htmx.again` sends a page."""
    plain = {name: value for name, value in route.request.headers.items() if not name.startswith("hx-")}
    answer = route.fetch(headers=plain)
    route.fulfill(response=answer, headers=answer.headers | htmx.INSTEAD)


@pytest.mark.parametrize("is_page", [False, True], ids=["part", "page"])
def test_a_refused_call_leaves_one_page_whatever_it_is_answered_with(window, session, cast, is_page):
    visit = walked_in(session, cast)
    desk = window(cast.amara).go("/staff/queue?provider=all")
    if is_page:
        desk.page.route(f"**/{visit.id}/call*", page_instead)
    desk.press("Call Tom Baker")
    desk.sees("Number 1 has no room yet.")
    on_both(desk, "queue-refused")
    desk.write("Or another place", "Room 2")
    desk.press("Call next")
    desk.sees("Number 1: Room 2.")
    for once in ("header", "main", "h1", "#main", "[name=room_id]", "#queue"):
        assert desk.page.locator(once).count() == 1, once
    assert desk.page.locator(".error-summary").count() == 0
    assert desk.page.get_by_label("Or another place").input_value() == "Room 2"


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_a_patient_checks_in_at_the_door_with_the_keys_on_the_screen(window, session, cast, screen, javascript):
    visit = cast.booked(now(), overbook="Whatever the hour of the test")
    session.refresh(visit)
    door = window(size=DOOR, javascript=javascript).go(screen("kiosk"))
    if javascript:
        door.check().picture("kiosk")
    for key in f"{visit.check_in_code}1955":
        door.page.get_by_role("button", name=key, exact=True).click()
        door.page.wait_for_load_state()
    door.press("Check in")
    door.sees("Your number is")
    assert door.page.get_by_text("Tom").count() == 0
    if javascript:
        door.check().picture("kiosk-done")
    door.press("Done", "link")
    door.sees("Check in here")


def test_the_day_is_closed(window, session, cast):
    cast.booked(datetime(2026, 2, 3, 10, tzinfo=UTC), overbook="Long ago")
    desk = window(cast.amara).go("/staff/day-closing?date=2026-02-03")
    on_both(desk, "closing")
    desk.press("Look after them", "link")
    on_both(desk, "outcomes")
    desk.page.get_by_label("Did not come").first.check()
    desk.press("Save the answers")
    desk.sees("Every visit that is over has its outcome")
    desk.press("Go on closing the day", "link")
    desk.press("Close the day")
    desk.sees("The day is closed.")
    admin = window(cast.ines)
    on_both(admin.go("/staff/day-closing?date=2026-02-03"), "closed")
    for page in ("screens", "queue/limits", "queue/estimates"):
        on_both(admin.go(f"/staff/{page}"), page.replace("/", "-"))


def test_a_doctor_calls_from_their_own_day_and_finds_their_leave_there(window, session, cast, way):
    walked_in(session, cast, "Ana Lopes"), walked_in(session, cast)
    doctor = window(cast.osei, **way).go("/staff/my-day")
    doctor.look("my-day-waiting").press("Call Ana Lopes")
    doctor.sees("Number 1 has no room yet.")
    doctor.go("/staff/my-day").page.get_by_text("You call people to").click()
    doctor.write("Or another place", "Room 2")
    doctor.look("my-day-calling").press("Call Ana Lopes")
    doctor.sees("Number 1: Room 2.")
    doctor.sees("You call people to: Room 2")
    doctor.look("my-day-called").press("Call Tom Baker")
    doctor.sees("Number 2: Room 2.")
    doctor.press("Undo")
    doctor.sees("Number 2 waits again.")
    doctor.page.get_by_role("button", name="Call Tom Baker").wait_for()
    doctor.press("My leave", "link")
    doctor.page.locator("#block-form").wait_for()


def test_who_is_called_reads_where_to_go_and_who_has_gone_is_taken_out(window, session, cast):
    visit = walked_in(session, cast)
    phone = window(size=PHONE).go(path_of(session, visit, cast))
    phone.sees("Please take a seat")
    desk = window(cast.amara).go("/staff/queue?provider=all")
    desk.write("Or another place", "Room 2")
    desk.press("Call Tom Baker")
    phone.sees("You are being called: please go to Room 2.", timeout=30_000)
    phone.look("called")
    assert phone.page.get_by_text("take a seat").count() == 0
    desk.page.get_by_text("More for Tom Baker").click()
    on_both(desk, "queue-more")
    desk.press("Did not come Tom Baker")
    desk.sees("Nobody is here")
    desk.press("Undo")
    desk.page.get_by_role("heading", name="Called").wait_for()
    desk.sees("Taken back.")
