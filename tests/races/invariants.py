"""What is true whatever raced or broke: of the doctors' times, and everything that `flask check` asks."""

import sqlalchemy as sa

from clinic.queries.checking import findings

BROKEN = {
    "two pieces of one doctor's time overlap": """
        SELECT a.id, b.id FROM slots AS a JOIN slots AS b
            ON b.clinic_id = a.clinic_id AND b.provider_id = a.provider_id AND a.id < b.id
         WHERE a.kind <> 'blocked' AND b.kind <> 'blocked' AND NOT a.overbooked AND NOT b.overbooked
           AND a.busy_from < b.busy_until AND b.busy_from < a.busy_until""",
    "more seats are taken than there are": "SELECT id FROM slots WHERE taken > capacity OR taken < 0",
    "the seats taken are not the visits that sit there": """
        SELECT s.id FROM slots AS s WHERE s.kind <> 'blocked'
           AND s.taken <> (SELECT count(*) FROM visits AS v WHERE v.clinic_id = s.clinic_id AND v.slot_id = s.id)""",
    "a coming visit has no time, or another than its own": """
        SELECT v.id FROM visits AS v LEFT JOIN slots AS s ON s.clinic_id = v.clinic_id AND s.id = v.slot_id
         WHERE v.kind = 'scheduled' AND v.status IN ('requested', 'booked', 'confirmed')
           AND (s.id IS NULL OR s.provider_id <> v.provider_id OR s.starts_at <> v.starts_at)""",
    "a visit has not exactly one first line of history": """
        SELECT v.id FROM visits AS v WHERE v.source IN ('desk', 'portal')
           AND 1 <> (SELECT count(*) FROM visit_events AS e
                      WHERE e.clinic_id = v.clinic_id AND e.visit_id = v.id AND e.kind = 'booked')""",
    "a booking is not in the audit log exactly once": """
        SELECT v.id FROM visits AS v WHERE v.source IN ('desk', 'portal') AND v.kind = 'scheduled'
           AND 1 <> (SELECT count(*) FROM audit_entries AS a
                      WHERE a.resource_id = v.id AND a.action = 'booking.book')""",
    "a piece of time is nobody's": """
        SELECT s.id FROM slots AS s WHERE s.kind = 'open' AND s.taken = 0 AND s.status <> 'held'
           AND NOT EXISTS (SELECT 1 FROM seat_holds AS h WHERE h.clinic_id = s.clinic_id AND h.slot_id = s.id)""",
}


# Not asked where nobody works: what is put for a worker is not late there.
LATE = "a job has been due for more than a quarter of an hour: does the worker run?"


def broken(superuser_url, has_worker=True) -> list[str]:
    """Everything that should be true and is not, read past every policy."""
    asked_not = set() if has_worker else {LATE}
    engine = sa.create_engine(superuser_url)
    try:
        with engine.connect() as connection:
            broken_here = [
                f"{name}: {len(rows)}"
                for name, statement in BROKEN.items()
                if (rows := connection.execute(sa.text(statement)).all())
            ]
            faults = [each for each in findings(connection) if not each.rule.is_warning]
            return broken_here + [str(each) for each in faults if each.rule.sentence not in asked_not]
    finally:
        engine.dispose()
