"""What was chosen or written before the patient, and before another type, is there afterwards."""


def _time(desk, kind, words):
    return desk.page.locator(f'#picker a.time[href*="{kind.id}"]', has_text=words).first


def _find(desk, name="Tom Baker"):
    desk.page.locator("#who").fill(name.rpartition(" ")[2])
    return desk.page.locator("#people").get_by_role("link", name=name)


def test_type_time_and_reason_come_first_and_then_the_patient(window, cast, visits, size):
    desk = window(cast.amara, size=size).go(f"/staff/booking/new?date={cast.tomorrow_at(9).date()}")
    found = _find(desk)
    found.wait_for()
    desk.choose("Type of visit", "Follow-up")
    _time(desk, cast.follow_up, "11:00").click()
    desk.sees("Now find the patient")
    desk.page.get_by_label("Reason").fill("Blood pressure")
    found.click()
    desk.page.get_by_role("button", name="Book", exact=True).wait_for()
    assert "reason" not in desk.page.url and "Blood" not in desk.page.url
    assert desk.page.get_by_label("Reason").input_value() == "Blood pressure"
    desk.check().picture(f"chosen-before-{size['width']}")
    desk.page.reload()
    desk.press("Book")
    desk.sees("Booked: Tom Baker")
    assert [(each.visit_type.name, each.starts_at) for each in visits()] == [("Follow-up", cast.tomorrow_at(11))]


def test_another_type_is_what_the_button_books(window, cast, visits):
    desk = window(cast.amara).go(f"/staff/booking/new?patient_id={cast.tom.id}&date={cast.tomorrow_at(9).date()}")
    _time(desk, cast.consultation, "11:00").click()
    desk.page.get_by_role("button", name="Book", exact=True).wait_for()
    desk.page.get_by_label("Reason").fill("Cough")
    desk.page.get_by_label("Type of visit").focus()
    desk.choose("Type of visit", "Follow-up")
    desk.page.locator(".chosen-time", has_text="Follow-up").wait_for()
    assert desk.page.evaluate("() => document.activeElement.id") == "kind"
    desk.check().press("Book")
    desk.sees("Booked: Tom Baker")
    assert [(each.visit_type.name, each.reason) for each in visits()] == [("Follow-up", "Cough")]


def test_in_the_drawer_the_type_chosen_before_the_patient_is_kept(window, cast, visits, size):
    desk = window(cast.amara, size=size).go(f"/staff/calendar?date={cast.tomorrow_at(9).date()}")
    lane = desk.page.locator(".calendar-lane").filter(has=desk.page.get_by_role("heading", name="Dr Kwame Osei"))
    lane.get_by_role("link", name="10:00").click()
    found = _find(desk)
    found.wait_for()
    desk.page.locator("#drawer #kind").select_option(label="Follow-up · 10 min")
    desk.page.locator("#drawer .chosen-time", has_text="Follow-up").wait_for()
    found.click()
    book = desk.page.locator("#drawer").get_by_role("button", name="Book", exact=True)
    book.wait_for()
    desk.check()
    book.click()
    desk.sees("Booked: Tom Baker")
    assert [each.visit_type.name for each in visits()] == ["Follow-up"]


def test_somebody_new_is_registered_for_what_was_chosen_after_the_search(window, cast):
    desk = window(cast.amara).go(f"/staff/booking/new?date={cast.tomorrow_at(9).date()}")
    desk.page.locator("#who").fill("Zoë Quill")
    register = desk.page.locator("#people").get_by_role("button", name="Register")
    register.wait_for()
    desk.choose("Type of visit", "Follow-up")
    _time(desk, cast.follow_up, "11:00").click()
    desk.sees("Now find the patient")
    desk.click(register)
    desk.page.get_by_label("Date of birth").first.fill("31/12/1990")
    desk.page.locator("main").get_by_role("button", name="Register").first.click()
    desk.page.get_by_role("button", name="Book", exact=True).wait_for()
    assert "Follow-up" in desk.page.locator(".chosen-time").inner_text()
