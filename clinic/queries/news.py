"""What is new to somebody who sees a record in the portal: what they were let see since they looked the last time."""

from dataclasses import dataclass
from functools import cache
from uuid import UUID

import sqlalchemy as sa

# More than so many of one kind are not counted.
MOST = 100
# What the clinic adds to a record, with the moment from which its patient may see a row; ``entry`` is the row's name.
SEEN_SINCE = {
    "allergies": "entry.created_at",
    "conditions": "entry.created_at",
    "immunizations": "entry.created_at",
    "procedures": "entry.created_at",
    "measurements": "entry.created_at",
    "consultations": "entry.signed_at",
    "consultation_addenda": "entry.created_at",
    "prescriptions": "entry.issued_at",
    "prescription_stops": "entry.created_at",
    "lab_results": "entry.released_at",
    "documents": "greatest(entry.released_at, entry.created_at)",
    "referrals": "entry.sent_at",
    "excuse_notes": "entry.sent_at",
}
# Rows that name their patient through another; what they belong to is theirs from ``parent_at`` on.
OF_PATIENT = {
    "consultations": """(SELECT note.clinic_id, visit.patient_id, note.signed_at FROM visits AS visit
                JOIN consultations AS note ON note.clinic_id = visit.clinic_id AND note.visit_id = visit.id)""",
    "consultation_addenda": """(SELECT added.clinic_id, visit.patient_id, added.created_at, note.signed_at AS parent_at
                 FROM visits AS visit
                 JOIN consultations AS note ON note.clinic_id = visit.clinic_id AND note.visit_id = visit.id
                 JOIN consultation_addenda AS added
                   ON added.clinic_id = note.clinic_id AND added.consultation_id = note.id)""",
    "prescription_stops": """(SELECT stop.clinic_id, issued.patient_id, stop.created_at, issued.issued_at AS parent_at
                 FROM prescriptions AS issued
                 JOIN prescription_stops AS stop
                   ON stop.clinic_id = issued.clinic_id AND stop.prescription_id = issued.id)""",
}
WRITTEN = " AND entry.mistaken_at IS NULL AND entry.source = 'clinic'"
# What is all new is new once, and not once more for what was added to it.
KNOWN_BEFORE = " AND entry.parent_at <= access.looked_before_at"
# What they brought themselves is no news to them, and what was taken back or has ended is none any more.
BUT = {
    "allergies": WRITTEN + " AND entry.status = 'active'",
    "conditions": WRITTEN,
    "immunizations": WRITTEN,
    "procedures": WRITTEN,
    "consultation_addenda": KNOWN_BEFORE,
    "prescription_stops": KNOWN_BEFORE,
    "measurements": " AND entry.mistaken_at IS NULL AND entry.source = 'desk'",
    "documents": " AND NOT entry.from_patient AND entry.state = 'ready' AND entry.deleted_at IS NULL",
    "lab_results": " AND entry.withdrawn_at IS NULL",
}


@dataclass(frozen=True, slots=True)
class News:
    """How many rows of one table are new about one patient; at most ``MOST``."""

    table: str
    patient_id: UUID
    count: int


def since_last_look(session, clinic_id, user_id) -> list[News]:
    """What is new about each patient the person sees; nothing where they have not looked before. One statement."""
    rows = session.connection().execute(_statement(), {"clinic_id": clinic_id, "user_id": user_id})
    return [News(*row) for row in rows]


@cache
def _statement():
    return sa.text(" UNION ALL ".join(map(_branch, SEEN_SINCE)))


def _branch(table):
    """The rows of one table that became visible since; the database itself keeps back whatever is not released."""
    return f"""SELECT '{table}' AS part, access.patient_id, new.count
  FROM patient_access AS access CROSS JOIN LATERAL (
       SELECT count(*) AS count FROM (
              SELECT 1 FROM {OF_PATIENT.get(table, table)} AS entry
               WHERE entry.clinic_id = access.clinic_id AND entry.patient_id IN (
                     SELECT p.id FROM patients AS p WHERE p.clinic_id = access.clinic_id
                        AND (p.id = access.patient_id OR p.merged_into_id = access.patient_id))
                 AND {SEEN_SINCE[table]} > access.looked_before_at{BUT.get(table, "")}
               LIMIT {MOST}) AS found) AS new
 WHERE access.clinic_id = :clinic_id AND access.user_id = :user_id AND new.count > 0"""
