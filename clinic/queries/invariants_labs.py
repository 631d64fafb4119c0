"""What must be true of laboratory orders and results, as questions whose answers should be empty."""

from clinic.queries.invariants import Rule

LAB_RULES = (
    Rule(
        "I26",
        "a patient sees a laboratory result whose order is held back or not released",
        """SELECT r.id FROM lab_results AS r JOIN lab_orders AS o ON o.clinic_id = r.clinic_id AND o.id = r.order_id
            WHERE r.clinic_id = :clinic_id AND r.released_at IS NOT NULL AND r.withdrawn_at IS NULL
              AND (o.released_at IS NULL OR o.withheld_at IS NOT NULL)""",
    ),
    Rule(
        "I26",
        "laboratory results should have come to their patient a day ago",
        """SELECT o.id FROM lab_orders AS o
            WHERE o.clinic_id = :clinic_id AND o.release_due_at < now() - interval '1 day'
           UNION ALL
           SELECT r.id FROM lab_results AS r
            WHERE r.clinic_id = :clinic_id AND r.release_due_at < now() - interval '1 day'""",
        is_warning=True,
    ),
)
