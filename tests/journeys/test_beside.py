"""A drawer or a visit of the calendar in a tab of its own, and the ways back from beside the calendar."""

from tests.rooms import a_kind


def test_in_a_tab_of_its_own_it_is_booked_and_moved_and_said_and_taken_back(window, cast, size):
    at = cast.tomorrow_at(10).isoformat().replace("+", "%2B")
    desk = window(cast.amara, size=size).go(f"/staff/drawer?provider_id={cast.dr_osei.id}&starts_at={at}")
    desk.page.locator("#who").fill("baker")
    desk.page.locator("#people").get_by_role("button", name="Tom Baker").click()
    desk.page.get_by_label("Reason").fill("Cough")
    desk.press("Book")
    desk.page.wait_for_url("**/staff/calendar?*")
    desk.sees("Booked: Tom Baker")
    desk.go(desk.page.locator('.lane a[href^="/staff/moving/"]').first.get_attribute("href"))
    desk.check().page.get_by_role("button", name="15 minutes later").click()
    desk.page.wait_for_url("**/staff/calendar?*")
    desk.sees("Moved: Tom Baker")
    desk.check().page.get_by_role("button", name="Undo").first.click()
    desk.sees("Moved back: Tom Baker")


def test_from_the_rooms_a_visit_is_moved_in_the_drawer_and_cancelled_and_one_is_back(window, session, cast, size):
    _kind, room, _other = a_kind(session, cast, "Room", "Room 1", "Room 2", needed_by=[cast.consultation])
    visit = cast.booked(wanted_rooms=(room.id,))
    day = f"/staff/calendar?date={cast.tomorrow_at(10).date()}&by=room"
    desk = window(cast.amara, size=size).go(day)
    desk.page.locator(f'.lane a[href="/staff/moving/{visit.id}"]').first.click()
    drawer = desk.page.locator("#drawer")
    drawer.locator("summary", has_text="More").first.click()
    drawer.get_by_role("link", name="Move").click()
    desk.page.locator("#other-day:focus").wait_for()
    desk.check().picture(f"beside-move-{size['width']}")
    drawer.get_by_role("link", name="Cancel").click()
    desk.page.get_by_label("Why is it cancelled?").select_option("patient")
    desk.press("Cancel the visit")
    desk.sees("Cancelled.")
    assert desk.page.url.endswith(day)


def test_in_a_rooms_lane_the_doctor_is_chosen_in_the_drawer(window, session, cast, size):
    a_kind(session, cast, "Room", "Room 1", "Room 2")
    desk = window(cast.amara, size=size).go(f"/staff/calendar?date={cast.tomorrow_at(10).date()}&by=room")
    lane = desk.page.locator(".calendar-lane").filter(has=desk.page.get_by_role("heading", name="Room 2"))
    lane.get_by_role("link", name="11:00").click()
    drawer = desk.page.locator("#drawer")
    drawer.locator("#doctor").select_option(label="Dr Kwame Osei")
    drawer.locator(".chosen-time", has_text="Dr Kwame Osei").wait_for()
    drawer.locator("#kind").select_option(label="Follow-up")
    drawer.locator(".chosen-time", has_text="Follow-up").wait_for()
    assert drawer.locator("#doctor option").all_inner_texts() == ["Whoever is first", "Dr Kwame Osei"]
    desk.check().picture(f"beside-doctor-{size['width']}")
    drawer.locator("#who").fill("baker")
    drawer.get_by_role("button", name="Tom Baker").click()
    drawer.get_by_role("button", name="Book", exact=True).click()
    desk.sees("Booked: Tom Baker")
