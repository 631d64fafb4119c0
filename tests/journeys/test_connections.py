"""Seeing a record in the portal: invited by the desk or the patient, found again by the desk; in a real browser."""

import re

import sqlalchemy as sa

from clinic.models.patients import Patient, PatientAccess
from tests.cast import PASSWORD

OWN = "a brand new password"


def link_on(at):
    """The path of the link that the page shows."""
    shown = at.page.locator("#link").input_value()
    return re.search(r"/connect/\S+", shown).group(0)


def take_up(at, path, born, first, last):
    """Open the link, give the date of birth, and make an account."""
    at.go(path).check()
    at.page.get_by_label("The patient’s date of birth").fill("1 January")
    at.press("Continue")
    at.sees("Write the date like")
    at.check().page.get_by_label("The patient’s date of birth").fill(born)
    at.press("Continue")
    at.check()
    at.page.get_by_label("First name").fill(first)
    at.page.get_by_label("Last name").fill(last)
    at.page.get_by_label("Choose a password").fill(OWN)
    at.press("See the record")
    at.page.get_by_role("heading", level=1, name="My visits").wait_for()


def invitation(at, patient, email, relation):
    """Invite somebody at the desk; the path of their link."""
    at.go(f"/staff/patients/{patient.id}").check().press("Invite to the portal", role="link")
    at.check().press("Invite")
    at.sees("Choose who they are to the patient.")
    at.check()
    at.page.get_by_label("Email").fill(email)
    at.page.get_by_label(relation).check()
    at.press("Invite")
    at.sees("This link is shown only now")
    return link_on(at.check().picture(f"invited-{at.page.viewport_size['width']}"))


def test_the_desk_invites_a_patient_who_then_sees_the_record(window, cast, session, size):
    desk, toms = window(cast.amara, size=size), window(size=size)
    cast.booked()
    session.rollback()
    path = invitation(desk, cast.tom, "tom@example.org", "The patient themself")
    take_up(toms, path, "01/12/1955", "Tom", "Baker")
    toms.check().sees("Consultation with Dr Kwame Osei")
    window(size=size).go(path).check().sees("This link no longer works")
    desk.go(f"/staff/patients/{cast.tom.id}").sees("tom@example.org")
    desk.check().picture(f"patient-{size['width']}").press("End Tom Baker")
    desk.sees("They no longer see the record")
    toms.go("/portal/").check().sees("Your account is not connected to your record yet")


def test_a_patient_lets_a_carer_in_and_ends_it(window, cast, session, size):
    cast.booked(patient=cast.maya_patient)
    session.rollback()
    maya, ben = window(cast.maya, size=size), window(size=size)
    maya.go("/portal/").press("Family and carers", role="link")
    maya.check().press("Let somebody see your record", role="link")
    maya.check().picture(f"carer-{size['width']}").page.get_by_label("Email").fill("ben@example.org")
    maya.press("Yes, let them see my record")
    maya.sees("We send a link to ben@example.org")
    take_up(ben, link_on(maya.check()), "12/04/1990", "Ben", "Okafor")
    ben.check().picture(f"proxy-{size['width']}").sees("You see the visits of Maya Okafor.")
    ben.press("Show the visit", role="link")
    ben.check().sees("Maya Okafor")
    ben.go("/portal/book/").check().sees("For Maya Okafor")
    ben.go("/portal/family/").check().sees("Whose records you see")
    maya.press("Back to family and carers", role="link")
    maya.check().picture(f"family-{size['width']}").press("End Ben Okafor")
    maya.sees("They no longer see your record.")
    ben.go("/portal/").check().sees("Your account is not connected to your record yet")


def test_without_script_a_carer_is_invited_with_an_account_of_their_own(window, cast, session):
    maya, lind = window(cast.maya, javascript=False), window(javascript=False)
    maya.go(f"/portal/family/{cast.maya_patient.id}/invite").page.get_by_label("Email").fill(cast.lind.user.email)
    maya.press("Yes, let them see my record")
    lind.go(link_on(maya)).page.get_by_label("The patient’s date of birth").fill("12/04/1990")
    lind.press("Continue")
    lind.press("Sign in", role="link")
    lind.page.get_by_label("Email").fill(cast.lind.user.email)
    lind.page.get_by_label("Password", exact=True).fill(PASSWORD)
    lind.press("Sign in")
    lind.press("See the record")
    lind.sees("You see the visits of Maya Okafor.")


def test_the_desk_finds_who_signed_up_to_be_known_and_joins_the_two(window, cast, session, size):
    at, desk = window(size=size), window(cast.amara, size=size)
    at.go("/c/rose-street/sign-up")
    signing_up = {"First name": "Tom", "Last name": "Baker", "Date of birth": "01/12/1955", "Phone": "020 7946 0991",
                  "Email": "tom@example.org", "Choose a password": OWN}  # fmt: skip
    for label, words in signing_up.items():
        at.page.get_by_label(label).fill(words)
    at.press("Sign up")
    session.rollback()
    made = session.scalars(sa.select(Patient).where(Patient.email == "tom@example.org")).one()
    visit = cast.booked(patient=made)
    session.rollback()
    desk.go("/staff/connections").check().picture(f"sign-ups-{size['width']}").sees("Looks like")
    desk.press("It is the same person", role="link")
    desk.check().picture(f"same-{size['width']}").press("It is the same person")
    desk.sees("Say how you checked who they are.")
    desk.check().page.get_by_label("They showed a document with their picture").check()
    desk.press("It is the same person")
    desk.sees("They now see this record in the portal.")
    desk.check()
    at.go(f"/portal/visits/{visit.id}").check().sees("Your visit" if not visit.visit_type else "Consultation")
    session.rollback()
    access = sa.select(PatientAccess.patient_id).where(PatientAccess.patient_id == cast.tom.id)
    assert session.scalars(access).one()
