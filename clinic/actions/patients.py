"""Registering patients and changing what is known of them."""

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from clinic.actions import patient_words
from clinic.actions.acting import action
from clinic.models.patients import Patient

NEXT_NUMBER = sa.text("SELECT nextval('patient_numbers')")


@action
def register(session, *, by, full_name, **details):
    """Make a record for a new patient, with the next record number, findable at once."""
    number = session.connection().execute(NEXT_NUMBER).scalar()
    patient = Patient(
        clinic_id=by.clinic_id, id=details.pop("id", None) or uuid7(), mrn=f"{number:06d}",
        full_name=full_name.strip(), **_with_names(full_name, details),
    )  # fmt: skip
    session.add(patient)
    session.flush()
    patient_words.write(session, patient)
    return patient


@action
def update(patient, *, by, **details):
    """Change what is known of a patient."""
    if "full_name" in details:
        details = _with_names(details["full_name"], details)
    for name, value in details.items():
        setattr(patient, name, value)
    session = sa.orm.object_session(patient)
    session.flush()
    patient_words.write(session, patient)
    return patient


def _with_names(full_name, details):
    """First and last name out of the whole, where nobody said them apart."""
    if details.get("first_name") or details.get("last_name"):
        return details
    first, _, last = full_name.strip().rpartition(" ")
    return {**details, "first_name": first or last, "last_name": last if first else None}
