"""A laboratory order's way in real windows: ordered, typed in, released; the patient reads it then and not before."""

import re

from tests.journeys.browser import PHONE


def test_results_reach_the_patient_when_a_doctor_has_looked_at_them(window, cast):
    cast.booked(patient=cast.maya_patient)
    maya, doctor = cast.maya_patient.id, window(cast.osei)
    patient = window(cast.maya, size=PHONE)
    doctor.go(f"/staff/patients/{maya}/labs/order").check()
    doctor.page.get_by_label("Tests", exact=True).fill("Sodium\nPotassium")
    doctor.press("Order")
    doctor.sees("Sodium, Potassium")
    doctor.press("Enter results", role="link")
    doctor.check()
    doctor.page.get_by_label("When the sample was taken").fill("4/3/2024")
    for number, value in enumerate(("151", "4.1")):
        row = doctor.page.get_by_role("group", name=f"Result {number + 1}", exact=True)
        row.get_by_label("Result", exact=True).fill(value)
        row.get_by_label("Usual range").fill("135-145" if number == 0 else "3.5-5.1")
    doctor.press("Write them down")
    doctor.sees("2 results are written down.")
    doctor.check()
    patient.go("/portal/record/lab-results").sees("No results yet")
    doctor.page.get_by_label("A word to the patient").fill("Drink a little more.")
    doctor.press(re.compile("show the patient"))
    doctor.sees("The patient sees it")
    patient.go("/portal/record/lab-results").press(re.compile("Sodium, Potassium"), role="link")
    patient.sees("Higher than the usual range.")
    patient.sees("Drink a little more.")
    patient.check()
