"""What must be true of merged records and of what is known of patients, as questions whose answers should be empty."""

from clinic.queries.invariants import Rule

MERGE_RULES = (
    Rule(
        "I27",
        "a record became part of one that is part of another itself",
        """SELECT p.id FROM patients AS p JOIN patients AS s ON s.clinic_id = p.clinic_id AND s.id = p.merged_into_id
            WHERE p.clinic_id = :clinic_id AND (s.merged_into_id IS NOT NULL OR s.id = p.id)""",
    ),
    Rule(
        "I27",
        "a record became part of another, and the journal of merges does not know of it or says otherwise",
        """SELECT m.id FROM patient_merges AS m JOIN patients AS p ON p.clinic_id = m.clinic_id AND p.id = m.other_id
            WHERE m.clinic_id = :clinic_id AND m.merged_at IS NOT NULL AND m.undone_at IS NULL
              AND p.merged_into_id IS NULL
           UNION ALL
           SELECT m.id FROM patient_merges AS m JOIN patients AS p ON p.clinic_id = m.clinic_id AND p.id = m.other_id
            WHERE m.clinic_id = :clinic_id AND m.undone_at IS NOT NULL AND p.merged_into_id = m.patient_id
              AND NOT EXISTS (SELECT 1 FROM patient_merges AS again WHERE again.clinic_id = m.clinic_id
                                 AND again.other_id = m.other_id AND again.undone_at IS NULL
                                 AND again.merged_at > m.undone_at)""",
    ),
    Rule(
        "I27",
        "a visit to come stayed with a record that became part of another",
        """SELECT v.id FROM visits AS v JOIN patients AS p ON p.clinic_id = v.clinic_id AND p.id = v.patient_id
             JOIN patient_merges AS m ON m.clinic_id = p.clinic_id AND m.other_id = p.id AND m.undone_at IS NULL
            WHERE v.clinic_id = :clinic_id AND v.status = ANY (:live) AND p.merged_into_id IS NOT NULL
              AND m.merged_at < now() - interval '15 minutes'""",
    ),
    Rule(
        "I13",
        "the insurance or the history of an erased patient still says something of them",
        """SELECT i.id FROM insurance_policies AS i
             JOIN patients AS p ON p.clinic_id = i.clinic_id AND p.id = i.patient_id
            WHERE i.clinic_id = :clinic_id AND p.erased_at < now() - interval '15 minutes'
              AND concat(i.plan_name, i.member_id, i.group_id, i.policy_holder_name, i.policy_holder_phone,
                         i.verified_note) <> ''
           UNION ALL
           SELECT c.id FROM patient_changes AS c
             JOIN patients AS p ON p.clinic_id = c.clinic_id AND p.id = c.patient_id
            WHERE c.clinic_id = :clinic_id AND p.erased_at < now() - interval '15 minutes'
              AND concat(c.before, c.after) <> ''""",
    ),
)
