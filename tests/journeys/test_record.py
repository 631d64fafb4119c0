"""A visit in the record: written while the line breaks, signed, prescribed, ordered, printed, and read by who may."""

import re

import pytest
import sqlalchemy as sa

from clinic.actions.drugs import Listed, take_in
from clinic.models.accounts import UserSession
from clinic.models.lab_orders import LabOrder
from clinic.models.prescriptions import Prescription
from tests.cast import PASSWORD
from tests.journeys.browser import PHONE
from tests.noting import begun

LOST_LINE = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "Failed to fetch")
SHELF = "() => Object.entries(sessionStorage).filter(([name]) => name.startsWith('note:')).flat().join(' ')"
EMPTY = "() => !Object.keys(sessionStorage).some((name) => name.startsWith('note:'))"


@pytest.fixture
def visit(cast, session):
    """Maya's visit with Dr Osei, which has begun; she told of an allergy, and the clinic has a list of medicines."""
    cast.maya_patient.allergies = "Penicillin"
    take_in(session, cast.rose.id, "some", [Listed("1", "Amoxicillin 500 MG Oral Capsule")], by=cast.ines.actor)
    session.commit()
    return begun(cast, patient=cast.maya_patient, reason="A cough")


def test_a_visit_from_its_first_word_to_who_reads_of_it_and_who_does_not(window, cast, session, visit):
    note, doctor, own = f"/staff/visits/{visit.id}/consultation", window(cast.osei), window(cast.maya, size=PHONE)
    doctor.go(note)
    _writes_while_the_line_breaks(doctor, visit)
    _comes_back_after_being_signed_out(doctor, session, cast.osei)
    _opens(own, "Visits").sees("Nothing here yet")
    doctor.press("Sign the note")
    doctor.sees("Signed by Dr Kwame Osei")
    words = ("Cough for a week", "Rest and tea", "A cold", "J00", "smoking")
    assert all(each in doctor.page.content() for each in words)
    doctor.check_on_both("note-signed")
    _opens(own, "Visits").page.locator(".past a").click()
    own.sees("Rest and tea")
    own.check_on_both("summary")

    _opens(own, "Prescriptions").sees("Nothing has been prescribed here")
    _prescribes_against_an_allergy(doctor.go(note))
    _opens(own, "Prescriptions").press("20", "link")
    own.sees("three times a day")
    own.picture("my-prescription")

    _has_a_laboratory_look(doctor.go(note))
    _opens(own, "Laboratory results").sees("No results yet")
    doctor.page.get_by_label("A word to the patient").fill("Drink a little more.")
    doctor.press(re.compile("show the patient"))
    doctor.sees("The patient sees it")
    _opens(own, "Laboratory results").press(re.compile("Sodium, Potassium"), "link")
    own.sees("Higher than the usual range.")
    own.sees("Drink a little more.")

    doctor.go(note).press(re.compile("Amoxicillin"), "link")
    doctor.press("Print", "link")
    doctor.sees("Rose Street Clinic")
    doctor.check().picture("prescription-sheet")

    desk = window(cast.amara, javascript=False).go(f"/staff/patients/{cast.maya_patient.id}")
    desk.press("What there is", "link")
    assert desk.page.locator("tbody").get_by_text("Prescription").count() == 1
    assert not [each for each in ("Amoxicillin", "Sodium", *words) if each in desk.page.content()]
    stranger = window(cast.reyes)
    for page in _pages_of(session, cast, visit):
        assert desk.page.goto(page).status == 403, page
        assert stranger.page.goto(page).status == 404, page
        assert "Maya" not in stranger.page.content()


