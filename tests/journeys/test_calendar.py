"""The calendar at the desk: booking and moving by the keyboard alone, by the mouse, on a phone, and without script."""

import pytest
import sqlalchemy as sa

from clinic.models.visits import EventKind, VisitEvent
from tests.journeys.browser import DESK, PHONE
from tests.rooms import a_kind, rooms_kept


@pytest.fixture
def tomorrow(cast):
    """The address of tomorrow's calendar."""
    return f"/staff/calendar?date={cast.tomorrow_at(9).date()}"


def _lane(desk, name):
    return desk.page.locator(".calendar-lane").filter(has=desk.page.get_by_role("heading", name=name))


def _drag(desk, visit, to):
    """Carry a visit by the mouse to where something else is."""
    mouse = desk.page.mouse
    begin, end = desk.page.locator(f'[data-moves="{visit.id}"]').bounding_box(), to.bounding_box()
    mouse.move(begin["x"] + 40, begin["y"] + 4)
    mouse.down()
    mouse.move(begin["x"] + 60, begin["y"] + 20, steps=3)
    mouse.move(end["x"] + 40, end["y"] + 6, steps=6)
    desk.page.locator(".drop-mark").wait_for()
    mouse.up()


def _settled(desk):
    """Wait until the drawer is closed and the calendar has come anew."""
    desk.page.locator("#drawer-box").wait_for(state="hidden")


def test_with_the_keyboard_alone_somebody_new_is_booked_and_moved_and_moved_back(window, cast, tomorrow):
    desk = window(cast.amara).go(tomorrow)
    desk.check().picture("calendar-day")
    keys = desk.page.keyboard
    desk.page.locator("#calendar-board").focus()
    keys.press("ArrowDown")
    assert "09:00" in desk.page.locator(":focus").inner_text()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowLeft", "Enter"):
        keys.press(key)
    desk.page.locator("#who:focus").wait_for()
    desk.sees("Book with Dr Astrid Lind")
    desk.check().picture("calendar-drawer")
    keys.press("Escape")
    desk.page.locator(".lane a:focus").wait_for()
    assert "09:30" in desk.page.locator(":focus").inner_text()
    keys.press("Enter")
    desk.page.locator("#who:focus").wait_for()
    keys.type("Zoë Quill", delay=15)
    desk.page.locator("#people").get_by_role("button", name="Register").focus()
    keys.press("Enter")
    desk.page.locator("#drawer #date_of_birth").fill("31/12/1990")
    desk.check().picture("calendar-register")
    keys.press("Enter")
    book = desk.page.locator("#drawer").get_by_role("button", name="Book")
    book.wait_for()
    book.focus()
    keys.press("Enter")
    _settled(desk)
    desk.sees("Booked: Zoë Quill")
    tile = _lane(desk, "Dr Astrid Lind").locator("[data-moves]")
    tile.wait_for()
    tile.focus()
    for key in ("Space", "ArrowDown", "ArrowDown"):
        keys.press(key)
    desk.page.locator(".drop-mark", has_text="10:00").wait_for()
    desk.picture("calendar-carried")
    keys.press("Enter")
    desk.sees("Moved: Zoë Quill")
    _lane(desk, "Dr Astrid Lind").locator("[data-moves]", has_text="10:00").wait_for()
    desk.check()
    desk.page.get_by_role("button", name="Undo").focus()
    keys.press("Enter")
    desk.sees("Moved back: Zoë Quill")
    _lane(desk, "Dr Astrid Lind").locator("[data-moves]", has_text="09:30").wait_for()


def test_a_visit_is_dragged_and_a_refused_drop_says_every_reason_and_what_is_open(window, cast, tomorrow):
    visit = cast.booked()
    cast.booked(cast.tomorrow_at(16, 50), patient=cast.maya_patient, overbook="After hours")
    desk = window(cast.amara).go(f"{tomorrow}&zoom=60")
    page = desk.page
    _drag(desk, visit, _lane(desk, "Dr Astrid Lind").get_by_role("link", name="11:00"))
    desk.sees("Moved: Tom Baker")
    _lane(desk, "Dr Astrid Lind").locator("[data-moves]", has_text="11:00").wait_for()
    _drag(desk, visit, _lane(desk, "Dr Kwame Osei").locator(".tile", has_text="Maya Okafor"))
    page.locator("#drawer-box[open]").wait_for()
    desk.sees("That time is no longer free.")
    desk.sees("Dr Kwame Osei is not here at that time.")
    desk.check().picture("calendar-refused")
    page.locator("#drawer .chosen-nearest button").first.click()
    _settled(desk)
    desk.sees("Moved: Tom Baker")


def test_a_visit_is_carried_from_room_to_room_by_the_mouse_and_by_the_keyboard(window, session, cast, tomorrow):
    _kind, one, _two = a_kind(session, cast, "Room", "Room 1", "Room 2", needed_by=[cast.consultation])
    visit = cast.booked(wanted_rooms=(one.id,))
    desk = window(cast.amara).go(f"{tomorrow}&zoom=60&by=room")
    _drag(desk, visit, _lane(desk, "Room 2").get_by_role("link", name="11:00"))
    desk.sees("Moved: Tom Baker")
    tile = _lane(desk, "Room 2").locator("[data-moves]", has_text="11:00")
    tile.wait_for()
    desk.check().picture("calendar-rooms")
    tile.focus()
    for key in ("Space", "ArrowLeft", "Enter"):
        desk.page.keyboard.press(key)
    _lane(desk, "Room 1").locator("[data-moves]", has_text="11:00").wait_for()
    assert rooms_kept(session) == ["Room 1"]
    desk.page.get_by_role("button", name="Undo").last.click()
    tile.wait_for()


