"""What a patient suffers from: written down, changed, ended, begun again, or marked as a mistake."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import object_session

from clinic.actions import patients, recording
from clinic.actions.acting import Refused, action
from clinic.db import now
from clinic.models.conditions import Condition
from clinic.models.patients import Patient
from clinic.models.recorded import RecordSource
from clinic.queries import icd10 as codes


@action
def record(patient: Patient, *, by, name=None, icd10=None, **facts):
    """Write down a condition, in words or by its code; the same one twice is refused while it lasts."""
    session = recording.begin(patient)
    entry = recording.new(Condition, patient, by=by, **_named(name, icd10), **facts)
    _refuse_twice(session, entry)
    session.add(entry)
    return entry


@action
def change(entry: Condition, *, by, name=None, icd10=None, seen=None, **facts):
    """Change what is known of it."""
    session, _patient = recording.locked(entry, seen)
    recording.refuse_mistaken(entry)
    recording.put(entry, {**_named(name, icd10), **facts})
    if entry.is_live:
        _refuse_twice(session, entry)
    return entry


@action
def end(entry: Condition, on: date, *, by):
    """Say that the patient does not have it any more."""
    recording.locked(entry)
    recording.refuse_mistaken(entry)
    if entry.ended_on:
        raise Refused("This condition has ended already.")
    if entry.onset_on and on < entry.onset_on:
        raise Refused("It cannot end before it began.", field="ended_on")
    entry.ended_on = on
    return entry


@action
def reopen(entry: Condition, *, by):
    """Say that the patient has it still, or again."""
    session, _patient = recording.locked(entry)
    recording.refuse_mistaken(entry)
    if entry.ended_on is None:
        raise Refused("This condition has not ended.")
    _refuse_twice(session, entry)
    entry.ended_on = None
    return entry


@action
def settle(patient: Patient, *, by):
    """Say that the sentence of an earlier record is entered by now: it is kept among what is over."""
    session = recording.begin(patient)
    if not patient.chronic_diseases:
        raise Refused("There is no sentence of an earlier record.")
    if session.scalars(sa.select(Condition.id).where(Condition.patient_id == patient.id).limit(1)).first() is None:
        raise Refused("Record the conditions first.")
    words = {"name": patient.chronic_diseases[:500], "notes": recording.SENTENCE}
    facts = {**words, "ended_on": now().date(), "source": RecordSource.IMPORT, "provider_id": None}
    session.add(recording.new(Condition, patient, by=by, **facts))
    return patients.update(patient, by=by, chronic_diseases=None)


@action
def mark_mistaken(entry: Condition, *, by):
    """Say that the patient never had it."""
    return recording.mark_mistaken(entry, by=by)


@action
def restore(entry: Condition, *, by):
    """Take back that it was a mistake."""
    recording.restore(entry, by=by)
    if entry.is_live:
        _refuse_twice(object_session(entry), entry)
    return entry


def _named(name, icd10):
    """The code as it is written, and the words: the doctor's own, else what the code means."""
    if not icd10:
        if not name:
            raise Refused("Say what it is, or choose a code.", field="name")
        return {"name": name, "icd10": None}
    meaning = codes.label(icd10)
    if meaning is None:
        raise Refused("There is no such ICD-10 code.", field="icd10")
    return {"name": name or meaning[:500], "icd10": codes.written(icd10)}


def _refuse_twice(session, entry):
    same = sa.func.lower(Condition.name) == entry.name.lower()
    if entry.icd10:
        same = sa.or_(same, Condition.icd10 == entry.icd10)
    twin = sa.select(Condition.id).where(
        Condition.patient_id == entry.patient_id, Condition.id != entry.id, same,
        Condition.ended_on.is_(None), Condition.mistaken_at.is_(None),
    )  # fmt: skip
    with session.no_autoflush:
        found = session.scalars(twin.limit(1)).first()
    if found:
        raise Refused("This condition is recorded already.", field="name")
