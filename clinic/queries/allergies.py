"""What a patient must not be given: read by the chart's banner, at booking, and before something is prescribed."""

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from clinic.db import word
from clinic.models.allergies import Allergy, AllergyStatus, Criticality
from clinic.queries.entries import CLINIC_ID, PATIENT_ID, Source

MOST = 100
LIVE = (Allergy.status == AllergyStatus.ACTIVE, Allergy.mistaken_at.is_(None))
# What may threaten life first, then in the order of the alphabet.
ORDER = (sa.case((Allergy.criticality == Criticality.HIGH, 0), else_=1), sa.func.lower(Allergy.substance), Allergy.id)
A = Allergy.__table__.c
TIMELINE = Source(
    "allergy", word("Allergy"), word("Allergies"), states=AllergyStatus,
    path="/staff/patients/{patient_id}/allergies/{id}/edit",
    select=sa.select(
        sa.literal("allergy").label("kind"), A.id, A.recorded_at.label("at"), A.substance.label("title"),
        A.status.label("state"), A.visit_id, A.provider_id,
    ).where(A.clinic_id == CLINIC_ID, A.patient_id == PATIENT_ID, A.mistaken_at.is_(None), ~A.is_none_known),
)  # fmt: skip


def live(session, patient_id) -> list[Allergy]:
    """The allergies that have to be heeded now, the dangerous ones first; 100 at most."""
    wanted = sa.select(Allergy).where(Allergy.patient_id == patient_id, *LIVE, ~Allergy.is_none_known)
    return list(session.scalars(wanted.order_by(*ORDER).limit(MOST)))


def heeded(session, patient_id) -> tuple[list[Allergy], bool]:
    """What ``live`` gives, and whether the patient knows of no allergy; one statement."""
    wanted = sa.select(Allergy).where(Allergy.patient_id == patient_id, *LIVE)
    rows = session.scalars(wanted.order_by(*ORDER).limit(MOST)).all()
    found = [each for each in rows if not each.is_none_known]
    return found, bool(rows) and not found


def heeded_among(session, patient_ids) -> dict:
    """What ``heeded`` gives for each of these patients of whom anything is known, by their id; one statement."""
    if not patient_ids:
        return {}
    place = sa.func.row_number().over(partition_by=Allergy.patient_id, order_by=ORDER).label("place")
    wanted = sa.select(Allergy, place).where(Allergy.patient_id.in_(list(patient_ids)), *LIVE).subquery()
    each_one = aliased(Allergy, wanted)
    by_patient = {}
    for row in session.scalars(sa.select(each_one).where(wanted.c.place <= MOST).order_by(wanted.c.place)):
        by_patient.setdefault(row.patient_id, []).append(row)
    found = {}
    for patient_id, rows in by_patient.items():
        live_ones = [row for row in rows if not row.is_none_known]
        found[patient_id] = (live_ones, not live_ones)
    return found


def none_known(session, patient_id) -> Allergy | None:
    """That somebody asked and the patient knows of no allergy; None where nobody has asked, or there are some."""
    wanted = sa.select(Allergy).where(Allergy.patient_id == patient_id, *LIVE, Allergy.is_none_known)
    return session.scalars(wanted).first()


def everything(patient_id) -> sa.Select:
    """All of them, what no longer counts and what was a mistake too; the caller says how many."""
    wanted = sa.select(Allergy).options(joinedload(Allergy.recorded_by)).where(Allergy.patient_id == patient_id)
    return wanted.order_by(Allergy.recorded_at.desc(), Allergy.id.desc())