@pytest.mark.parametrize("minute", [20, 12])
def test_what_is_carried_to_another_doctor_or_back_keeps_its_minute(window, session, cast, tomorrow, minute):
    visit = cast.booked(cast.tomorrow_at(10, minute))
    desk, sent = window(cast.amara).go(f"{tomorrow}&zoom=15"), []
    desk.page.on("request", lambda each: each.method == "POST" and sent.append(each.url))
    tile = desk.page.locator(f'[data-moves="{visit.id}"]')
    mouse, place = desk.page.mouse, tile.bounding_box()
    mouse.move(place["x"] + 40, place["y"] + 4)
    mouse.down()
    for far in (30, 60, 30, 5):
        mouse.move(place["x"] + 40, place["y"] + 4 + far, steps=4)
    desk.page.locator(".drop-mark", has_text=f"10:{minute}").wait_for()
    mouse.up()
    desk.page.locator(".drop-mark").wait_for(state="detached")
    tile.focus()
    for key in ("Space", "ArrowDown", "ArrowUp", "ArrowLeft"):
        desk.page.keyboard.press(key)
    desk.page.locator(".drop-mark", has_text=f"10:{minute}").wait_for()
    desk.page.keyboard.press("Enter")
    desk.sees("Moved: Tom Baker")
    _lane(desk, "Dr Astrid Lind").locator("[data-moves]", has_text=f"10:{minute}").wait_for()
    assert [url.rpartition("/")[2] for url in sent] == ["move"]
    moves = session.scalars(sa.select(VisitEvent).where(VisitEvent.kind == EventKind.MOVED)).all()
    assert [(each.old_starts_at, each.new_starts_at) for each in moves] == [(visit.starts_at, visit.starts_at)]


def test_an_empty_quarter_of_a_rooms_lane_is_booked_in_that_room(window, session, cast, tomorrow):
    a_kind(session, cast, "Room", "Room 1", "Room 2", needed_by=[cast.consultation])
    desk = window(cast.amara).go(f"{tomorrow}&zoom=60&by=room")
    _lane(desk, "Room 2").get_by_role("link", name="11:00").click()
    desk.sees("Room: Room 2")
    desk.check_on_both("calendar-drawer-room")
    desk.page.locator("#who").fill("baker")
    desk.page.locator("#people").get_by_role("button", name="Tom Baker").click()
    desk.page.locator("#drawer").get_by_role("button", name="Book").click()
    _settled(desk)
    _lane(desk, "Room 2").locator("[data-moves]", has_text="11:00").wait_for()


def test_what_a_colleague_books_appears_by_itself(window, cast, tomorrow):
    desk = window(cast.amara).go(tomorrow)
    _lane(desk, "Dr Kwame Osei").get_by_role("link", name="10:00").wait_for()
    cast.booked()
    desk.sees("Tom Baker")


@pytest.mark.parametrize("size", [PHONE], ids=["360"])
def test_on_a_phone_it_is_a_list_and_the_form_moves(window, cast, tomorrow, size):
    visit = cast.booked()
    desk = window(cast.amara, size=size).go(tomorrow)
    desk.check().picture("calendar-phone")
    desk.page.locator(f'.lane a[href="/staff/moving/{visit.id}"]').click()
    desk.page.locator("#drawer").get_by_role("button", name="15 minutes later").wait_for()
    desk.check().picture("calendar-phone-visit")
    desk.page.locator("#drawer").get_by_role("button", name="15 minutes later").click()
    desk.sees("Moved: Tom Baker")
    for view in ("week", "month"):
        desk.go(tomorrow.replace("calendar?", f"calendar/{view}?")).check().picture(f"calendar-phone-{view}")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["1280", "360"])
def test_without_script_the_same_is_done_by_links_and_forms(window, cast, tomorrow, size):
    desk = window(cast.amara, size=size, javascript=False).go(tomorrow)
    desk.picture(f"calendar-plain-{size['width']}")
    _lane(desk, "Dr Kwame Osei").get_by_role("link", name="10:00").click()
    desk.page.get_by_label("Name, date of birth").fill("baker")
    desk.press("Find").press("Tom Baker")
    desk.page.get_by_label("Reason").fill("Cough")
    desk.press("Book")
    desk.sees("Booked: Tom Baker")
    _lane(desk, "Dr Kwame Osei").get_by_role("link", name="Tom Baker").click()
    desk.page.get_by_label("Time of day").fill("11:30")
    desk.page.get_by_role("button", name="Move", exact=True).last.click()
    desk.sees("Moved: Tom Baker")
    _lane(desk, "Dr Kwame Osei").get_by_role("link", name="11:30").wait_for()


def test_week_month_and_the_sheet_stand_the_same_looks(window, cast, tomorrow):
    cast.booked()
    desk = window(cast.amara)
    for view in ("week", "month", "sheet"):
        desk.go(tomorrow.replace("calendar?", f"calendar/{view}?") + f"&provider={cast.dr_osei.id}").check_on_both(
            f"calendar-{view}"
        )
    desk.go(tomorrow).page.keyboard.press("w")
    desk.page.wait_for_url("**/staff/calendar/week?*")
