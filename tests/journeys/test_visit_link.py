"""One link from the invitation to afterwards: confirmed, answered, moved, kept after all, checked in, spoken of."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import intake, offer_links, visit_links, visits
from clinic.db import now
from clinic.models.intake import QuestionKind
from clinic.models.schedule import VisitType
from clinic.models.visits import Visit
from tests.actions.offering import offered
from tests.journeys.browser import PHONE

K = QuestionKind


@pytest.fixture
def visit(cast, session):
    """Maya's consultation in three days, before which three things are asked."""
    visit_type = session.get(VisitType, (cast.rose.id, cast.consultation.id))
    for question, kind, choices in (
        ("Since when?", K.DATE, []), ("Any medicines?", K.YES_NO, []), ("How is it?", K.CHOICE, ["Better", "Worse"]),
    ):  # fmt: skip
        intake.add(visit_type, by=cast.ines.actor, question=question, kind=kind, choices=choices, is_required=True)
    return cast.booked(cast.tomorrow_at(11, days=3), patient=cast.maya_patient)


@pytest.fixture
def path(session, visit, cast):
    """The link's path."""
    address = visit_links.address(session, visit, by=cast.amara.actor)
    session.commit()
    return address[address.index("/v/") :]


def let_it_begin(session, visit, minutes):
    starts = now() + timedelta(minutes=minutes)
    for table, key in (("slots", visit.slot_id), ("visits", visit.id)):
        busy = ", busy_from = :a, busy_until = :b" if table == "slots" else ""
        statement = sa.text(f"UPDATE {table} SET starts_at = :a, ends_at = :b{busy} WHERE id = :id")
        session.execute(statement, {"a": starts, "b": starts + timedelta(minutes=20), "id": key})
    session.commit()


def looked_at(window, script, name=None):
    """Check what is on the screen, and keep a picture; axe itself needs script."""
    if script:
        window.check().picture((name or "link-") + "phone")
    return window


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_before_the_day_on_a_phone(window, path, visit, script):
    phone = window(size=PHONE, javascript=script)
    phone.go(path).sees("Dr Kwame Osei")
    looked_at(phone, script, "link-").press("Yes, I will come")
    phone.sees("We look forward to seeing you")
    looked_at(phone, script)
    phone.press("Answer them now", role="link")
    phone.sees("Your date of birth")
    looked_at(phone, script).page.get_by_label("The patient’s date of birth").fill("12/04/1991")
    phone.press("Continue")
    phone.sees("That is not the date of birth we have")
    looked_at(phone, script).page.get_by_label("The patient’s date of birth").fill("12/04/1990")
    phone.press("Continue")
    phone.sees("Your answers help your doctor")
    looked_at(phone, script, "link-questions-").page.get_by_label("Since when?").fill("2026-01-05")
    phone.page.get_by_text("Yes", exact=True).click()
    phone.page.get_by_text("Worse", exact=True).click()
    phone.press("Save the answers")
    phone.sees("You have answered the questions")
    looked_at(phone, script).press("Move this visit", role="link")
    looked_at(phone, script).page.locator("a.day").last.click()
    phone.page.locator("a.time").first.click()
    looked_at(phone, script, "link-move-").press("Move the visit")
    phone.sees("Moved from")
    looked_at(phone, script).press("Cancel this visit", role="link")
    looked_at(phone, script).press("Yes, cancel the visit")
    phone.sees("cancelled at your wish")
    looked_at(phone, script, "link-cancelled-").press("Keep the visit after all")
    phone.sees("you have told us that you will come")


def test_the_pages_in_german_fit_a_phone(window, path, visit, cast, session):
    cast.maya_patient.language = "de"
    session.commit()
    phone = window(size=PHONE)
    phone.go(path).check().picture("link-german").press("Ja, ich komme")
    phone.sees("Wir freuen uns auf Sie")
    phone.press("Termin verschieben", role="link").check().picture("link-german-birth")
    phone.page.get_by_label("Geburtsdatum der Patientin oder des Patienten").fill("12/04/1990")
    phone.press("Weiter").check().picture("link-german-move")
    phone.page.locator("a.day").last.click()
    phone.check().picture("link-german-time").page.locator("a.time").first.click()
    phone.check().picture("link-german-check").go(f"{path}/questions").press("Antworten speichern")
    phone.sees("Bitte prüfen Sie Ihre Angaben")
    phone.check().picture("link-german-questions").go(f"{path}/cancel").check().press("Ja, Termin absagen")
    phone.sees("auf Ihren Wunsch abgesagt")
    phone.check().picture("link-german-cancelled").go("/v/x").check()
    offer = offered(session, cast, cast.tomorrow_at(15), cast.booked(cast.tomorrow_at(9), patient=cast.maya_patient))
    phone.go(f"/o/{offer_links.token_of(offer)}").check().picture("offer-german").press("Ja, ich nehme diese Zeit")
    phone.sees("Ihr Termin ist für diese Zeit gebucht")
    phone.check()


def test_on_the_day_the_board_hears_of_it_and_afterwards_the_clinic(window, path, visit, cast, session, size):
    let_it_begin(session, visit, 20)
    desk, patient = window(cast.amara, size=size), window(size=size)
    desk.go(f"/staff/visits/{visit.id}").check()
    patient.go(path).check().picture(f"link-today-{size['width']}").press("I am here")
    patient.sees("We know that you are here")
    desk.sees("Checked in")
    desk.check().press("Patient’s link", role="link")
    desk.sees("Make a new link")
    desk.check().picture(f"link-desk-{size['width']}")
    session.rollback()
    session.expire_all()
    found = session.get(Visit, (cast.rose.id, visit.id))
    visits.start(found, by=cast.osei.actor)
    visits.complete(found, by=cast.osei.actor)
    session.commit()
    patient.go(path).check().picture(f"link-over-{size['width']}").page.get_by_text("4 · good").click()
    patient.page.get_by_label("Would you like to say more?").fill("Kind and clear")
    patient.press("Send")
    patient.sees("Thank you for telling us")
    patient.check()
    admin = window(cast.ines, size=size)
    admin.go("/staff/feedback").sees("Kind and clear")
    admin.check().picture(f"feedback-{size['width']}").press("Show it to the doctor")
    admin.sees("The doctor reads it now")
    doctor = window(cast.osei, size=size)
    doctor.go("/staff/feedback/own").sees("Kind and clear")
    doctor.check().picture(f"feedback-own-{size['width']}")


def test_the_administrator_asks_before_visits(window, cast, session, size):
    admin = window(cast.ines, size=size)
    admin.go(f"/staff/visit-types/{cast.consultation.id}").press("Questions before the visit", role="link")
    admin.check().press("Add a question", role="link")
    admin.check().page.get_by_label("Question", exact=True).fill("How often?")
    admin.page.get_by_label("Answered with").select_option("choice")
    admin.press("Add the question")
    admin.sees("Write between 2 and 20 lines")
    admin.check().page.get_by_label("What can be chosen").fill("Once\nTwice")
    admin.press("Add the question")
    admin.sees("The question is asked from now on")
    admin.check().picture(f"questions-{size['width']}").press("Retire How often?")
    admin.sees("what was answered stays")
    admin.press("Undo")
    admin.sees("It is asked again")
    admin.go("/staff/check-in").check().picture(f"check-in-{size['width']}")
