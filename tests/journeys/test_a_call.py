"""Somebody rings the desk: found while they say their name, and booked in three presses or fewer."""

import re
from urllib.parse import unquote_plus

import pytest

from tests.journeys.browser import DESK, PHONE

# Where a page may lead and a browser may ask.
ADDRESSES = """[...document.querySelectorAll("*")]
    .flatMap((each) => ["href", "action", "formaction", "hx-get", "hx-post"].map((name) => each.getAttribute(name)))
    .filter((each) => each && !each.startsWith("tel:"))"""


class Presses:
    """Clicks and Enters on one window, counted; typing and arrows are not."""

    def __init__(self, window):
        self.page, self.count = window.page, 0

    def enter(self):
        """Press Enter where the focus is."""
        self.count += 1
        self.page.keyboard.press("Enter")

    def click(self, found):
        """Click what was found."""
        self.count += 1
        found.first.click()


@pytest.fixture
def desk(window, cast, size):
    """Amara at the desk, the phone ringing."""
    return window(cast.amara, size=size).go("/staff/day")


def find(desk, words):
    """Type into the box on top until the answers are there."""
    desk.page.locator("#patient-search").press_sequentially(words, delay=15)
    desk.page.locator("#patient-search-results .found").wait_for()
    desk.check()


def chosen(desk):
    """Wait for the button that books the chosen time; it has the focus."""
    desk.page.locator("#chosen button:focus").wait_for()


def booked(desk, name):
    """Wait until the board says so."""
    desk.page.wait_for_url("**/staff/day?date=*")
    desk.sees(f"Booked: {name}")


def test_a_caller_is_booked_with_three_clicks_after_they_are_found(desk):
    find(desk, "oka may")
    presses = Presses(desk)
    presses.click(desk.page.locator("#patient-search-results").get_by_role("link", name="Book"))
    desk.page.locator("button.time").first.wait_for()
    desk.check()
    presses.click(desk.page.locator("button.time").nth(5))
    chosen(desk)
    desk.check().picture("desk-booking")
    presses.click(desk.page.locator("#chosen").get_by_role("button", name="Book"))
    booked(desk, "Maya Okafor")
    assert presses.count <= 3


@pytest.mark.parametrize("size", [DESK], ids=["1280"], indirect=True)
def test_or_with_three_enters_and_no_mouse(desk):
    desk.page.keyboard.press("/")
    desk.page.keyboard.type("12/04/1990", delay=15)
    desk.page.locator("#patient-search-results .found").wait_for()
    presses = Presses(desk)
    desk.page.keyboard.press("ArrowDown")
    desk.page.keyboard.press("ArrowDown")
    presses.enter()
    desk.page.locator("button.time:focus").wait_for()
    presses.enter()
    chosen(desk)
    presses.enter()
    booked(desk, "Maya Okafor")
    assert presses.count <= 3


def test_somebody_new_is_registered_on_the_way(desk):
    desk.go("/staff/booking/new")
    desk.check()
    desk.page.locator("#who").press_sequentially("Zoë Quill", delay=15)
    desk.page.locator("#people").get_by_role("button", name="Register").click()
    desk.page.get_by_label("Date of birth").fill("31/12/1990")
    desk.check()
    desk.press("Register")
    desk.sees("Zoë Quill is registered")
    desk.check()
    desk.page.locator("button.time").first.click()
    chosen(desk)
    desk.page.keyboard.press("Enter")
    booked(desk, "Zoë Quill")


@pytest.mark.parametrize("size", [DESK], ids=["1280"], indirect=True)
def test_whoever_registers_does_not_wait_for_the_search_for_who_is_here_already(desk):
    desk.page.route("**/patients/alike/look", lambda never_answered: None)
    desk.go("/staff/patients/new").write("Name", "Zoë Quill")
    with desk.page.expect_request("**/patients/alike/look"):
        desk.page.get_by_label("Date of birth").press_sequentially("31/12/1990", delay=15)
    assert desk.check().page.locator("main button[aria-busy]").count() == 0
    desk.press("Register")
    desk.sees("Zoë Quill is registered")


