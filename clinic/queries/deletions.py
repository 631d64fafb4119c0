"""Records that were put away."""

import sqlalchemy as sa

from clinic.models.patients import Patient

ON_A_PAGE = 50
patients = Patient.__table__.c


def deleted(clinic_id, number: int) -> sa.Select:
    """The select of a page of deleted records that may be restored, the latest first, and one more."""
    found = sa.select(patients.id, patients.full_name, patients.mrn, patients.date_of_birth, patients.deleted_at).where(
        patients.clinic_id == clinic_id, patients.deleted_at.is_not(None), patients.merged_into_id.is_(None),
    )  # fmt: skip
    found = found.order_by(patients.deleted_at.desc(), patients.id.desc())
    return found.limit(ON_A_PAGE + 1).offset((number - 1) * ON_A_PAGE)


def one(session, clinic_id, patient_id) -> Patient | None:
    """The record with this id if it is deleted, as a row that may be changed: nothing else finds it."""
    known = sa.select(patients.id).where(
        patients.clinic_id == clinic_id, patients.id == patient_id, patients.deleted_at.is_not(None)
    )
    if session.connection().execute(known).scalar() is None:
        return None
    # The scope hides deleted rows from statements of the ORM; one that is written as SQL it leaves alone.
    row = sa.select(Patient).from_statement(
        sa.text("SELECT * FROM patients WHERE clinic_id = :clinic_id AND id = :patient_id")
    )
    return session.scalars(row, {"clinic_id": clinic_id, "patient_id": patient_id}).one()
