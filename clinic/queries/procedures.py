"""What was done to a patient."""

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from clinic.db import word
from clinic.models.procedures import Procedure, ProcedureStatus
from clinic.queries.entries import CLINIC_ID, PATIENT_ID, Source

LATEST = 10
DONE = Procedure.__table__.c
TIMELINE = Source(
    "procedure", word("Procedure"), word("Procedures"), states=ProcedureStatus,
    path="/staff/patients/{patient_id}/procedures/{id}/edit",
    select=sa.select(
        sa.literal("procedure").label("kind"), DONE.id, DONE.performed_at.label("at"), DONE.name.label("title"),
        DONE.status.label("state"), DONE.visit_id, DONE.provider_id,
    ).where(DONE.clinic_id == CLINIC_ID, DONE.patient_id == PATIENT_ID, DONE.mistaken_at.is_(None)),
)  # fmt: skip


def latest(session, patient_id, most=LATEST) -> list[Procedure]:
    """The last ones, mistakes left out, and one more where there are more."""
    return list(session.scalars(everything(patient_id).where(Procedure.mistaken_at.is_(None)).limit(most + 1)))


def everything(patient_id) -> sa.Select:
    """All of them, mistakes too; the caller says how many."""
    wanted = sa.select(Procedure).options(joinedload(Procedure.recorded_by)).where(Procedure.patient_id == patient_id)
    return wanted.order_by(Procedure.performed_at.desc(), Procedure.id.desc())
