"""A day as the clinic sees it: its visits, and its doctors with when they are away; one statement each, however full.

These are the rows of the product's busiest screens, so they come as plain columns with ids as text, not as records.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from clinic.db import now
from clinic.models.visits import VisitEvent, VisitKind, VisitStatus
from clinic.queries.places import CLOSED
from clinic.queries.queue import TURN
from clinic.queries.visit_states import STATE

# Where somebody was called to, and by when it is their turn, is known of those who wait only.
VISIT = f"""
SELECT CAST(v.id AS text) AS id, CAST(v.patient_id AS text) AS patient_id, CAST(v.provider_id AS text) AS provider_id,
       {STATE} AS status, v.visit_mode, v.kind, v.starts_at, v.checked_in_at, v.answer_by, v.ticket_number,
       v.severity, CASE WHEN v.status = 'checked_in' THEN v.called_to END AS called_to,
       CASE WHEN v.status = 'checked_in' THEN {TURN} END AS turn_at,
       p.full_name, p.deceased_at IS NOT NULL AS deceased, d.display_name AS doctor, t.name AS visit_type,
       s.overbooked_reason,
       ARRAY(SELECT g.tag FROM patient_tags AS g
              WHERE g.clinic_id = v.clinic_id AND g.patient_id = v.patient_id AND g.kind = 'flag'
              ORDER BY g.tag) AS flags
  FROM visits AS v
  JOIN patients AS p ON p.clinic_id = v.clinic_id AND p.id = v.patient_id
  LEFT JOIN providers AS d ON d.clinic_id = v.clinic_id AND d.id = v.provider_id
  LEFT JOIN visit_types AS t ON t.clinic_id = v.clinic_id AND t.id = v.visit_type_id
  LEFT JOIN slots AS s ON s.clinic_id = v.clinic_id AND s.id = v.slot_id
 WHERE v.clinic_id = :clinic_id AND """
ONE_VISIT = sa.text(VISIT + "v.id = :visit_id")
# A visit made by mistake leaves the lists; only its own page still tells of it.
DAYS_VISITS = sa.text(
    VISIT
    + """v.starts_at >= :starts_at AND v.starts_at < :ends_at
   AND v.cancel_reason IS DISTINCT FROM 'entered_in_error'
   AND (CAST(:provider_id AS uuid) IS NULL OR v.provider_id = CAST(:provider_id AS uuid)
        OR (v.provider_id IS NULL AND v.kind = 'walk_in' AND v.status = 'checked_in'))
 ORDER BY v.starts_at, v.id"""
)
# Closures are shown with the doctors they close.
# No slot is longer than 24 hours, so a block over this day began at most a day before it.
DOCTORS = sa.text(
    f"""WITH {CLOSED}
SELECT CAST(p.id AS text) AS id, p.display_name, p.approved_at IS NOT NULL AND p.is_active AS bookable,
       b.starts_at, b.ends_at, b.reason
  FROM providers AS p
  LEFT JOIN (
       SELECT s.provider_id, s.starts_at, s.ends_at, s.reason FROM slots AS s
        WHERE s.clinic_id = :clinic_id AND s.kind = 'blocked'
          AND s.starts_at >= CAST(:starts_at AS timestamptz) - interval '24 hours'
          AND s.starts_at < :ends_at AND s.ends_at > :starts_at
       UNION ALL
       SELECT c.provider_id, c.starts_at, c.ends_at, c.title FROM closed AS c
  ) AS b ON b.provider_id = p.id
 WHERE p.clinic_id = :clinic_id
 ORDER BY p.display_name, p.id, b.starts_at"""
)


@dataclass(frozen=True, slots=True)
class Day:
    """One date on the clinic's calendar, and the instants (UTC) between which it lies: 23, 24 or 25 hours."""

    date: date
    starts_at: datetime
    ends_at: datetime

    @classmethod
    def on(cls, when: date, timezone: str):
        """The day of that date in that zone."""
        zone = ZoneInfo(timezone)
        midnights = (datetime.combine(day, time(), zone) for day in (when, when + timedelta(days=1)))
        return cls(when, *(midnight.astimezone(UTC) for midnight in midnights))

    @classmethod
    def today(cls, timezone: str):
        """The day it is now in that zone."""
        return cls.on(now().astimezone(ZoneInfo(timezone)).date(), timezone)


@dataclass(slots=True)
class Doctor:
    """One doctor of the clinic, and the times (start, end, reason) they are away on the day."""

    id: str
    name: str
    bookable: bool
    away: list


def visits_of(session, clinic_id, day: Day, provider_id=None):
    """Every visit of the day, in the order of time; of one doctor also the walk-ins that wait for anybody."""
    bounds = {"clinic_id": clinic_id, "starts_at": day.starts_at, "ends_at": day.ends_at, "provider_id": provider_id}
    return session.connection().execute(DAYS_VISITS, bounds).all()


def visit_line(session, visit):
    """The same row for one visit, whatever became of it."""
    session.flush()
    ids = {"clinic_id": visit.clinic_id, "visit_id": visit.id}
    return session.connection().execute(ONE_VISIT, ids).one()


def history_of(session, visit):
    """Everything that happened to the visit, the newest first, with who did it."""
    events = sa.select(VisitEvent).where(VisitEvent.visit_id == visit.id).options(joinedload(VisitEvent.changed_by))
    return session.scalars(events.order_by(VisitEvent.created_at.desc(), VisitEvent.id.desc())).all()


def doctors_of(session, clinic_id, day: Day) -> list[Doctor]:
    """The clinic's doctors by name, each with when they are away on the day."""
    bounds = {"clinic_id": clinic_id, "starts_at": day.starts_at, "ends_at": day.ends_at}
    doctors = {}
    for row in session.connection().execute(DOCTORS, bounds):
        doctor = doctors.setdefault(row.id, Doctor(row.id, row.display_name, row.bookable, []))
        if row.starts_at:
            doctor.away.append((max(row.starts_at, day.starts_at), min(row.ends_at, day.ends_at), row.reason))
    return list(doctors.values())


def is_waiting_walk_in(visit) -> bool:
    """Whether the row is somebody who came without a time and waits."""
    return visit.kind == VisitKind.WALK_IN and visit.status == VisitStatus.CHECKED_IN
