"""Writing down what is known of a patient's health: who did, on whose behalf, and what to do with a mistake."""

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic.actions.acting import Refused
from clinic.db import word
from clinic.models.patients import Patient
from clinic.models.recorded import RecordSource

PATIENTS = Patient.__table__
# What stands beside the sentence of an earlier record, once somebody has entered what it says.
SENTENCE = word("The words of an earlier record; what they say was entered one by one.")
LOCK = sa.select(PATIENTS.c.id).with_for_update(key_share=True)


def begin(patient: Patient):
    """The patient's session, once nobody else writes into this record; refuses where nothing may be written."""
    refuse_closed(patient)
    session = object_session(patient)
    # Two who write down the same at one moment: the second waits, and then sees what the first wrote.
    session.execute(LOCK.where(PATIENTS.c.clinic_id == patient.clinic_id, PATIENTS.c.id == patient.id))
    return session


def refuse_closed(patient: Patient):
    """Refuse to write into a record that is erased, or that another one took in."""
    if patient.erased_at:
        raise Refused("This record is erased; nothing is written into it any more.")
    if patient.merged_into_id:
        raise Refused("This record was joined with another one. Write into that one.")


def new(kind, patient: Patient, *, by, **facts):
    """A new entry of the kind about the patient, by this person; not yet in the session's care."""
    source = RecordSource.PATIENT if by.in_portal else RecordSource.CLINIC
    facts = {"provider_id": by.provider_id, "recorded_by_id": by.user_id, "source": source, **facts}
    return kind(clinic_id=patient.clinic_id, id=uuid7(), patient_id=patient.id, **facts)


def locked(entry, seen=None):
    """The entry's session and its patient, with the record locked and the entry as it is now.

    Refused where somebody changed the entry after it was ``seen``.
    """
    session = object_session(entry)
    patient = session.get(Patient, (entry.clinic_id, entry.patient_id))
    begin(patient)
    session.refresh(entry)
    refuse_unseen(entry, seen)
    return session, patient


def refuse_unseen(entry, seen):
    """Refuse to write over what a colleague wrote since the person opened it; said once, so that they may go on.

    ``seen`` is when it had last changed as it was opened; None asks nothing.
    """
    if seen is not None and entry.updated_at != seen:
        raise Refused("A colleague changed this meanwhile. Look at theirs, then save yours again if it is to stand.")


def refuse_mistaken(entry):
    """Refuse to change what was marked as a mistake."""
    if entry.is_mistaken:
        raise Refused("This entry is marked as a mistake. Take that back first.")


def mark_mistaken(entry, *, by):
    """Say of an entry that it was never true; it stays and is shown to whoever asks for it."""
    locked(entry)
    if entry.is_mistaken:
        raise Refused("This entry is marked as a mistake already.")
    entry.mark_mistaken(by.user_id)
    return entry


def restore(entry, *, by):
    """Take back that it was a mistake."""
    locked(entry)
    if not entry.is_mistaken:
        raise Refused("This entry is not marked as a mistake.")
    entry.mistaken_at = entry.mistaken_by_id = None
    return entry


def put(entry, facts):
    """Set what was typed of an entry."""
    for column, value in facts.items():
        setattr(entry, column, value)
    return entry
