"""What must be true of doctors' notes, as questions whose answers should be empty."""

from clinic.queries.invariants import Rule

NOTE_RULES = (
    Rule(
        "I20",
        "a signed note says nothing, though its patient was not erased",
        """SELECT c.id FROM consultations AS c JOIN visits AS v ON v.clinic_id = c.clinic_id AND v.id = c.visit_id
             JOIN patients AS p ON p.clinic_id = v.clinic_id AND p.id = v.patient_id
            WHERE c.clinic_id = :clinic_id AND c.signed_at IS NOT NULL AND p.erased_at IS NULL
              AND num_nonnulls(c.complaints, c.diagnosis, c.treatment, c.notes) = 0
              AND cardinality(c.diagnosis_codes) = 0""",
    ),
    Rule(
        "I20",
        "something was added to a note that is not signed",
        """SELECT a.id FROM consultation_addenda AS a JOIN consultations AS c ON c.clinic_id = a.clinic_id
              AND c.id = a.consultation_id WHERE a.clinic_id = :clinic_id AND c.signed_at IS NULL""",
    ),
    Rule(
        "I13",
        "the note of an erased patient's visit still says something",
        """SELECT c.id FROM consultations AS c JOIN visits AS v ON v.clinic_id = c.clinic_id AND v.id = c.visit_id
             JOIN patients AS p ON p.clinic_id = v.clinic_id AND p.id = v.patient_id
            WHERE c.clinic_id = :clinic_id AND p.erased_at < now() - interval '15 minutes'
              AND (num_nonnulls(c.complaints, c.diagnosis, c.treatment, c.notes) > 0
                OR cardinality(c.diagnosis_codes) > 0
                OR EXISTS (SELECT 1 FROM consultation_addenda AS a WHERE a.clinic_id = c.clinic_id
                              AND a.consultation_id = c.id))""",
    ),
)
