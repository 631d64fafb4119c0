"""A doctor goes through a patient's chart, tab by tab, and back."""

import pytest

from clinic.actions import patients as verbs
from clinic.models.patients import TagKind
from clinic.models.prescriptions import Prescription, PrescriptionItem
from clinic.models.recorded import RecordSource

MEDICINE = "Planted-Medicine"


@pytest.fixture
def toms(cast, session):
    """Tom has a visit tomorrow, a flag, and a prescription of Dr Osei's."""
    cast.booked()
    tom = session.merge(cast.tom)
    verbs.add_tag(tom, TagKind.FLAG, "Deaf", by=cast.amara.actor)
    issued = Prescription(
        clinic_id=cast.rose.id, patient_id=tom.id, provider_id=cast.dr_osei.id, source=RecordSource.CLINIC,
        items=[PrescriptionItem(clinic_id=cast.rose.id, position=1, medicine_name=MEDICINE)],
    )  # fmt: skip
    session.add(issued)
    session.commit()


def test_a_doctor_goes_through_the_chart_tab_by_tab(window, cast, toms, size):
    doctor = window(cast.osei, size=size).go("/staff/patients")
    doctor.page.locator("main").get_by_role("link", name="Tom Baker").click()
    doctor.sees(MEDICINE)
    doctor.check().picture(f"chart-{size['width']}")
    doctor.page.get_by_label("Visits", exact=True).check()
    doctor.page.wait_for_url("**kind=visit**")
    doctor.page.get_by_text(MEDICINE).wait_for(state="detached")
    # The tab changes below a banner that stays, and so does the address; going back brings the page before.
    banner = doctor.page.locator(".chart-banner").element_handle()
    doctor.page.get_by_role("link", name="Details", exact=True).click()
    doctor.page.wait_for_url(f"**/patients/{cast.tom.id}")
    doctor.sees("Coming visits")
    assert doctor.page.locator(".chart-banner").evaluate("(now, before) => now === before", banner)
    assert doctor.page.evaluate("document.activeElement.id") == "tab-patients-show"
    doctor.check()
    doctor.page.go_back()
    doctor.page.wait_for_url("**kind=visit**")
    doctor.sees("to come")
