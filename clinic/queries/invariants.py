"""What must be true of every clinic's rows, as questions whose answers should be empty; `flask check` asks them.

Most of it the database enforces by itself; asked again, it also tells of a constraint that somebody took away.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from clinic.models.visits import LIVE, Visit

# Every step a history may hold, as "from>to"; what is taken back goes the other way.
STEPS = sorted(
    f"{before.value}>{after.value}"
    for table in (Visit.steps, Visit.closing_steps)
    for before, steps in table.items()
    for after in steps
)
PARAMETERS = {"steps": STEPS, "live": [status.value for status in LIVE]}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: the sentence about a row that breaks it, and the SELECT of such rows' ids. A warning is no fault."""

    sentence: str
    sql: str
    is_warning: bool = False


# The statuses a visit has had, in order; what happened at the same moment is in the order of its ids.
HISTORY = """
history AS (
    SELECT e.*, lag(e.to_status) OVER (PARTITION BY e.visit_id ORDER BY e.created_at, e.id) AS before
      FROM visit_events AS e WHERE e.clinic_id = :clinic_id AND e.to_status IS NOT NULL
)"""
RULES = (
    Rule(
        "two times of one doctor overlap",
        """SELECT a.id FROM slots AS a JOIN slots AS b
             ON b.clinic_id = a.clinic_id AND b.provider_id = a.provider_id AND b.id > a.id
            AND b.starts_at BETWEEN a.starts_at - interval '32 hours' AND a.starts_at + interval '32 hours'
            AND tstzrange(a.busy_from, a.busy_until) && tstzrange(b.busy_from, b.busy_until)
           WHERE a.clinic_id = :clinic_id AND a.kind <> 'blocked' AND b.kind <> 'blocked'
             AND NOT a.overbooked AND NOT b.overbooked""",
    ),
    Rule(
        "the taken seats of a time are not its visits",
        """SELECT s.id FROM slots AS s LEFT JOIN visits AS v ON v.clinic_id = s.clinic_id AND v.slot_id = s.id
            WHERE s.clinic_id = :clinic_id GROUP BY s.id, s.taken HAVING s.taken <> count(v.id)""",
    ),
    Rule(
        "a visit lies in a time when the doctor is away",
        """SELECT v.id FROM visits AS v JOIN slots AS b ON b.clinic_id = v.clinic_id AND b.provider_id = v.provider_id
              AND b.kind = 'blocked' AND b.starts_at < v.ends_at AND b.ends_at > v.starts_at
              AND b.starts_at > v.starts_at - interval '24 hours'
            WHERE v.clinic_id = :clinic_id AND v.status = ANY(:live)""",
        is_warning=True,
    ),
    Rule(
        "a visit's status is not the last one of its history",
        """SELECT v.id FROM visits AS v LEFT JOIN LATERAL (
                 SELECT e.to_status FROM visit_events AS e
                  WHERE e.clinic_id = v.clinic_id AND e.visit_id = v.id AND e.to_status IS NOT NULL
                  ORDER BY e.created_at DESC, e.id DESC LIMIT 1) AS h ON true
            WHERE v.clinic_id = :clinic_id AND v.status IS DISTINCT FROM h.to_status""",
    ),
    Rule(
        "a visit's history takes a step that there is not",
        f"""WITH {HISTORY} SELECT h.visit_id FROM history AS h
              JOIN visits AS v ON v.clinic_id = h.clinic_id AND v.id = h.visit_id
             WHERE h.from_status IS DISTINCT FROM h.before OR (h.kind = 'booked') <> (h.from_status IS NULL)
                OR (v.source NOT IN ('fhir', 'import') AND (
                      (h.kind = 'status' AND h.from_status || '>' || h.to_status <> ALL(:steps))
                   OR (h.kind = 'undone' AND h.to_status || '>' || h.from_status <> ALL(:steps))))""",
    ),
    Rule(
        "a visit to come has no time of a doctor's, or another one",
        """SELECT v.id FROM visits AS v LEFT JOIN slots AS s ON s.clinic_id = v.clinic_id AND s.id = v.slot_id
            WHERE v.clinic_id = :clinic_id AND v.status = ANY(:live) AND v.kind = 'scheduled'
              AND v.source NOT IN ('fhir', 'import')
              AND (s.id IS NULL OR s.provider_id <> v.provider_id OR s.starts_at <> v.starts_at)""",
    ),
    Rule(
        "a visit was made without an entry in the audit log",
        """SELECT v.id FROM visits AS v
            WHERE v.clinic_id = :clinic_id AND v.source NOT IN ('fhir', 'import')
              AND v.created_at >= (SELECT min(a.created_at) FROM audit_entries AS a WHERE a.clinic_id = :clinic_id)
              AND NOT EXISTS (SELECT 1 FROM audit_entries AS a
                               WHERE a.clinic_id = v.clinic_id AND a.resource_type = 'visits' AND a.resource_id = v.id
                                 AND a.action IN ('booking.book', 'walk_ins.add'))""",
    ),
    Rule(
        "a patient cannot be found by any word",
        """SELECT p.id FROM patients AS p WHERE p.clinic_id = :clinic_id AND p.deleted_at IS NULL
              AND NOT EXISTS (SELECT 1 FROM patient_words AS w
                               WHERE w.clinic_id = p.clinic_id AND w.patient_id = p.id)""",
    ),
    Rule(
        "a hold ran out more than two minutes ago and was not removed: does the worker run?",
        """SELECT s.id FROM slots AS s WHERE s.clinic_id = :clinic_id AND s.status = 'held'
              AND s.held_until < now() - interval '2 minutes'
           UNION ALL
           SELECT h.slot_id FROM seat_holds AS h WHERE h.clinic_id = :clinic_id
              AND h.held_until < now() - interval '2 minutes'""",
        is_warning=True,
    ),
)
MISSING_MONTHS = sa.text(
    """SELECT to_char(month, 'YYYY-MM') FROM generate_series(
              date_trunc('month', now() AT TIME ZONE 'UTC'),
              date_trunc('month', now() AT TIME ZONE 'UTC') + interval '2 months', interval '1 month') AS month
        WHERE to_regclass('public.audit_entries_' || to_char(month, 'YYYY_MM')) IS NULL"""
)
NO_LIMIT = sa.text("SELECT set_config('statement_timeout', '0', true)")


def broken(session, clinic_id) -> list[tuple[Rule, list]]:
    """The rules that the clinic's rows break, each with the ids; the session is in the clinic's scope."""
    connection = session.connection()
    connection.execute(NO_LIMIT)
    found = []
    for rule in RULES:
        ids = connection.execute(sa.text(rule.sql), {"clinic_id": clinic_id, **PARAMETERS}).scalars().all()
        if ids:
            found.append((rule, ids))
    return found


def missing_months(session) -> list[str]:
    """The months, of this and the next two, for which the audit log has no place."""
    return session.connection().execute(MISSING_MONTHS).scalars().all()
