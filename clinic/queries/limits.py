"""Whether a patient has as many visits of one type to come as the type allows."""

import sqlalchemy as sa

ENOUGH = sa.text(
    """SELECT t.limit_per_patient <= (
            SELECT count(*) FROM visits AS v
             WHERE v.clinic_id = t.clinic_id AND v.patient_id = :patient_id AND v.visit_type_id = t.id
               AND v.status IN ('requested', 'booked', 'confirmed') AND v.starts_at > now())
         FROM visit_types AS t WHERE t.clinic_id = :clinic_id AND t.id = :visit_type_id"""
)


def is_enough(session, clinic_id, visit_type_id, patient_id) -> bool:
    """Whether one more would be too many; never where the type has no such limit."""
    ids = {"clinic_id": clinic_id, "patient_id": patient_id, "visit_type_id": visit_type_id}
    return bool(session.connection().execute(ENOUGH, ids).scalar())
