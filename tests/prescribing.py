"""Prescriptions as tests need them: Tom's, by Dr Osei, who sees him."""

from clinic.actions import prescriptions
from clinic.actions.prescriptions import Medicine

AMOXICILLIN = Medicine("Amoxicillin", "500 mg", "1 capsule", "three times a day", "7 days", "with food")
ARNICA = Medicine("Arnica montana", "30C", "4 pills", "twice a day")


def prescribed(session, cast, *medicines, patient=None, by=None, **more):
    """A prescription issued and committed; the patient has a visit with Dr Osei from then on."""
    patient = patient or cast.tom
    if patient.id not in (known := session.info.setdefault("seen by Dr Osei", set())):
        known.add(patient.id)
        cast.booked(cast.tomorrow_at(9 + len(known) % 7, days=20), patient=patient)
    issued = prescriptions.issue(patient, medicines or (AMOXICILLIN, ARNICA), by=(by or cast.osei).actor, **more)
    session.commit()
    return issued
