"""What doctors of the demo wrote: signed notes of past visits, a draft of the one that goes on, texts to begin from."""

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from clinic.actions import consultations, note_templates
from clinic.actions.consultations import Sending, Words
from clinic.models.visits import Visit, VisitStatus
from clinic.seed.days import Week

OF_EVERYBODY = 8
TEXTS = (
    Words("Cough and a runny nose for four days, no fever.", "A cold", ("J00",),
          "Rest, plenty to drink, steam. Come back if there is fever, or after ten days."),
    Words("Pain in the lower back since lifting a box on Saturday. No numbness, walks well.",
          "Strain of the lower back", ("M54.50",), "Stay active, warmth. Exercises shown. Look again in two weeks.",
          "Asked for a certificate; none needed this time."),
    Words("Check of the blood pressure, feels well.", "High blood pressure, well controlled", ("I10",),
          "Go on as before. Measure at home twice a week and bring the list."),
    Words("Headaches in the evening, more since the new job.", "Tension headache", ("G44.209",),
          "Breaks from the screen, a diary for three weeks, then we decide together."),
)  # fmt: skip
DRAFT = Words("Sore throat for three days, hurts to swallow.", notes="Asked about allergies to antibiotics.")
TEMPLATES = (
    {"name": "A cold", "complaints": "Cough:\nFever:\nSince:", "diagnosis": "A cold", "diagnosis_codes": ["J00"],
     "treatment": "Rest, plenty to drink."},
    {"name": "Check of blood pressure", "complaints": "Values at home:", "diagnosis_codes": ["I10"]},
)  # fmt: skip
# A draft may still be dated; what is signed nobody dates any more.
SIGN = sa.text(
    """UPDATE consultations SET edited_at = :at, signed_at = :at, signed_by_id = :by, duration_minutes = :minutes
        WHERE clinic_id = :clinic_id AND visit_id = :visit_id"""
)


def take_notes(session, week: Week):
    """Notes of the first portal patient's visits and of some others, a draft for whoever is being seen, templates."""
    opened = week.opened
    doctors = {provider.id: actor for provider, actor in opened.doctors}
    first = opened.patients[opened.demo.portal[0]].id
    seen = sa.select(Visit).where(Visit.status == VisitStatus.COMPLETED, Visit.provider_id.in_(doctors))
    of_first = session.scalars(seen.where(Visit.patient_id == first).order_by(Visit.starts_at)).all()
    others = seen.where(Visit.patient_id != first).order_by(Visit.starts_at.desc(), Visit.patient_id)
    for number, visit in enumerate((*of_first, *session.scalars(others.limit(OF_EVERYBODY)).all())):
        _signed(session, week, visit, TEXTS[number % len(TEXTS)], doctors[visit.provider_id])
    provider, actor = opened.doctors[0]
    going_on = sa.select(Visit).where(Visit.status == VisitStatus.IN_PROGRESS, Visit.provider_id == provider.id)
    for visit in session.scalars(going_on.limit(1)):
        consultations.autosave(visit, DRAFT, Sending(0, uuid7()), by=actor)
    for each in TEMPLATES:
        note_templates.add(session, by=actor, **each)


def _signed(session, week, visit, words, doctor):
    """The note was signed when the visit ended, as the demo tells it."""
    consultations.autosave(visit, words, Sending(0, uuid7()), by=doctor)
    stamps = week.stamps.get(visit.id, {})
    ended, started = stamps.get("ended_at", visit.ended_at), stamps.get("started_at", visit.started_at)
    minutes = round((ended - started).total_seconds() / 60)
    session.flush()
    session.connection().execute(
        SIGN,
        {"at": ended, "by": doctor.user_id, "minutes": max(0, min(minutes, 1440)), "clinic_id": visit.clinic_id,
         "visit_id": visit.id},
    )  # fmt: skip
