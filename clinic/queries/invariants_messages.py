"""What must be true of messages that went out and of answers that came back: none doubled, none lost on the way."""

from clinic.queries.invariants import Rule

MESSAGE_RULES = (
    Rule(
        "I9",
        "an answer by text message was kept twice",
        """SELECT min(r.id::text) FROM text_replies AS r WHERE r.clinic_id = :clinic_id
            GROUP BY r.service_id HAVING count(*) > 1""",
    ),
    Rule(
        "I9",
        "an answer that somebody has to read stands on no list",
        """SELECT r.id FROM text_replies AS r WHERE r.clinic_id = :clinic_id AND r.result = 'to_read'
              AND r.desk_since IS NULL AND r.created_at < now() - interval '15 minutes'""",
    ),
    Rule(
        "I9",
        "a message is being sent for more than a quarter of an hour: does the worker run?",
        """SELECT n.id FROM notifications AS n JOIN clinics AS c ON c.id = n.clinic_id
            WHERE n.clinic_id = :clinic_id AND c.closed_at IS NULL AND n.state = 'sending'
              AND n.send_at < now() - interval '15 minutes'""",
    ),
)
