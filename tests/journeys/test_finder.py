"""A caller wants the next open times after work with a room: found, and booked with one press more."""

from datetime import time

import pytest
import sqlalchemy as sa

from clinic.models.schedule import Availability
from clinic.models.visits import Visit
from tests.rooms import a_kind, rooms_kept


@pytest.fixture
def evenings(session, cast):
    """Dr Lind is there every evening as well, and consultations need the one ultrasound."""
    for weekday in range(7):
        session.add(Availability(clinic_id=cast.rose.id, provider_id=cast.dr_lind.id, weekday=weekday,
                                 start_time=time(17, 30), end_time=time(19)))  # fmt: skip
    cast.dr_lind.specialties, cast.dr_lind.languages = ["Skin"], ["English", "Swedish"]
    cast.dr_osei.specialties, cast.dr_osei.languages = ["Hearts"], ["English", "Twi"]
    session.commit()
    return a_kind(session, cast, "Ultrasound", "Sono 1", needed_by=[cast.consultation])


def find_and_book(desk, cast, looked_at=True):
    """Ask for times after work, in two weeks, with somebody who speaks Swedish; take the first."""
    desk.go(f"/staff/finder?patient_id={cast.tom.id}")
    desk.page.get_by_label("Time of day").select_option("after_work")
    desk.page.get_by_label("From", exact=True).select_option("14")
    desk.page.get_by_label("Speaks").select_option("Swedish")
    desk.page.get_by_role("button", name="Find", exact=True).click()
    times = desk.page.locator("a.suiting")
    times.first.wait_for()
    assert times.count() == 3 and "Sono 1" in times.first.inner_text()
    if looked_at:
        desk.check().picture("finder")
    times.first.click()
    desk.sees("Room: Sono 1")
    desk.page.locator("#chosen").get_by_role("button", name="Book", exact=True).click()
    desk.page.wait_for_url("**/staff/day?date=*")
    desk.sees("Booked: Tom Baker")


def test_the_next_time_with_a_room_after_work_in_two_weeks_is_booked_and_its_room_changed(
    window, cast, session, size, evenings
):
    desk = window(cast.amara, size=size)
    find_and_book(desk, cast)
    session.rollback()
    visit = session.scalars(sa.select(Visit)).one()
    assert rooms_kept(session, visit) == ["Sono 1"]
    desk.go(f"/staff/visits/{visit.id}/room").check()
    desk.page.get_by_label("Room").select_option("")
    desk.press("Save the room")
    desk.sees("Room saved.")
    session.rollback()
    assert rooms_kept(session) == []


def test_the_same_without_script(window, cast, session, evenings):
    find_and_book(window(cast.amara, javascript=False), cast, looked_at=False)
    assert rooms_kept(session) == ["Sono 1"]


def test_an_administrator_keeps_rooms(window, cast, size, evenings):
    admin = window(cast.ines, size=size)
    type_page = f"/staff/visit-types/{cast.consultation.id}"
    for address in ("/staff/rooms", "/staff/rooms/new", "/staff/room-kinds/new", type_page):
        admin.go(address).check().picture("rooms" + address.replace("/", "-")[-16:])


def test_a_patient_says_which_doctors_will_do(window, cast, size, evenings):
    patient = window(cast.maya, size=size).go(f"/portal/book/doctor?visit_type_id={cast.consultation.id}")
    patient.page.get_by_label("Speaks").select_option("Twi")
    patient.page.get_by_role("button", name="Show", exact=True).click()
    patient.check().picture("which-doctor")
    assert "Dr Astrid Lind" not in patient.page.locator("main").inner_text()
    visitor = window(size=size).go("/c/rose-street?language=English").check().picture("which-doctor-public")
    visitor.sees("Whoever is first")
