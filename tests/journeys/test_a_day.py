"""A day at the clinic: a patient books, the board shows it by itself, the desk checks in, the doctor sees them."""

import pytest
import sqlalchemy as sa

from clinic.db import db
from clinic.models.schedule import Availability
from clinic.models.visits import Visit
from clinic.scope import Scope
from tests.journeys.browser import DESK, PHONE


@pytest.fixture
def open_all_day(cast):
    """Doctors who see patients round the clock, so that today has open times at any hour of the day."""
    session = db.session()
    session.enter(Scope.staff(cast.rose.id))
    session.execute(sa.update(Availability).values(start_time=sa.text("'00:00'"), end_time=sa.text("'24:00'")))
    session.commit()
    return cast


def book_as(patient, doctor="Dr Kwame Osei"):
    """The patient's own way through the questions, every page checked."""
    patient.go("/portal/book/").check()
    patient.press("Consultation", "link")
    patient.check()
    patient.press(doctor, "link")
    patient.check()
    patient.page.locator("ol.days a.day:not(.day-none)").first.click()
    patient.check()
    patient.page.locator("ol.times .time").first.click()
    patient.page.get_by_role("textbox").fill("A cough that stays")
    patient.check()
    patient.press("Continue")
    patient.sees("Check your answers")
    patient.check()
    patient.press("Book")
    patient.sees("booked")
    patient.check()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["1280", "360"], indirect=True)
def test_from_the_patients_booking_to_the_patients_record(window, open_all_day, size):
    cast = open_all_day
    desk = window(cast.amara, size=size).go("/staff/day")
    desk.check()
    assert desk.page.get_by_text("Maya Okafor").count() == 0

    patient = window(cast.maya, size=size)
    book_as(patient)

    desk.sees("Maya Okafor")  # nobody loaded the board again
    desk.check()
    card = desk.page.locator("article.visit", has_text="Maya Okafor")
    card.get_by_role("button", name="Check in").first.click()
    card.get_by_text("Checked in").first.wait_for()
    desk.check()

    doctor = window(cast.osei, size=size)
    doctor.page.get_by_role("heading", level=1, name="My day").wait_for()
    doctor.sees("Maya Okafor")
    doctor.check()
    mine = doctor.page.locator("article.visit", has_text="Maya Okafor")
    mine.get_by_role("button", name="Start").first.click()
    mine.get_by_role("button", name="Complete").first.wait_for()
    doctor.check()
    desk.page.locator("article.visit", has_text="Maya Okafor").get_by_text("In progress").first.wait_for()
    mine.get_by_role("button", name="Complete").first.click()
    desk.page.locator("article.visit", has_text="Maya Okafor").get_by_text("Completed").first.wait_for()
    doctor.check()

    patient.go("/portal/").check()
    patient.sees("Dr Kwame Osei")
    db.session().rollback()
    visit = db.session.scalars(sa.select(Visit)).one()
    patient.go(f"/portal/visits/{visit.id}").check()
    assert visit.status == "completed" and visit.reason == "A cough that stays"


def test_the_same_day_works_without_script(window, open_all_day):
    cast = open_all_day
    patient = window(cast.maya, javascript=False, size=PHONE)
    patient.go("/portal/book/")
    patient.press("Consultation", "link")
    patient.press("Dr Kwame Osei", "link")
    patient.page.locator("ol.days a.day:not(.day-none)").first.click()
    patient.page.locator("ol.times .time").first.click()
    patient.page.get_by_role("textbox").fill("A cough that stays")
    patient.press("Continue")
    patient.press("Book")
    patient.sees("booked")
    desk = window(cast.amara, javascript=False).go("/staff/day")
    desk.page.locator("article.visit", has_text="Maya Okafor").get_by_role("button", name="Check in").first.click()
    desk.sees("Checked in")
    doctor = window(cast.osei, javascript=False).go("/staff/my-day")
    doctor.page.locator("article.visit", has_text="Maya Okafor").get_by_role("button", name="Start").first.click()
    doctor.page.locator("article.visit", has_text="Maya Okafor").get_by_role("button", name="Complete").first.click()
    patient.go("/portal/").sees("Dr Kwame Osei")
