"""Remembering what was known of a patient before it is changed, detail by detail, and who changed what meanwhile."""

from datetime import date, datetime, timedelta
from enum import Enum

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from clinic.actions.acting import Refused
from clinic.models.patient_changes import PatientChange
from clinic.models.patients import Patient

# The details whose history is kept: who somebody is and how they are reached, nothing of their health.
FIELDS = (
    "full_name", "date_of_birth", "gender", "phone", "email", "address_line", "city", "state", "postal_code", "country",
    "timezone", "language", "preferred_contact_method", "emergency_contact_name", "emergency_contact_phone", "notes",
    "deceased_at",
)  # fmt: skip
# Not columns: that a record was put away and taken out again, with the reason.
DELETED, RESTORED = "deleted", "restored"
# At the same moment as the record itself says that it was changed.
INSERT = sa.insert(PatientChange.__table__).values(created_at=sa.func.now()).inline()


class ChangedMeanwhile(Refused):
    """Somebody changed the same details otherwise since they were seen.

    ``clashing`` names those details, ``theirs`` the ones only the other person touched.
    """

    def __init__(self, clashing, theirs):
        super().__init__(
            "Somebody changed the same meanwhile. Look at theirs, then save yours again if it is to stand."
        )
        self.clashing, self.theirs = clashing, theirs


def beside_others(session, patient: Patient, details: dict, seen: datetime) -> dict:
    """What of these details is to be written, where others may have changed the locked record since it was ``seen``.

    Who sends a form sends what they never touched as well: that does not undo what somebody else wrote there.
    """
    if patient.updated_at == seen:
        return details
    # A change that waited for another one may bear the earlier moment of the two.
    since = min(seen, patient.updated_at - timedelta(microseconds=1))
    changes = sa.select(PatientChange.field, PatientChange.before)
    mine = sa.and_(PatientChange.clinic_id == patient.clinic_id, PatientChange.patient_id == patient.id)
    later = changes.where(mine, PatientChange.created_at > since)
    was = {}
    for name, before in session.execute(later.order_by(PatientChange.created_at, PatientChange.id)):
        was.setdefault(name, before)
    theirs = {name for name in was if name in details and _words(details[name]) == was[name]}
    both = [name for name in was if name in details and name not in theirs]
    if clashing := [name for name in both if _words(details[name]) != _words(getattr(patient, name))]:
        raise ChangedMeanwhile(clashing, theirs)
    return {name: value for name, value in details.items() if name not in theirs}


def keep(session, patient: Patient, *, by):
    """Remember what is about to change of the patient; called before the change is flushed."""
    state = sa.inspect(patient)
    lines = []
    for name in FIELDS:
        history = state.attrs[name].load_history()
        if history.has_changes():
            lines.append((name, next(iter(history.deleted or ()), None), getattr(patient, name)))
    write(session, patient, lines, by=by)


def write(session, patient, lines, *, by):
    """Remember these (field, before, after) of the patient; what says the same before and after is left out."""
    rows = rows_of(patient.clinic_id, patient.id, lines, by=by)
    if rows:
        session.connection().execute(INSERT, rows)


def rows_of(clinic_id, patient_id, lines, *, by) -> list[dict]:
    """The rows to insert for these (field, before, after) of one patient."""
    said = ((name, _words(before), _words(after)) for name, before, after in lines)
    return [
        {
            "clinic_id": clinic_id, "id": uuid7(), "patient_id": patient_id, "field": name, "before": before,
            "after": after, "changed_by_id": by.user_id, "changed_for_id": by.on_behalf_of_id,
        }
        for name, before, after in said if before != after
    ]  # fmt: skip


def _words(value):
    """A detail as text, the same whatever the clinic's language: a Choice by its value, a date in ISO form."""
    if value is None or value == "":
        return None
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
