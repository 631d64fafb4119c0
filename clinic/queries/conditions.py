"""What a patient suffers from: what lasts, and everything ever written down."""

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from clinic.db import word
from clinic.models.conditions import Condition
from clinic.queries.entries import CLINIC_ID, PATIENT_ID, Source

MOST = 100
C = Condition.__table__.c
TIMELINE = Source(
    "condition", word("Condition"), word("Conditions"), path="/staff/patients/{patient_id}/conditions/{id}/edit",
    select=sa.select(
        sa.literal("condition").label("kind"), C.id, C.recorded_at.label("at"), C.name.label("title"),
        sa.null().cast(sa.Text()).label("state"), C.visit_id, C.provider_id,
    ).where(C.clinic_id == CLINIC_ID, C.patient_id == PATIENT_ID, C.mistaken_at.is_(None)),
)  # fmt: skip


def live(session, patient_id) -> list[Condition]:
    """What the patient has now, what was written down last first; 100 at most."""
    wanted = everything(patient_id).where(Condition.ended_on.is_(None), Condition.mistaken_at.is_(None))
    return list(session.scalars(wanted.limit(MOST)))


def everything(patient_id) -> sa.Select:
    """All of it, what ended and what was a mistake too; the caller says how much."""
    wanted = sa.select(Condition).options(joinedload(Condition.recorded_by)).where(Condition.patient_id == patient_id)
    return wanted.order_by(Condition.recorded_at.desc(), Condition.id.desc())
