"""What was chosen or written before the patient, and before another type, is there afterwards."""


def _time(desk, kind, words):
    return desk.page.locator(f'#picker .time[formaction*="{kind.id}"]', has_text=words).first


def _find(desk, name="Tom Baker"):
    desk.page.locator("#who").fill(name.rpartition(" ")[2])
    return desk.page.locator("#people").get_by_role("button", name=name)


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


def _asked(desk):
    """Every address asked for from here on."""
    asked = []
    desk.page.on("request", lambda request: asked.append(request.url))
    return asked


def _written(desk):
    return desk.page.get_by_label("Reason").input_value(), desk.page.get_by_label("Note for the desk").input_value()


def _write(desk):
    desk.write("Reason", "Pressure")
    desk.write("Note for the desk", "Wheelchair")


def _write_in_drawer(desk):
    desk.page.get_by_text("Add a note").click()
    _write(desk)


def _told(asked, *words):
    return [each for each in asked if any(word in each for word in words)]


def test_without_script_what_was_written_stays_through_the_search_the_patient_and_the_time(window, cast, visits, size):
    desk = window(cast.amara, size=size, javascript=False)
    desk.go(f"/staff/booking/new?date={cast.tomorrow_at(9).date()}&visit_type_id={cast.follow_up.id}")
    asked = _asked(desk)
    _write(desk)
    _time(desk, cast.follow_up, "11:00").click()
    desk.sees("Now find the patient")
    assert _written(desk) == ("Pressure", "Wheelchair")
    desk.page.locator("#who").fill("Baker")
    desk.page.locator("#who").press("Enter")
    assert _written(desk) == ("Pressure", "Wheelchair") and desk.page.locator("#who").input_value() == "Baker"
    desk.picture(f"plain-found-{size['width']}")
    desk.write("Reason", "Blood pressure")
    desk.press("Find").press("Tom Baker").press("Another patient")
    assert _written(desk) == ("Blood pressure", "Wheelchair")
    desk.page.locator("#who").fill("Baker")
    desk.press("Find").press("Tom Baker").press("Book")
    desk.sees("Booked: Tom Baker")
    made = [(each.visit_type.name, each.starts_at, each.reason, each.notes) for each in visits()]
    assert made == [("Follow-up", cast.tomorrow_at(11), "Blood pressure", "Wheelchair")]
    assert not _told(asked, "ressure", "heelchair", "aker")


def test_somebody_new_is_registered_with_what_was_written_about_the_visit(window, cast, visits, way):
    desk = window(cast.amara, **way).go(f"/staff/booking/new?date={cast.tomorrow_at(9).date()}")
    asked = _asked(desk)
    _time(desk, cast.consultation, "11:00").click()
    desk.sees("Now find the patient")
    _write(desk)
    desk.page.locator("#who").fill("Tom Baker jr")
    desk.click(desk.page.locator("main").get_by_role("button", name="Find"))
    desk.click(desk.page.locator("#people").get_by_role("button", name="Register"))
    desk.look("registering-for-a-visit")
    # Nobody's birthday yet; then one that somebody of that name has.
    desk.write("Date of birth", "31/31/1990")
    desk.click(desk.page.locator("main").get_by_role("button", name="Register").first)
    desk.write("Date of birth", "31/12/1990")
    desk.click(desk.page.locator("main").get_by_role("button", name="Register").first)
    desk.sees("Tom Baker jr is registered")
    assert _written(desk) == ("Pressure", "Wheelchair")
    desk.press("Book")
    desk.sees("Booked: Tom Baker jr")
    assert [(each.reason, each.notes, each.patient.notes) for each in visits()] == [("Pressure", "Wheelchair", None)]
    assert not _told(asked, "ressure", "heelchair", "aker")


def test_without_script_another_type_in_the_drawer_leaves_the_reason_there(window, cast, visits, size):
    at = cast.tomorrow_at(10).strftime("%Y-%m-%dT%H:%MZ")
    desk = window(cast.amara, size=size, javascript=False)
    desk.go(f"/staff/drawer?provider_id={cast.dr_osei.id}&starts_at={at}&patient_id={cast.tom.id}")
    asked = _asked(desk)
    _write_in_drawer(desk)
    desk.page.locator("#kind").select_option(label="Follow-up · 10 min")
    desk.press("Show")
    assert "Follow-up" in desk.page.locator(".chosen-time").inner_text()
    assert _written(desk) == ("Pressure", "Wheelchair")
    desk.press("Another patient")
    assert desk.page.locator("#kind option:checked").inner_text() == "Follow-up · 10 min"
    desk.page.locator("#who").fill("Baker")
    desk.press("Find").press("Tom Baker")
    assert _written(desk) == ("Pressure", "Wheelchair")
    desk.press("Book")
    desk.sees("Booked: Tom Baker")
    assert [(each.visit_type.name, each.reason, each.notes) for each in visits()] == [
        ("Follow-up", "Pressure", "Wheelchair")
    ]
    assert not _told(asked, "ressure", "heelchair", "aker")


def test_with_script_another_patient_in_the_drawer_leaves_the_reason_there(window, cast, visits):
    desk = window(cast.amara).go(f"/staff/calendar?date={cast.tomorrow_at(9).date()}")
    lane = desk.page.locator(".calendar-lane").filter(has=desk.page.get_by_role("heading", name="Dr Kwame Osei"))
    lane.get_by_role("link", name="10:00").click()
    found = _find(desk, "Maya Okafor")
    found.wait_for()
    desk.check().picture("drawer-found")
    found.click()
    _write_in_drawer(desk)
    desk.press("Another patient")
    # What is typed is heard only once htmx has taken the new part in.
    desk.page.locator("#drawer:not(.htmx-added)", has_text="Who is it for?").wait_for()
    _find(desk).click()
    desk.page.locator("#drawer .booking-patient", has_text="Tom Baker").wait_for()
    assert _written(desk) == ("Pressure", "Wheelchair")
    desk.check().press("Book")
    desk.sees("Booked: Tom Baker")
    assert [(each.reason, each.notes) for each in visits()] == [("Pressure", "Wheelchair")]
