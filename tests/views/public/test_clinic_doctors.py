"""The doctors on a clinic's public page: whom it shows, what it says of their times, and what that costs."""

import re
from datetime import UTC, datetime, time

from sqlalchemy import event

from clinic.db import db
from clinic.models.providers import Provider, ProviderVisitType
from clinic.models.schedule import Availability, VisitType
from tests.views.public.test_clinics import change


def statements(browser, slug):
    """How many statements the clinic's page takes."""
    counted = []

    def count(connection, cursor, statement, *rest):
        counted.append(statement)

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        assert browser.open("public.clinics.show", slug=slug).status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", count)
    return len(counted)


def offering(cast, provider, visit_type=None):
    """That the doctor offers consultations, or what is named."""
    return ProviderVisitType(
        clinic_id=cast.rose.id, provider_id=provider.id, visit_type_id=(visit_type or cast.consultation).id
    )


def test_it_asks_as_few_questions_of_the_database_for_many_doctors_as_for_two(nobody, cast, session, app):
    few = statements(nobody, "rose-street")
    for number in range(20):
        made = Provider(clinic_id=cast.rose.id, display_name=f"Dr Number {number}", approved_at=datetime.now(UTC))
        session.add(made)
        session.flush()
        session.add(offering(cast, made))
        hours = {"weekday": 1, "start_time": time(9), "end_time": time(12)}
        session.add(Availability(clinic_id=cast.rose.id, provider_id=made.id, **hours))
    session.commit()
    assert statements(nobody, "rose-street") <= few
    assert few < 15


def test_of_a_doctor_whose_types_were_not_looked_up_nothing_is_claimed(nobody, maya, stranger, cast, session):
    for number in range(6):
        name = f"Check {number}"
        kind = VisitType(clinic_id=cast.rose.id, name=name, minutes=20, position=number + 1)
        made = Provider(clinic_id=cast.rose.id, display_name=f"Dr {name}", approved_at=datetime.now(UTC))
        session.add_all([kind, made])
        session.flush()
        session.add(offering(cast, made, kind))
    session.commit()
    page = nobody.open("public.clinics.show", slug="rose-street").text
    # Nobody of these has hours: after the consultations of the others three more are looked up, and three are not.
    assert page.count("No open time in the next two weeks") == 3
    assert re.findall(r">Open times: Check (\d)</a>", page) == ["3", "4", "5"]
    assert "next=/portal/book/day" in page
    assert 'href="/portal/book/day' in maya.open("public.clinics.show", slug="rose-street").text
    assert "Open times are shown when you book." in stranger.open("public.clinics.show", slug="rose-street").text
    assert statements(nobody, "rose-street") < 18


def test_a_type_that_no_doctor_waits_for_costs_no_look(nobody, cast, session):
    for number in range(6):
        name = f"Check {number}"
        session.add(VisitType(clinic_id=cast.rose.id, name=name, minutes=20))
    change(session, VisitType, cast.consultation.id, position=9)
    page = nobody.open("public.clinics.show", slug="rose-street").text
    assert "Next open times" in page and "No open time" not in page


def test_a_specialty_and_a_language_narrow_the_doctors_down(nobody, cast, session):
    change(session, Provider, cast.dr_osei.id, specialties=["Hearts"], languages=["Twi"])
    change(session, Provider, cast.dr_lind.id, specialties=["Skin"], languages=["Swedish"])
    page = nobody.open("public.clinics.show", slug="rose-street", specialty="Skin").text
    assert "Dr Astrid Lind" in page and "Dr Kwame Osei" not in page
    for unknown in ("Bones", "\x00"):
        page = nobody.open("public.clinics.show", slug="rose-street", language=unknown).text
        assert "Dr Astrid Lind" not in page and "Show everybody" in page


def test_whoever_is_first_leads_to_the_days_of_all_these_doctors(nobody, cast, session):
    change(session, Provider, cast.dr_osei.id, languages=["Twi"])
    page = nobody.open("public.clinics.show", slug="rose-street").text
    assert "Whoever is first" in page and "doctor%3Dfirst" in page
