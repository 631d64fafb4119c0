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


def write(session, patient: Patient, *, is_new=False):
    """Replace the patient's words by those of today's name and numbers, and of the records that became part of it."""
    table = PatientWord.__table__.c
    words = words_of(patient)
    if not is_new:
        session.connection().execute(DELETE.where(table.clinic_id == patient.clinic_id, table.patient_id == patient.id))
        merged = sa.select(Patient).where(Patient.merged_into_id == patient.id)
        words = words.union(*(words_of(each) for each in session.scalars(merged)))
    rows = [{"clinic_id": patient.clinic_id, "patient_id": patient.id, "word": word} for word in words]
    session.connection().execute(INSERT, rows)
