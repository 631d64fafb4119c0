"""What must be true of what is known of patients' health, as questions whose answers should be empty."""

from clinic.queries.invariants import Rule

ABOUT_VISITS = ("conditions", "allergies", "immunizations", "procedures", "measurements")
HEALTH_RULES = (
    Rule(
        "I21",
        "a patient is said to know of no allergy, and has one",
        """SELECT n.id FROM allergies AS n WHERE n.clinic_id = :clinic_id AND n.is_none_known AND n.status = 'active'
              AND n.mistaken_at IS NULL AND EXISTS (
                  SELECT 1 FROM allergies AS a WHERE a.clinic_id = n.clinic_id AND a.patient_id = n.patient_id
                     AND NOT a.is_none_known AND a.status = 'active' AND a.mistaken_at IS NULL)""",
    ),
    Rule(
        "I21",
        "something is recorded of one patient at a visit of another's",
        " UNION ALL ".join(
            f"""SELECT e.id FROM {table} AS e JOIN visits AS v ON v.clinic_id = e.clinic_id AND v.id = e.visit_id
                  JOIN patients AS p ON p.clinic_id = v.clinic_id AND p.id = v.patient_id
                  JOIN patients AS o ON o.clinic_id = e.clinic_id AND o.id = e.patient_id
                 WHERE e.clinic_id = :clinic_id
                   AND coalesce(o.merged_into_id, o.id) <> coalesce(p.merged_into_id, p.id)"""
            for table in ABOUT_VISITS
        ),
    ),
    Rule(
        "I21",
        "a blood pressure that people entered has one value only",
        """SELECT m.id FROM measurements AS m WHERE m.clinic_id = :clinic_id AND m.kind = 'blood_pressure'
              AND m.source IN ('desk', 'manual') AND NOT m.components ? 'diastolic'""",
    ),
    Rule(
        "I13",
        "something is still known of an erased patient's health",
        " UNION ALL ".join(
            f"""SELECT e.id FROM {table} AS e JOIN patients AS p ON p.clinic_id = e.clinic_id AND p.id = e.patient_id
                 WHERE e.clinic_id = :clinic_id AND p.erased_at < now() - interval '15 minutes'"""
            for table in ABOUT_VISITS
        ),
    ),
)