@pytest.mark.parametrize("size", [DESK], ids=["1280"], indirect=True)
def test_a_button_is_given_back_although_what_was_pressed_has_left_the_page(desk):
    desk.page.route("**/never", lambda never_answered: None)
    busy = desk.page.locator("#kept[aria-busy]")
    desk.page.evaluate(
        """() => {
            document.querySelector("main").insertAdjacentHTML("beforeend",
                '<form><button id="kept">A</button><span id="gone" hx-post="/never">B</span></form>');
            window.htmx.process(document.querySelector("main"));
            const gone = document.getElementById("gone");
            gone.addEventListener("htmx:beforeSend", ({ detail }) => { window.sent = detail.xhr; });
            gone.click();
        }"""
    )
    busy.wait_for()
    desk.page.evaluate("() => { document.getElementById('gone').remove(); window.sent.abort(); }")
    busy.wait_for(state="detached")


def test_a_time_lost_to_somebody_quicker_keeps_what_was_typed_and_enter_takes_no_other(desk, cast):
    cast.booked(patient=cast.maya_patient)
    day = cast.tomorrow_at(10).date().isoformat()
    desk.go(f"/staff/booking/new?patient_id={cast.tom.id}&provider_id={cast.dr_osei.id}&date={day}&time=10:00")
    desk.check()
    desk.page.get_by_label("Reason").fill("Cough")
    desk.page.get_by_label("Reason").press("Enter")
    desk.sees("That time is no longer free.")
    desk.check()
    assert desk.page.get_by_label("Reason").input_value() == "Cough"
    desk.page.get_by_label("Why all the same?").fill("Fever of 40")
    desk.page.get_by_label("Why all the same?").press("Enter")
    booked(desk, "Tom Baker")
    desk.check()


@pytest.mark.parametrize("size", [PHONE], ids=["360"], indirect=True)
def test_without_script_the_same_forms_do_it(window, cast, size):
    desk = window(cast.amara, size=size, javascript=False).go("/staff/patients")
    desk.page.locator("#patient-search").fill("okafor")
    desk.page.locator("#patient-search").press("Enter")
    desk.page.get_by_role("link", name="Book Maya Okafor").click()
    desk.page.locator("button.time").nth(3).click()
    desk.page.get_by_label("Reason").fill("Cough")
    desk.press("Book")
    booked(desk, "Maya Okafor")


@pytest.mark.parametrize("size", [DESK], ids=["1280"], indirect=True)
def test_nothing_typed_about_a_patient_is_ever_in_an_address(desk):
    asked = []
    desk.page.on("request", lambda request: asked.append(request.url))

    def look():
        desk.check()
        asked.extend([desk.page.url, *desk.page.evaluate(ADDRESSES)])

    def register():
        desk.page.get_by_role("button", name="Register Zoë Quill").first.click()
        desk.page.wait_for_url(re.compile("/staff/patients/new"))
        assert desk.page.get_by_label("Date of birth").input_value() == "31/12/1990"
        look()

    desk.page.locator("#patient-search").press_sequentially("Zoë Quill 31/12/1990", delay=15)
    desk.page.locator("#patient-search-results").get_by_role("button").wait_for()
    look()
    desk.page.locator("#patient-search").press("Enter")
    desk.page.wait_for_url("**/staff/patients")
    look()
    register()
    desk.page.go_back()
    desk.sees("The patients registered last come first.")
    for page, box in (("/staff/patients", "#q"), ("/staff/booking/new", "#who"), ("/staff/walk-ins/new", "#who")):
        desk.go(page).page.locator(box).fill("Zoë Quill 31/12/1990")
        desk.page.locator("main").get_by_role("button", name="Find").click()
        desk.page.locator("main").get_by_role("button", name="Register Zoë Quill").wait_for()
        desk.page.wait_for_url(re.compile(page))
        look()
        register()
    desk.page.get_by_label("Phone", exact=False).first.fill("020 7946 0555")
    desk.press("Register")
    desk.sees("Zoë Quill is registered")
    look()
    desk.page.locator("#patient-search").press_sequentially("0555", delay=15)
    desk.page.locator("#patient-search-results li").wait_for()
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_url("**/staff/patients/*")
    desk.sees("record number")
    look()
    typed = ("zoë", "quill", "31/12", "12-31", "7946", "0555")
    assert not [each for each in asked if any(word in unquote_plus(each).casefold() for word in typed)]
    assert sum("/staff/patients/find" in each for each in asked) > 3