def _writes_while_the_line_breaks(at, visit):
    part = at.page.get_by_label
    part("Complaints").fill("Cough for a week")
    at.sees("Saved at")
    part("Find a diagnosis").press_sequentially("j00")
    at.page.get_by_role("button", name="J00 Acute nasopharyngitis").click()
    at.page.get_by_role("checkbox", name="J00").wait_for()
    at.check_on_both("note")
    at.context.set_offline(True)
    part("Treatment").fill("Rest and tea")
    at.sees("No connection. Your words are kept on this page")
    shelf = at.page.evaluate(SHELF)
    assert str(visit.id) in shelf and "Rest" not in shelf
    at.context.set_offline(False)
    at.page.locator("#note-line").wait_for(state="hidden")
    assert not at.page.evaluate(SHELF)


def _comes_back_after_being_signed_out(at, session, person):
    _signed_out(session, person)
    at.page.get_by_label("For colleagues").fill("Asked about smoking")
    at.sees("You are signed out")
    with at.context.expect_page() as opened:
        at.press("Sign in", role="link")
    page = opened.value
    page.get_by_label("Email").fill(person.user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", level=1).wait_for()
    at.press("I have signed in: go on")
    at.page.wait_for_function(EMPTY)

    # Only the sending fails, and the page is loaded again: what was typed comes back out of the tab's shelf.
    at.context.route("**/autosave", lambda route: route.abort())
    at.page.get_by_label("Diagnosis", exact=True).fill("A cold")
    at.page.wait_for_function(SHELF)
    at.page.on("dialog", lambda dialog: dialog.accept())
    at.context.unroute("**/autosave")
    at.page.reload()
    at.page.wait_for_function(EMPTY)
    assert at.page.get_by_label("Diagnosis", exact=True).input_value() == "A cold"
    at.complaints = [each for each in at.complaints if not any(words in each for words in LOST_LINE)]


def _signed_out(session, person):
    session.rollback()
    long_ago = sa.func.now() - sa.text("interval '20 hours'")
    own = UserSession.user_id == person.user.id
    session.execute(sa.update(UserSession).where(own).values(last_seen_at=long_ago))
    session.commit()


def _prescribes_against_an_allergy(at):
    at.press("Write a prescription", "link")
    at.page.get_by_label("Name", exact=True).fill("amox caps")
    at.page.wait_for_selector("#medicines-0 option", state="attached")
    at.press("Look it up")
    at.press("Amoxicillin 500 MG Oral Capsule")
    at.sees("Against a recorded allergy")
    at.page.get_by_label("How much").fill("1 capsule")
    at.page.get_by_label("How often").fill("three times a day")
    at.press("Issue")
    at.sees("say why it is prescribed all the same")
    at.check_on_both("prescribing")
    at.page.get_by_label("Why it is prescribed all the same").fill("Tested in May: no allergy")
    at.press("Issue")
    at.sees("The prescription is issued.")


def _has_a_laboratory_look(at):
    at.press("Order tests", "link")
    at.page.get_by_label("Tests", exact=True).fill("Sodium\nPotassium")
    at.press("Order")
    at.sees("Sodium, Potassium")
    at.press("Enter results", "link")
    at.page.get_by_label("When the sample was taken").fill("4/3/2024")
    for number, value in enumerate(("151", "4.1")):
        row = at.page.get_by_role("group", name=f"Result {number + 1}", exact=True)
        row.get_by_label("Result", exact=True).fill(value)
        row.get_by_label("Usual range").fill("135-145" if number == 0 else "3.5-5.1")
    at.press("Write them down")
    at.sees("2 results are written down.")


def _opens(at, part):
    """The patient looks into one part of their record."""
    link = at.go("/portal/record").page.locator(".options").get_by_role("link", name=part)
    address = link.get_attribute("href")
    link.click()
    at.page.wait_for_url(f"**{address}")
    return at


def _pages_of(session, cast, visit):
    """The pages that say what the visit came to."""
    session.rollback()
    chart = f"/staff/patients/{cast.maya_patient.id}"
    prescription, order = (session.scalars(sa.select(each.id)).one() for each in (Prescription, LabOrder))
    papers = (f"prescriptions/{prescription}", f"prescriptions/{prescription}/print", f"labs/{order}", "timeline")
    return [f"/staff/visits/{visit.id}/consultation", *(f"{chart}/{each}" for each in papers)]
