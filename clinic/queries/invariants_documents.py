"""What must be true of documents; whether their files are there, the nightly look at the storage asks."""

from clinic.queries.invariants import Rule

DOCUMENT_RULES = (
    Rule(
        "I15",
        "a document may be opened although it was not looked through",
        """SELECT d.id FROM documents AS d WHERE d.clinic_id = :clinic_id AND d.state = 'ready'
              AND (d.sha256 IS NULL OR length(d.sha256) <> 64 OR d.mime_type IS NULL OR d.received <> d.file_size)""",
    ),
    Rule(
        "I15",
        "a document is on its way for more than two days, or waits to be looked through for more than an hour:"
        " does the worker run?",
        """SELECT d.id FROM documents AS d WHERE d.clinic_id = :clinic_id AND d.deleted_at IS NULL
              AND (d.state = 'sending' AND d.updated_at < now() - interval '2 days'
                   OR d.state = 'checking' AND d.updated_at < now() - interval '1 hour')""",
    ),
    Rule(
        "I15",
        "a document is about a visit or an insurance of another patient's",
        """SELECT d.id FROM documents AS d
             LEFT JOIN visits AS v ON v.clinic_id = d.clinic_id AND v.id = d.visit_id
             LEFT JOIN insurance_policies AS i ON i.clinic_id = d.clinic_id AND i.id = d.insurance_policy_id
             LEFT JOIN patients AS p ON p.clinic_id = d.clinic_id AND p.id = d.patient_id
            WHERE d.clinic_id = :clinic_id
              AND (v.patient_id NOT IN (d.patient_id, coalesce(p.merged_into_id, d.patient_id))
                OR i.patient_id NOT IN (d.patient_id, coalesce(p.merged_into_id, d.patient_id)))""",
    ),
    Rule(
        "I15",
        "the file of a document is missing in the storage; bring it back, and the nightly look finds it",
        """SELECT d.id FROM documents AS d
            WHERE d.clinic_id = :clinic_id AND d.problem = 'lost' AND d.deleted_at IS NULL""",
    ),
)
