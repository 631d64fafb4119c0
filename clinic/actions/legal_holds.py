"""Keeping a record as it is because the law asks for it, and letting go of it again."""

from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic.actions.acting import Refused, action
from clinic.db import now
from clinic.models.keeping import LegalHold
from clinic.models.patients import Patient
from clinic.queries.keeping import live_hold


@action
def place(patient: Patient, reason: str, *, by):
    """Hold the patient's record: nothing of it is purged or erased until somebody ends the hold."""
    session = object_session(patient)
    # Whoever erases locks the same row, so that one of the two comes first.
    session.refresh(patient, with_for_update=True)
    if patient.erased_at:
        raise Refused("This record is erased already; there is nothing left to hold.")
    if live_hold(session, patient.id):
        raise Refused("This record is held already.")
    hold = LegalHold(
        clinic_id=patient.clinic_id, id=uuid7(), patient_id=patient.id, reason=reason, placed_by_id=by.user_id
    )
    session.add(hold)
    return hold


@action
def end(hold: LegalHold, *, by):
    """Let go of the record: it may be purged and erased again as any other."""
    object_session(hold).refresh(hold, with_for_update=True)
    if hold.ended_at:
        raise Refused("This hold is ended already.")
    hold.ended_at, hold.ended_by_id = now(), by.user_id
    return hold
