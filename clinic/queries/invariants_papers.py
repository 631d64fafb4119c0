"""What must be true of referrals and excuse notes, as questions whose answers should be empty."""

from clinic.queries.invariants import Rule

PAPERS = ("referrals", "excuse_notes")
PAPER_RULES = (
    Rule(
        "I25",
        "a paper of one patient names another's visit",
        " UNION ALL ".join(
            f"""SELECT e.id FROM {table} AS e JOIN visits AS v ON v.clinic_id = e.clinic_id AND v.id = e.visit_id
                  JOIN patients AS p ON p.clinic_id = v.clinic_id AND p.id = v.patient_id
                  JOIN patients AS o ON o.clinic_id = e.clinic_id AND o.id = e.patient_id
                 WHERE e.clinic_id = :clinic_id
                   AND coalesce(o.merged_into_id, o.id) <> coalesce(p.merged_into_id, p.id)"""
            for table in PAPERS
        ),
    ),
    Rule(
        "I25",
        "the code of an excuse note does not lead to its clinic",
        """SELECT n.id FROM excuse_notes AS n WHERE n.clinic_id = :clinic_id
              AND left(n.check_code, 4) <> upper(left(md5(n.clinic_id::text), 4))""",
    ),
    Rule(
        "I13",
        "a paper of an erased patient still says something, or waits for an answer",
        """SELECT r.id FROM referrals AS r JOIN patients AS p ON p.clinic_id = r.clinic_id AND p.id = r.patient_id
            WHERE r.clinic_id = :clinic_id AND p.erased_at < now() - interval '15 minutes'
              AND (concat(r.referred_to, r.reason, r.specialty, r.notes, r.outcome, r.cancel_note) <> ''
                OR r.status IN ('pending', 'sent', 'accepted'))
           UNION ALL
           SELECT n.id FROM excuse_notes AS n JOIN patients AS p ON p.clinic_id = n.clinic_id AND p.id = n.patient_id
            WHERE n.clinic_id = :clinic_id AND p.erased_at < now() - interval '15 minutes'
              AND concat(n.reason, n.restrictions) <> ''""",
    ),
)
