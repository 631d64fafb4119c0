"""What the demo's doctors prescribe: a short list of medicines, their favourites, and what patients were given."""

import sqlalchemy as sa

from clinic.actions import favourite_medicines, prescriptions
from clinic.actions.drugs import Listed, take_in
from clinic.actions.prescriptions import Medicine
from clinic.models.patients import Patient
from clinic.models.visits import Visit, VisitStatus

MEDICINES = (
    ("Amoxicillin", "Amoxil"), ("Atorvastatin",), ("Azithromycin",), ("Bisoprolol",), ("Cetirizine",), ("Diclofenac",),
    ("Doxycycline",), ("Flucloxacillin",), ("Ibuprofen",), ("Levothyroxine",), ("Loratadine",), ("Metformin",),
    ("Nitrofurantoin",), ("Omeprazole",), ("Paracetamol", "Acetaminophen"), ("Prednisolone",), ("Ramipril",),
    ("Salbutamol", "Albuterol"), ("Sertraline",), ("Trimethoprim",), ("Aconitum napellus", "Acon"),
    ("Arnica montana", "Arn"), ("Belladonna", "Bell"), ("Bryonia alba", "Bry"), ("Nux vomica", "Nux-v"),
    ("Pulsatilla nigricans", "Puls"), ("Rhus toxicodendron", "Rhus-t"), ("Sulphur", "Sulph"),
)  # fmt: skip
FAVOURITES = (
    Medicine("Paracetamol", "500 mg", "1 tablet", "every 6 hours", "5 days", "At most 4 g a day."),
    Medicine("Arnica montana", "30C", "4 pills", "twice a day", "3 days"),
    Medicine("Omeprazole", "20 mg", "1 capsule", "before breakfast", "4 weeks"),
)
# Whoever has an allergy on record: the doctor has thought of it.
WHY = "Tested since: no allergy."
GIVEN = (
    ((Medicine("Amoxicillin", "500 mg", "1 capsule", "three times a day", "7 days", None, WHY),
      Medicine("Paracetamol", "500 mg", "1 tablet", "when needed", "5 days", None, WHY)),
     "Rest, and drink enough. Come back if it is not better in three days."),
    ((Medicine("Arnica montana", "30C", "4 pills", "twice a day", "3 days", None, WHY),), None),
    ((Medicine("Ramipril", "5 mg", "1 tablet", "once a day", "3 months", None, WHY),
      Medicine("Atorvastatin", "20 mg", "1 tablet", "at night", "3 months", None, WHY)),
     "Measure your blood pressure twice a week and write it down."),
    ((Medicine("Cetirizine", "10 mg", "1 tablet", "at night", "until further notice", None, WHY),), None),
    ((Medicine("Salbutamol", "100 mcg", "2 puffs", "when needed", None, None, WHY),), "Shake it first."),
)  # fmt: skip
PATIENTS, LOOKED_AT = 12, 200


def prescribe(session, week):
    """Load a list, keep favourites, and prescribe at past visits; of what was given one is stopped, one corrected."""
    opened = week.opened
    listed = [Listed(name, name, tuple(others)) for name, *others in MEDICINES]
    take_in(session, opened.clinic.id, "Demo", listed, by=opened.system)
    doctors = {provider.id: (provider, doctor) for provider, doctor in opened.doctors}
    provider, doctor = opened.doctors[0]
    for each in FAVOURITES:
        favourite_medicines.keep(provider, by=doctor, **each.directions)
    issued = [
        prescriptions.issue(visit.patient, medicines, by=doctors[visit.provider_id][1], advice=advice, visit=visit)
        for visit, (medicines, advice) in zip(_visits(session, opened, doctors), _given(), strict=False)
    ]
    if len(issued) > 3:
        _afterwards(issued, session, doctors)


def _visits(session, opened, doctors):
    """One past visit of each of a few patients, those with an account of their own first."""
    own = [opened.patients[name].id for name in opened.demo.portal if name in opened.patients]
    over = (
        sa.select(Visit)
        .join(Patient, sa.and_(Patient.clinic_id == Visit.clinic_id, Patient.id == Visit.patient_id))
        .where(Visit.status == VisitStatus.COMPLETED, Visit.provider_id.in_(doctors), Patient.deceased_at.is_(None))
        .order_by(Visit.starts_at.desc(), Visit.id)
        .limit(LOOKED_AT)
    )
    last = {visit.patient_id: visit for visit in reversed(session.scalars(over).all())}
    ordered = sorted(last.values(), key=lambda visit: (visit.patient_id not in own, visit.starts_at, visit.id))
    return ordered[:PATIENTS]


def _given():
    return (GIVEN[number % len(GIVEN)] for number in range(PATIENTS))


def _afterwards(issued, session, doctors):
    stopped, wrong = issued[1], issued[2]
    prescriptions.stop(stopped, "No longer needed.", by=doctors[stopped.provider_id][1])
    medicines = (Medicine("Ramipril", "2.5 mg", "1 tablet", "once a day", "3 months", None, WHY),)
    patient = session.get(Patient, (wrong.clinic_id, wrong.patient_id))
    prescriptions.issue(patient, medicines, by=doctors[wrong.provider_id][1], replaces=wrong)
