"""What a doctor writes down of somebody's health is heeded at the desk and read by the patient."""

from tests.journeys.browser import PHONE


def test_a_doctor_writes_down_what_the_desk_heeds_and_the_patient_reads(window, cast):
    cast.booked(patient=cast.maya_patient)
    chart = f"/staff/patients/{cast.maya_patient.id}"
    doctor = window(cast.osei)
    doctor.go(f"{chart}/health").check()
    doctor.press("Add a condition", role="link")
    doctor.page.get_by_label("Find a diagnosis").fill("diab type 2")
    doctor.page.get_by_label("E11.9 Type 2 diabetes mellitus").first.check()
    doctor.check()
    doctor.press("Add the condition")
    doctor.sees("The condition is recorded.")
    doctor.press("Add an allergy", role="link")
    doctor.page.get_by_label("To what").fill("Penicillin")
    doctor.page.get_by_label("How dangerous").select_option(label="May threaten life")
    doctor.press("Add the allergy")
    doctor.sees("The allergy is recorded.")
    doctor.check()
    doctor.press("Enter values", role="link")
    doctor.page.get_by_label("Blood pressure, upper").fill("152")
    doctor.page.get_by_label("Blood pressure, lower").fill("94")
    doctor.press("Record the values")
    doctor.sees("152/94")
    doctor.check()
    desk = window(cast.amara, size=PHONE)
    desk.go(f"/staff/booking/new?patient_id={cast.maya_patient.id}").check()
    desk.sees("Penicillin · May threaten life")
    patient = window(cast.maya, size=PHONE)
    patient.go("/portal/health").check()
    patient.sees("Type 2 diabetes mellitus without complications")
    patient.go("/portal/health/measured").check()
    patient.sees("152/94")
