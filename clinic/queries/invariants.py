"""What must be true of every clinic's rows, as questions whose answers should be empty; `flask check` asks them.

Most of it the database enforces by itself; asked again, it also tells of a constraint that somebody took away.
"""

from dataclasses import dataclass

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
    """One rule: its number, the sentence about a row that breaks it, and the SELECT of such rows.

    The SELECT's one column is what the row is called by: its id or, of the database itself, a name.
    A warning is no fault.
    """

    number: str
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
        "I1",
        "two times of one doctor overlap",
        """SELECT a.id FROM slots AS a JOIN slots AS b
             ON b.clinic_id = a.clinic_id AND b.provider_id = a.provider_id AND b.id > a.id
            AND b.starts_at BETWEEN a.starts_at - interval '32 hours' AND a.starts_at + interval '32 hours'
            AND tstzrange(a.busy_from, a.busy_until) && tstzrange(b.busy_from, b.busy_until)
           WHERE a.clinic_id = :clinic_id AND a.kind <> 'blocked' AND b.kind <> 'blocked'
             AND NOT a.overbooked AND NOT b.overbooked""",
    ),
    Rule(
        "I2",
        "the taken seats of a time are not its visits",
        """SELECT s.id FROM slots AS s LEFT JOIN visits AS v ON v.clinic_id = s.clinic_id AND v.slot_id = s.id
            WHERE s.clinic_id = :clinic_id GROUP BY s.id, s.taken HAVING s.taken <> count(v.id)""",
    ),
    Rule(
        "I2",
        "a time has more visits than seats",
        """SELECT s.id FROM slots AS s JOIN visits AS v ON v.clinic_id = s.clinic_id AND v.slot_id = s.id
            WHERE s.clinic_id = :clinic_id GROUP BY s.id, s.capacity HAVING count(v.id) > s.capacity""",
    ),
    Rule(
        "I1",
        "a visit lies in a time when the doctor is away",
        """SELECT v.id FROM visits AS v JOIN slots AS b ON b.clinic_id = v.clinic_id AND b.provider_id = v.provider_id
              AND b.kind = 'blocked' AND b.starts_at < v.ends_at AND b.ends_at > v.starts_at
              AND b.starts_at > v.starts_at - interval '24 hours'
            WHERE v.clinic_id = :clinic_id AND v.status = ANY(:live)""",
        is_warning=True,
    ),
    Rule(
        "I1",
        "two times keep one room at once",
        """SELECT a.id FROM slot_rooms AS a JOIN slot_rooms AS b
             ON b.clinic_id = a.clinic_id AND b.room_id = a.room_id AND b.id > a.id
            AND b.busy_from BETWEEN a.busy_from - interval '32 hours' AND a.busy_from + interval '32 hours'
            AND tstzrange(a.busy_from, a.busy_until) && tstzrange(b.busy_from, b.busy_until)
           WHERE a.clinic_id = :clinic_id""",
    ),
    Rule(
        "I1",
        "a room is not kept for as long as the time it goes with",
        """SELECT x.id FROM slot_rooms AS x JOIN slots AS s ON s.clinic_id = x.clinic_id AND s.id = x.slot_id
            WHERE x.clinic_id = :clinic_id AND (x.busy_from <> s.busy_from OR x.busy_until <> s.busy_until)""",
    ),
    Rule(
        "I1",
        "a visit to come is in a room that its time does not keep",
        """SELECT v.id FROM visits AS v JOIN slots AS s ON s.clinic_id = v.clinic_id AND s.id = v.slot_id
            WHERE v.clinic_id = :clinic_id AND v.room_id IS NOT NULL AND v.status = ANY(:live) AND NOT s.overbooked
              AND NOT EXISTS (SELECT 1 FROM slot_rooms AS x WHERE x.clinic_id = v.clinic_id AND x.slot_id = v.slot_id
                                 AND x.room_id = v.room_id)""",
    ),
    Rule(
        "I5",
        "a visit's status is not the last one of its history",
        """SELECT v.id FROM visits AS v LEFT JOIN LATERAL (
                 SELECT e.to_status FROM visit_events AS e
                  WHERE e.clinic_id = v.clinic_id AND e.visit_id = v.id AND e.to_status IS NOT NULL
                  ORDER BY e.created_at DESC, e.id DESC LIMIT 1) AS h ON true
            WHERE v.clinic_id = :clinic_id AND v.status IS DISTINCT FROM h.to_status""",
    ),
    Rule(
        "I5",
        "a visit's history takes a step that there is not",
        f"""WITH {HISTORY} SELECT h.visit_id FROM history AS h
              JOIN visits AS v ON v.clinic_id = h.clinic_id AND v.id = h.visit_id
             WHERE h.from_status IS DISTINCT FROM h.before OR (h.kind = 'booked') <> (h.from_status IS NULL)
                OR (v.source NOT IN ('fhir', 'import') AND (
                      (h.kind = 'status' AND h.from_status || '>' || h.to_status <> ALL(:steps))
                   OR (h.kind = 'undone' AND h.to_status || '>' || h.from_status <> ALL(:steps))))""",
    ),
    Rule(
        "I1",
        "a visit to come has no time of a doctor's, or another one",
        """SELECT v.id FROM visits AS v LEFT JOIN slots AS s ON s.clinic_id = v.clinic_id AND s.id = v.slot_id
            WHERE v.clinic_id = :clinic_id AND v.status = ANY(:live) AND v.kind = 'scheduled'
              AND v.source NOT IN ('fhir', 'import')
              AND (s.id IS NULL OR s.provider_id <> v.provider_id OR s.starts_at <> v.starts_at)""",
    ),
    Rule(
        "I12",
        "a visit was made without an entry in the audit log",
        """SELECT v.id FROM visits AS v
            WHERE v.clinic_id = :clinic_id AND v.source NOT IN ('fhir', 'import')
              AND v.created_at >= (SELECT min(a.created_at) FROM audit_entries AS a WHERE a.clinic_id = :clinic_id)
              AND NOT EXISTS (SELECT 1 FROM audit_entries AS a
                               WHERE a.clinic_id = v.clinic_id AND a.resource_type = 'visits' AND a.resource_id = v.id
                                 AND a.action IN ('booking.book', 'walk_ins.add'))""",
    ),
    Rule(
        "I13",
        "a patient cannot be found by any word",
        """SELECT p.id FROM patients AS p WHERE p.clinic_id = :clinic_id AND p.deleted_at IS NULL
              AND p.erased_at IS NULL AND NOT EXISTS (SELECT 1 FROM patient_words AS w
                               WHERE w.clinic_id = p.clinic_id AND w.patient_id = p.id)""",
    ),
    Rule(
        "I3",
        "an offer that is still good keeps no time",
        """SELECT o.id FROM slot_offers AS o WHERE o.clinic_id = :clinic_id AND o.status IN ('prepared', 'sent')
              AND o.until > now() AND NOT EXISTS (
                  SELECT 1 FROM slots AS s LEFT JOIN seat_holds AS h ON h.clinic_id = s.clinic_id AND h.slot_id = s.id
                     AND h.id = o.seat_hold_id
                   WHERE s.clinic_id = o.clinic_id AND s.id = o.slot_id AND s.provider_id = o.provider_id
                     AND s.starts_at = o.starts_at AND coalesce(h.held_until, s.held_until) = o.until)""",
    ),
    Rule(
        "I3",
        "a hold ran out more than two minutes ago and was not removed: does the worker run?",
        """SELECT s.id FROM slots AS s WHERE s.clinic_id = :clinic_id AND s.status = 'held'
              AND s.held_until < now() - interval '2 minutes'
           UNION ALL
           SELECT h.slot_id FROM seat_holds AS h WHERE h.clinic_id = :clinic_id
              AND h.held_until < now() - interval '2 minutes'""",
        is_warning=True,
    ),
    Rule(
        "I13",
        "a visit is of another patient than its series",
        """SELECT v.id FROM visits AS v JOIN series AS s ON s.clinic_id = v.clinic_id AND s.id = v.series_id
            WHERE v.clinic_id = :clinic_id AND v.patient_id <> s.patient_id""",
    ),
    Rule(
        "I13",
        "a visit to come is of a patient who is deleted or erased",
        """SELECT v.id FROM visits AS v JOIN patients AS p ON p.clinic_id = v.clinic_id AND p.id = v.patient_id
            WHERE v.clinic_id = :clinic_id AND num_nonnulls(p.deleted_at, p.erased_at) > 0
              AND v.status = ANY(:live) AND v.starts_at > now()""",
    ),
    Rule(
        "I13",
        "an erased patient's record still says something of them",
        """SELECT p.id FROM patients AS p WHERE p.clinic_id = :clinic_id AND p.erased_at < now() - interval '15 minutes'
              AND (num_nonnulls(p.phone, p.email, p.date_of_birth, p.notes, p.last_name, p.address_line) > 0
                OR EXISTS (SELECT 1 FROM patient_words AS w WHERE w.clinic_id = p.clinic_id AND w.patient_id = p.id)
                OR EXISTS (SELECT 1 FROM visit_events AS e JOIN visits AS v ON v.clinic_id = e.clinic_id
                              AND v.id = e.visit_id
                            WHERE v.clinic_id = p.clinic_id AND v.patient_id = p.id AND e.notes IS NOT NULL)
                OR EXISTS (SELECT 1 FROM intake_answers AS w JOIN visits AS v ON v.clinic_id = w.clinic_id
                              AND v.id = w.visit_id WHERE v.clinic_id = p.clinic_id AND v.patient_id = p.id))""",
    ),
)
# Asked of every clinic's chain of seals, and of the chain of what happened outside of any.
CHAIN_RULES = (
    Rule(
        "I11",
        "a seal of the audit log is missing, or is not linked to the one before",
        """SELECT x.id FROM (
                 SELECT s.id, s.number, s.previous_hash, lag(s.number) OVER w AS number_before,
                        lag(s.hash) OVER w AS hash
                   FROM audit_seals AS s WHERE s.clinic_id = :clinic_id WINDOW w AS (ORDER BY s.number)) AS x
            WHERE x.number <> coalesce(x.number_before, 0) + 1
               OR (x.number_before IS NOT NULL AND x.previous_hash <> x.hash)""",
    ),
    Rule(
        "I11",
        "a sealed entry of the audit log is gone, or is sealed twice",
        """WITH sealed AS (SELECT unnest(s.entry_ids) AS entry, s.first_at, s.last_at FROM audit_seals AS s
                            WHERE s.clinic_id = :clinic_id AND s.first_at > now() - interval '6 years')
           SELECT entry FROM sealed WHERE NOT EXISTS (
                  SELECT 1 FROM audit_entries AS a WHERE a.clinic_id = :clinic_id AND a.id = sealed.entry
                     AND a.created_at BETWEEN sealed.first_at AND sealed.last_at)
           UNION ALL SELECT entry FROM sealed GROUP BY entry HAVING count(*) > 1""",
    ),
)
