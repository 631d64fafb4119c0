"""What a patient must not be given: written down, changed, ended, marked as a mistake; or that none is known."""

import sqlalchemy as sa
from sqlalchemy.orm import object_session

from clinic.actions import patients, recording
from clinic.actions.acting import Refused, action
from clinic.models.allergies import Allergy, AllergyStatus
from clinic.models.patients import Patient
from clinic.models.recorded import RecordSource
from clinic.queries import allergies as queries


@action
def record(patient: Patient, *, by, substance, **facts):
    """Write down an allergy; that none was known is over with it. The same one twice is refused while it counts."""
    session = recording.begin(patient)
    entry = recording.new(Allergy, patient, by=by, substance=substance, **facts)
    entry.status = entry.status or AllergyStatus.ACTIVE
    _refuse_twice(session, entry)
    if entry.is_live:
        _end_none_known(session, patient.id)
    session.add(entry)
    return entry


@action
def change(entry: Allergy, *, by, seen=None, **facts):
    """Change what is known of it, also whether it still counts."""
    session, patient = recording.locked(entry, seen)
    recording.refuse_mistaken(entry)
    if entry.is_none_known:
        raise Refused("This only says that no allergy is known. Record the allergy instead.")
    recording.put(entry, facts)
    _refuse_twice(session, entry)
    if entry.is_live:
        _end_none_known(session, patient.id)
    return entry


@action
def state_none(patient: Patient, *, by):
    """Write down that somebody asked and the patient knows of no allergy; refused while one is recorded."""
    session = recording.begin(patient)
    if queries.live(session, patient.id):
        raise Refused("An allergy is recorded. End it or mark it as a mistake first.")
    if queries.none_known(session, patient.id):
        raise Refused("This is recorded already.")
    entry = recording.new(Allergy, patient, by=by, is_none_known=True, status=AllergyStatus.ACTIVE)
    session.add(entry)
    return entry


@action
def settle(patient: Patient, *, by):
    """Say that the sentence of an earlier record is entered by now: it is kept among what no longer counts."""
    session = recording.begin(patient)
    if not patient.allergies:
        raise Refused("There is no sentence of an earlier record.")
    if not queries.live(session, patient.id) and not queries.none_known(session, patient.id):
        raise Refused("Record the allergies first, or that none is known.")
    words = {"substance": patient.allergies[:500], "source_text": patient.allergies, "notes": recording.SENTENCE}
    facts = {**words, "status": AllergyStatus.INACTIVE, "source": RecordSource.IMPORT, "provider_id": None}
    session.add(recording.new(Allergy, patient, by=by, **facts))
    return patients.update(patient, by=by, allergies=None)


@action
def mark_mistaken(entry: Allergy, *, by):
    """Say that it was never true."""
    return recording.mark_mistaken(entry, by=by)


@action
def restore(entry: Allergy, *, by):
    """Take back that it was a mistake."""
    recording.restore(entry, by=by)
    session = object_session(entry)
    if entry.is_none_known:
        raise Refused("Record again that none is known, if that is so.")
    _refuse_twice(session, entry)
    if entry.is_live:
        _end_none_known(session, entry.patient_id)
    return entry


def _end_none_known(session, patient_id):
    with session.no_autoflush:
        none = queries.none_known(session, patient_id)
    if none:
        none.status = AllergyStatus.INACTIVE


def _refuse_twice(session, entry):
    if not entry.is_live:
        return
    twin = sa.select(Allergy.id).where(
        Allergy.patient_id == entry.patient_id, Allergy.id != entry.id, *queries.LIVE,
        sa.func.lower(Allergy.substance) == entry.substance.lower(),
    )  # fmt: skip
    with session.no_autoflush:
        found = session.scalars(twin.limit(1)).first()
    if found:
        raise Refused("This allergy is recorded already.", field="substance")
