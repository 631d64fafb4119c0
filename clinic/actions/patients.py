"""Registering patients, changing what is known of them, and pinning words to them."""

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic.actions import patient_changes, patient_words
from clinic.actions.acting import Refused, action
from clinic.models.patients import Patient, PatientTag, TagKind

# Small words that belong to a last name: Nele von Berg, Anna de la Cruz, Omar bin Said.
PARTICLES = {
    "af", "al", "av", "bin", "bint", "da", "dal", "dalla", "das", "de", "degli", "dei", "del", "della", "den", "der",
    "des", "di", "do", "dos", "du", "el", "ibn", "la", "las", "le", "los", "op", "'t", "te", "ten", "ter", "van",
    "vom", "von", "zu", "zum", "zur",
}  # fmt: skip
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
    patient_words.write(session, patient, is_new=True)
    return patient


@action
def update(patient, seen=None, *, by, **details):
    """Change what is known of a patient; a name that stays the same keeps its first and last name as they were.

    ``seen`` is when the record had last been changed as its form was opened; what others changed since stays.
    """
    session = object_session(patient)
    if seen is not None:
        session.refresh(patient, with_for_update={"key_share": True})
        details = patient_changes.beside_others(session, patient, details, seen)
    refuse_erased(patient)
    name = details.get("full_name", patient.full_name).strip()
    if name != patient.full_name:
        details = {**_with_names(name, details), "full_name": name}
    for column, value in details.items():
        setattr(patient, column, value)
    patient_changes.keep(session, patient, by=by)
    session.flush()
    patient_words.write(session, patient)
    return patient


@action
def add_tag(patient, kind: TagKind, words: str, *, by):
    """Pin a tag or a flag to the patient; the same one twice is refused."""
    refuse_erased(patient)
    if any(each.kind == kind and each.tag.casefold() == words.casefold() for each in patient.tags):
        raise Refused("The patient already has this tag.", field="tag")
    patient.tags.append(PatientTag(clinic_id=patient.clinic_id, id=uuid7(), kind=kind, tag=words))
    return patient


@action
def remove_tag(patient, tag: PatientTag, *, by):
    """Take a tag or a flag off the patient."""
    object_session(patient).delete(tag)
    return patient


def refuse_erased(patient):
    """Refuse what would be written into a record that is erased, or part of another one."""
    if patient.erased_at:
        raise Refused("This record is erased; nothing is written into it any more.")
    if patient.merged_into_id:
        raise Refused("This record became part of another one. Write into that one.")


def _with_names(full_name, details):
    """First and last name out of the whole, where nobody said them apart."""
    if details.get("first_name") or details.get("last_name"):
        return details
    words = full_name.split()
    # A last name begins with its first particle, else it is the last word; whatever comes first is a first name.
    begins = next((at for at, each in enumerate(words) if at and each.casefold() in PARTICLES), max(len(words) - 1, 1))
    return {**details, "first_name": " ".join(words[:begins]), "last_name": " ".join(words[begins:]) or None}
