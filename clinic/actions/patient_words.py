"""Keeping the words a patient is found by."""

import sqlalchemy as sa

from clinic.models.patients import Patient, PatientWord
from clinic.models.words import name_words, number_word, phone_ending

DELETE = sa.delete(PatientWord.__table__)
INSERT = sa.insert(PatientWord.__table__)


def words_of(patient: Patient) -> set[str]:
    """Every word that finds this patient: of the name, of the phone number's ending, the record number."""
    words = set(name_words(patient.full_name)) | {number_word(patient.mrn)}
    for part in (patient.first_name, patient.last_name):
        words |= set(name_words(part or ""))
    ending = phone_ending(patient.phone or "")
    return words | ({ending} if ending else set())


def write(session, patient: Patient):
    """Replace the patient's words by those of today's name and numbers."""
    words = PatientWord.__table__.c
    session.connection().execute(DELETE.where(words.clinic_id == patient.clinic_id, words.patient_id == patient.id))
    rows = [{"clinic_id": patient.clinic_id, "patient_id": patient.id, "word": word} for word in words_of(patient)]
    session.connection().execute(INSERT, rows)
