"""Whether a patient has as many visits of one type to come as the type allows, or another visit at the same time."""

import sqlalchemy as sa

ENOUGH = sa.text(
    """SELECT t.limit_per_patient <= (
            SELECT count(*) FROM visits AS v
             WHERE v.clinic_id = t.clinic_id AND v.patient_id = :patient_id AND v.visit_type_id = t.id
               AND v.status IN ('requested', 'booked', 'confirmed') AND v.starts_at > now())
         FROM visit_types AS t WHERE t.clinic_id = :clinic_id AND t.id = :visit_type_id"""
)
# Another visit of the patient's that overlaps a time with this doctor; whoever is with one doctor twice is seen there.
# No visit lasts longer than a day: the bound lets the index find the few that matter.
ELSEWHERE = sa.text(
    """SELECT v.starts_at, v.ends_at, p.display_name AS doctor
         FROM visits AS v LEFT JOIN providers AS p ON p.clinic_id = v.clinic_id AND p.id = v.provider_id
        WHERE v.clinic_id = :clinic_id AND v.patient_id = :patient_id
          AND v.status IN ('requested', 'booked', 'confirmed', 'checked_in', 'in_progress')
          AND v.starts_at > CAST(:starts_at AS timestamptz) - interval '24 hours'
          AND v.starts_at < :ends_at AND v.ends_at > :starts_at
          AND v.provider_id IS DISTINCT FROM CAST(:provider_id AS uuid)
          AND v.id IS DISTINCT FROM CAST(:moved_id AS uuid)
        ORDER BY v.starts_at, v.id LIMIT 1"""
)


def is_enough(session, clinic_id, visit_type_id, patient_id) -> bool:
    """Whether one more would be too many; never where the type has no such limit."""
    ids = {"clinic_id": clinic_id, "patient_id": patient_id, "visit_type_id": visit_type_id}
    return bool(session.connection().execute(ENOUGH, ids).scalar())


def elsewhere(session, clinic_id, patient_id, provider_id, starts_at, ends_at, moved_id=None):
    """The patient's visit with somebody else at that time (``starts_at``, ``ends_at``, ``doctor``), or None.

    ``moved_id`` is the visit that would be moved there; it is not in its own way.
    """
    ids = {"clinic_id": clinic_id, "patient_id": patient_id, "provider_id": provider_id, "moved_id": moved_id}
    span = {"starts_at": starts_at, "ends_at": ends_at}
    return session.connection().execute(ELSEWHERE, {**ids, **span}).one_or_none()
