"""A patient reads who opened their record; an administrator reads who was refused what."""

import pytest

from clinic.models.patients import PatientAccess
from clinic.models.people import Relation
from tests.visitor import Visitor


@pytest.fixture
def opened(app, cast, session):
    """What happened at Rose Street this morning."""
    cast.booked(patient=cast.maya_patient)
    session.add(PatientAccess(clinic_id=cast.rose.id, patient_id=cast.tom.id, user_id=cast.maya.user.id,
                              relation=Relation.CARER))  # fmt: skip
    session.commit()
    mayas = f"/staff/patients/{cast.maya_patient.id}"
    looked = ((cast.amara, mayas), (cast.amara, mayas), (cast.amara, f"/staff/patients/{cast.tom.id}"),
              (cast.osei, mayas), (cast.lind, mayas), (cast.lind, "/staff/colleagues"))  # fmt: skip
    for person, page in looked:
        Visitor(app, person).open(page)


def test_a_patient_reads_who_opened_their_record(window, cast, opened, size):
    patient = window(cast.maya, size=size).go("/portal/details/").check()
    patient.press("Who opened my record", "link")
    patient.sees("(Receptionist) looked at your record 2 times")
    patient.sees("Kwame Osei")
    assert "Astrid Lind" not in patient.page.content()
    patient.check().picture(f"who-opened-{size['width']}")
    patient.press("Tom Baker", "link")
    patient.sees("Amara Diallo")
    patient.press("Show what I did myself, too", "link")
    patient.sees("You")
    patient.check()


def test_an_administrator_finds_who_was_refused_and_what_exactly(window, cast, opened, size):
    admin = window(cast.ines, size=size).go("/staff/audit").check().picture(f"audit-{size['width']}")
    admin.page.get_by_label("Allowed or refused").select_option("refused")
    admin.press("Show")
    admin.sees("Astrid Lind was refused the record of Maya Okafor")
    admin.page.locator(".deed summary").first.click()
    admin.check().picture(f"audit-refused-{size['width']}")
    admin.page.get_by_label("Allowed or refused").select_option("")
    admin.press("Show")
    admin.page.locator("main").get_by_label("About one patient").fill("okafor")
    admin.press("Find")
    admin.page.locator("main .found a").first.click()
    admin.sees("About Maya Okafor")
    assert "Tom Baker’s" not in admin.page.content()
    admin.check().picture(f"audit-patient-{size['width']}")


def test_a_doctor_reads_what_they_did(window, cast, opened, size):
    doctor = window(cast.osei, size=size).go("/staff/audit/own")
    doctor.sees("Kwame Osei opened Maya Okafor’s record")
    doctor.check().picture(f"own-{size['width']}")
