"""Two records of one person, as the addresses of merging name them."""

from clinic.actions.patients import register
from clinic.models.patient_merges import PatientMerge


def two_records(session, corner, patient_id):
    """The patient’s record, another that might be theirs, and a third that somebody asked to merge into it."""
    other, asked = (register(session, by=corner.by.actor, full_name="Ada Byron") for _ in range(2))
    line = PatientMerge(
        clinic_id=corner.clinic.id, patient_id=patient_id, other_id=asked.id, reason="The same card",
        asked_by_id=corner.doctor.id,
    )  # fmt: skip
    session.add(line)
    session.flush()
    return {"kept_id": patient_id, "other_id": other.id, "merge_id": line.id}
