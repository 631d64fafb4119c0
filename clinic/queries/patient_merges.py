"""Records that are asked to become one, and those that did."""

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from clinic.models.patient_merges import PatientMerge
from clinic.models.patients import Patient

MOST_OPEN = 100
ON_A_PAGE = 50
OPEN = (PatientMerge.merged_at.is_(None), PatientMerge.declined_at.is_(None))
# How much waits for this person's look: what they asked for themselves waits for a colleague's.
COUNT = sa.text(
    """SELECT count(*) FROM (
        SELECT 1 FROM patient_merges AS m
         WHERE m.clinic_id = :clinic_id AND m.merged_at IS NULL AND m.declined_at IS NULL
           AND m.asked_by_id <> :user_id LIMIT :many) AS merges"""
)
WITH_NAMES = (joinedload(PatientMerge.asked_by), joinedload(PatientMerge.looked_over_by))


def open_about(session, patient_id) -> PatientMerge | None:
    """What waits for an answer about this record, as the one that stays or the one that goes."""
    either = sa.or_(PatientMerge.patient_id == patient_id, PatientMerge.other_id == patient_id)
    return session.scalars(sa.select(PatientMerge).where(either, *OPEN).limit(1)).first()


def open_ones(session) -> list[PatientMerge]:
    """What waits for an answer, oldest first."""
    found = sa.select(PatientMerge).where(*OPEN).options(*WITH_NAMES)
    return session.scalars(found.order_by(PatientMerge.created_at, PatientMerge.id).limit(MOST_OPEN)).all()


def answered(number: int) -> sa.Select:
    """The select of a page of those that were merged or declined, newest first, and one more where there are more."""
    found = sa.select(PatientMerge).where(sa.not_(sa.and_(*OPEN))).options(*WITH_NAMES)
    found = found.order_by(PatientMerge.created_at.desc(), PatientMerge.id.desc())
    return found.limit(ON_A_PAGE + 1).offset((number - 1) * ON_A_PAGE)


def into(session, patient_id) -> list[PatientMerge]:
    """What became part of this record and still is, newest first."""
    found = sa.select(PatientMerge).where(
        PatientMerge.patient_id == patient_id, PatientMerge.merged_at.is_not(None), PatientMerge.undone_at.is_(None)
    )
    return session.scalars(found.order_by(PatientMerge.merged_at.desc()).options(*WITH_NAMES).limit(20)).all()


def records_of(session, merges) -> dict:
    """The records that these merges are about, by id, whatever has become of them; one statement."""
    ids = {row_id for merge in merges for row_id in (merge.patient_id, merge.other_id)}
    patients = Patient.__table__
    if not ids:
        return {}
    wanted = sa.select(
        patients.c.id, patients.c.full_name, patients.c.mrn, patients.c.date_of_birth, patients.c.deleted_at,
        patients.c.merged_into_id,
    ).where(patients.c.clinic_id == merges[0].clinic_id, patients.c.id.in_(ids))  # fmt: skip
    return {row.id: row for row in session.connection().execute(wanted)}
