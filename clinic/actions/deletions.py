"""Putting a whole record away, and taking it out again: hidden from every list, search and portal, and nothing lost."""

import sqlalchemy as sa
from sqlalchemy.orm import object_session

from clinic.actions import patient_changes
from clinic.actions.acting import Refused, action
from clinic.actions.patient_changes import DELETED, RESTORED
from clinic.models.patients import Patient
from clinic.models.requests import OPEN, VisitRequest
from clinic.models.waitlist import ON_THE_LIST, WaitlistEntry
from clinic.queries.keeping import erasure_of, has_live_visit, live_hold
from clinic.queries.patient_merges import open_about

PATIENTS = Patient.__table__


@action
def delete(patient: Patient, reason: str, *, by):
    """Put the record away, with those that became part of it; refused while visits are to come or the law holds it."""
    session = object_session(patient)
    session.refresh(patient, with_for_update=True)
    if patient.deleted_at or patient.merged_into_id:
        raise Refused("This record is deleted or part of another one already.")
    if live_hold(session, patient.id):
        raise Refused("This record is under a legal hold. End the hold first.")
    if has_live_visit(session, patient.id):
        raise Refused("There are visits to come or not closed yet. Cancel or close them first.")
    if erasure_of(session, patient.id):
        raise Refused("Somebody asked for this record to be erased. Answer that first.")
    if _waits(session, patient.id):
        raise Refused("The patient asked for a visit or waits for a time. Answer that first.")
    if open_about(session, patient.id):
        raise Refused("Somebody asked for this record to be merged. Answer that first.")
    _set(session, patient, sa.func.now())
    patient_changes.write(session, patient, [(DELETED, None, reason)], by=by)
    return patient


@action
def restore(patient: Patient, *, by):
    """Take the record out again, as it was."""
    session = object_session(patient)
    session.refresh(patient, with_for_update=True)
    if not patient.deleted_at:
        raise Refused("This record is not deleted.")
    if patient.merged_into_id:
        raise Refused("This record became part of another one. Undo that first.")
    _set(session, patient, None)
    patient_changes.write(session, patient, [(RESTORED, DELETED, RESTORED)], by=by)
    return patient


def _waits(session, patient_id):
    asked = sa.exists().where(VisitRequest.patient_id == patient_id, VisitRequest.status.in_(OPEN))
    waits = sa.exists().where(WaitlistEntry.patient_id == patient_id, WaitlistEntry.status.in_(ON_THE_LIST))
    return session.scalar(sa.select(sa.or_(asked, waits)))


def _set(session, patient, moment):
    """Say when the record, and those that became part of it, were deleted; a plain statement sees hidden rows too."""
    own = sa.or_(PATIENTS.c.id == patient.id, PATIENTS.c.merged_into_id == patient.id)
    session.connection().execute(
        sa.update(PATIENTS).where(PATIENTS.c.clinic_id == patient.clinic_id, own).values(deleted_at=moment)
    )
    session.refresh(patient)
