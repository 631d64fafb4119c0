"""What a patient was vaccinated against."""

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from clinic.db import word
from clinic.models.immunizations import Immunization, ImmunizationStatus
from clinic.queries.entries import CLINIC_ID, PATIENT_ID, Source

LATEST = 10
GIVEN = Immunization.__table__.c
TIMELINE = Source(
    "immunization", word("Vaccination"), word("Vaccinations"), states=ImmunizationStatus,
    path="/staff/patients/{patient_id}/immunizations/{id}/edit",
    select=sa.select(
        sa.literal("immunization").label("kind"), GIVEN.id, GIVEN.given_at.label("at"), GIVEN.vaccine.label("title"),
        GIVEN.status.label("state"), GIVEN.visit_id, GIVEN.provider_id,
    ).where(GIVEN.clinic_id == CLINIC_ID, GIVEN.patient_id == PATIENT_ID, GIVEN.mistaken_at.is_(None)),
)  # fmt: skip


def latest(session, patient_id, most=LATEST) -> list[Immunization]:
    """The last ones, mistakes left out, and one more where there are more."""
    return list(session.scalars(everything(patient_id).where(Immunization.mistaken_at.is_(None)).limit(most + 1)))


def everything(patient_id) -> sa.Select:
    """All of them, mistakes too; the caller says how many."""
    wanted = sa.select(Immunization).options(joinedload(Immunization.recorded_by))
    wanted = wanted.where(Immunization.patient_id == patient_id)
    return wanted.order_by(Immunization.given_at.desc(), Immunization.id.desc())
