"""A doctor prescribes against an allergy and says why; the patient reads it, the desk knows that it is there."""

from clinic.actions.drugs import Listed, take_in
from tests.journeys.browser import PHONE


def test_from_the_draft_to_the_patients_phone(window, cast, session):
    cast.maya_patient.allergies = "Penicillin"
    take_in(session, cast.rose.id, "some", [Listed("1", "Amoxicillin 500 MG Oral Capsule")], by=cast.ines.actor)
    session.commit()
    cast.booked(patient=cast.maya_patient)
    at = window(cast.osei)
    at.go(f"/staff/patients/{cast.maya_patient.id}/prescriptions/new").check()
    at.page.get_by_label("Name", exact=True).fill("amox caps")
    at.page.wait_for_selector("#medicines-0 option", state="attached")
    at.press("Look it up")
    at.press("Amoxicillin 500 MG Oral Capsule")
    at.sees("Against a recorded allergy")
    at.page.get_by_label("How much").fill("1 capsule")
    at.page.get_by_label("How often").fill("three times a day")
    at.press("Issue")
    at.sees("say why it is prescribed all the same")
    at.check().picture("prescribing")
    at.page.get_by_label("Why it is prescribed all the same").fill("Tested in May: no allergy")
    at.press("Issue")
    at.sees("The prescription is issued.")
    at.check().picture("prescription")
    at.press("Print", role="link")
    at.check().sees("Rose Street Clinic")
    phone = window(cast.maya, size=PHONE).go("/portal/prescriptions").check()
    phone.press("20", role="link")
    phone.sees("three times a day")
    phone.check().picture("my-prescription")
    desk = window(cast.amara).go(f"/staff/patients/{cast.maya_patient.id}/record").check()
    desk.sees("Prescription")
    assert "Amoxicillin" not in desk.page.content()


def test_a_prescription_is_written_without_script(window, cast):
    cast.booked()
    at = window(cast.osei, javascript=False).go(f"/staff/patients/{cast.tom.id}/prescriptions/new")
    at.page.get_by_label("Name", exact=True).fill("Arnica")
    at.page.get_by_label("How much").fill("4 pills")
    at.page.get_by_label("How often").fill("at night")
    at.press("Another medicine")
    at.page.get_by_role("button", name="Remove medicine 2").click()
    at.press("Issue")
    at.sees("The prescription is issued.")
