"""What the demo's doctors know of their patients' health: conditions, allergies, vaccinations, measured values."""

from datetime import timedelta
from decimal import Decimal

import sqlalchemy as sa

from clinic.actions import allergies, conditions, immunizations, measurements, procedures
from clinic.db import now
from clinic.models.accounts import Role
from clinic.models.allergies import AllergyCategory, Criticality
from clinic.models.measurements import Kind
from clinic.models.visits import Visit, VisitStatus

DAY = timedelta(days=1)
# By turns: name or code, since how many days, a note.
CONDITIONS = (
    (("I10", 2100, "Home readings well below the practice ones."), ("E78.2", 1500, None)),
    (("J45.20", 3300, "Worse in May and June."),),
    (("E11.9", 900, None), ("M17.11", 400, "Swims twice a week.")),
    (("L40.0", 5000, None),),
    (),
)
ALLERGIES = (
    (("Penicillin", AllergyCategory.MEDICATION, Criticality.HIGH, "Swollen face within minutes, 2011"),),
    (("Birch pollen", AllergyCategory.ENVIRONMENT, Criticality.LOW, "Sneezing, itching eyes"),
     ("Hazelnut", AllergyCategory.FOOD, None, "Itching in the mouth")),
    (),
    (("Latex", AllergyCategory.ENVIRONMENT, Criticality.LOW, "Rash on the hands"),),
    None,
)  # fmt: skip
VACCINES = (
    ("Influenza, inactivated", 40, None),
    ("Tetanus, diphtheria, pertussis", 1300, 5),
    ("Influenza, inactivated", 410, None),
)
PROCEDURES = ("Appendix taken out", "Wisdom teeth taken out", "Arthroscopy of the left knee", "Gastroscopy")
# How the values of a year go: upper and lower pressure, heart rate, weight in kilograms.
YEARS = (
    ((152, 94, 78, "88.4"), (146, 91, 74, "87.1"), (141, 88, 72, "86.0"), (134, 84, 70, "84.6")),
    ((118, 74, 64, "61.0"), (121, 76, 66, "61.4"), (116, 72, 62, "60.8"), (119, 75, 65, "61.2")),
    ((138, 86, 82, "96.2"), (136, 85, 80, "97.5"), (139, 87, 84, "98.1"), (137, 86, 81, "97.0")),
)
APART = 95  # days
HEIGHTS = ("171", "164", "182")
MOST = 6


def know(session, week):
    """Write it down for the first six patients whom the doctors have seen, those with an account among them."""
    for number, visit in enumerate(_seen(session, week.opened)):
        by = next(actor for provider, actor in week.opened.doctors if provider.id == visit.provider_id)
        _facts(visit.patient, number, by, week.opened)
        _values(visit, number, week.opened)


def _seen(session, opened):
    completed = sa.select(Visit).where(Visit.status == VisitStatus.COMPLETED, Visit.provider_id.is_not(None))
    with_account = {opened.patients[name].id for name in opened.demo.portal}
    visits = {}
    for visit in session.scalars(completed.order_by(Visit.starts_at, Visit.id).limit(120)):
        visits.setdefault(visit.patient_id, visit)
    living = [each for each in visits.values() if not each.patient.is_deceased]
    return sorted(living, key=lambda each: each.patient_id not in with_account)[:MOST]


def _facts(patient, number, by, opened):
    for code, days, notes in CONDITIONS[number % len(CONDITIONS)]:
        conditions.record(patient, by=by, icd10=code, onset_on=opened.today - days * DAY, notes=notes)
    known = ALLERGIES[number % len(ALLERGIES)]
    for substance, category, criticality, reaction in known or ():
        facts = {"category": category, "criticality": criticality, "reaction": reaction}
        allergies.record(patient, by=by, substance=substance, **facts)
    if known is None:
        allergies.state_none(patient, by=by)
    for vaccine, days, dose in VACCINES[: 1 + number % len(VACCINES)]:
        immunizations.record(patient, by=by, vaccine=vaccine, given_at=now() - days * DAY, dose_number=dose)
    if number % 2 == 0:
        name = PROCEDURES[number // 2 % len(PROCEDURES)]
        procedures.record(patient, by=by, name=name, performed_at=now() - (2500 + 300 * number) * DAY)


def _values(visit, number, opened):
    """A year of values, the last at the visit; the assistant measures, where there is one."""
    by = opened.staff.get(Role.MEDICAL_ASSISTANT) or next(actor for _provider, actor in opened.doctors)
    year, height = YEARS[number % len(YEARS)], Decimal(HEIGHTS[number % len(HEIGHTS)])
    for step, (upper, lower, rate, weight) in enumerate(year):
        last = step == len(year) - 1
        values = {Kind.BLOOD_PRESSURE: Decimal(upper), "diastolic": Decimal(lower), Kind.HEART_RATE: Decimal(rate),
                  Kind.WEIGHT: Decimal(weight)}  # fmt: skip
        values |= {Kind.HEIGHT: height} if step == 0 else {}
        values |= {Kind.TEMPERATURE: Decimal("36.7"), Kind.SPO2: Decimal(98)} if last else {}
        at = min(visit.starts_at, now()) - (len(year) - 1 - step) * APART * DAY
        measurements.record(visit.patient, values, by=by, measured_at=at, visit_id=visit.id if last else None)
