"""What an address can name of a patient's health: a row of every kind."""

from datetime import UTC, datetime
from uuid import uuid4

import sqlalchemy as sa

from clinic.models.allergies import Allergy, AllergyStatus
from clinic.models.conditions import Condition
from clinic.models.immunizations import Immunization
from clinic.models.measurements import Kind, Measurement, MeasurementSource
from clinic.models.procedures import Procedure

HEALTH = {
    "condition": (Condition, {"name": "Asthma", "recorded_at": sa.func.now()}),
    "allergy": (Allergy, {"substance": "Latex", "status": AllergyStatus.ACTIVE, "recorded_at": sa.func.now()}),
    "immunization": (Immunization, {"vaccine": "Tetanus", "given_at": sa.func.now()}),
    "procedure": (Procedure, {"name": "Appendix taken out", "performed_at": sa.func.now()}),
}


def _of_health(model, **facts):
    return lambda corner, patient_id, number: model(clinic_id=corner.clinic.id, patient_id=patient_id, **facts)


def _reading(corner, patient_id, number):
    """A heart rate, whose reading goes by the id of its one row."""
    own = uuid4()
    return Measurement(
        clinic_id=corner.clinic.id, id=own, reading_id=own, patient_id=patient_id, kind=Kind.HEART_RATE, value=72,
        measured_at=datetime.now(UTC), source=MeasurementSource.DESK,
    )  # fmt: skip


HEALTH_ROWS = {f"{name}_id": _of_health(model, **facts) for name, (model, facts) in HEALTH.items()} | {
    # What was measured together is found by its reading; here that has the name of its one row.
    "reading_id": _reading
}
