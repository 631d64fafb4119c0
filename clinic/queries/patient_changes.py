"""What was known of a patient before, newest change first."""

import sqlalchemy as sa

from clinic.models.accounts import User
from clinic.models.patient_changes import PatientChange

ON_A_PAGE = 50
NOTES = "notes"


def changes(patient_ids, number: int, *, with_notes: bool) -> sa.Select:
    """The select of a page of the changes of these records of one person, and one more where there are more."""
    found = sa.select(PatientChange).where(PatientChange.patient_id.in_(list(patient_ids)))
    if not with_notes:
        found = found.where(PatientChange.field != NOTES)
    found = found.order_by(PatientChange.created_at.desc(), PatientChange.id.desc())
    return found.limit(ON_A_PAGE + 1).offset((number - 1) * ON_A_PAGE)


def names_of(session, rows) -> dict:
    """Who made these changes, by id; one statement."""
    ids = {row.changed_by_id for row in rows} | {row.changed_for_id for row in rows}
    return {user.id: user.name for user in session.scalars(sa.select(User).where(User.id.in_(ids - {None})))}
