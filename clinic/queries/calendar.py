"""What the calendar shows: visits, what else takes or closes time, open hours, and the load of whole weeks.

One statement each, however many doctors or days; the rows come as plain columns with ids as text, as the day's do.
"""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from clinic.queries.day import Day
from clinic.queries.open_parts import HOURS, STANDS
from clinic.queries.places import CLOSED
from clinic.queries.strandings import IS_STRANDED
from clinic.queries.visit_states import STATE

# A cancelled visit has no time any more.
VISITS = sa.text(
    f"""SELECT CAST(v.id AS text) AS id, CAST(v.patient_id AS text) AS patient_id,
       CAST(v.provider_id AS text) AS provider_id, CAST(v.slot_id AS text) AS slot_id,
       {STATE} AS status, v.visit_mode, v.kind,
       v.starts_at, coalesce(v.ends_at, v.starts_at + interval '15 minutes') AS ends_at,
       p.full_name, t.name AS visit_type, s.overbooked, coalesce(s.capacity, 1) AS capacity,
       v.series_id IS NOT NULL AS in_series, CAST(v.room_id AS text) AS room_id, d.display_name AS doctor,
       {IS_STRANDED} AS is_stranded
  FROM visits AS v
  JOIN patients AS p ON p.clinic_id = v.clinic_id AND p.id = v.patient_id
  LEFT JOIN visit_types AS t ON t.clinic_id = v.clinic_id AND t.id = v.visit_type_id
  LEFT JOIN slots AS s ON s.clinic_id = v.clinic_id AND s.id = v.slot_id
  LEFT JOIN providers AS d ON d.clinic_id = v.clinic_id AND d.id = v.provider_id
 WHERE v.clinic_id = :clinic_id AND v.starts_at >= :starts_at AND v.starts_at < :ends_at AND v.status <> 'cancelled'
   AND (CAST(:provider_id AS uuid) IS NULL OR v.provider_id = CAST(:provider_id AS uuid))
 ORDER BY v.starts_at, v.id"""
)
# Blocks, holds, times shared by several, and closures. No slot is longer than 24 hours, so none began earlier.
TIMES = sa.text(
    f"""WITH {CLOSED}
SELECT CAST(s.id AS text) AS id, CAST(s.provider_id AS text) AS provider_id,
       CASE WHEN s.kind = 'blocked' THEN 'block' WHEN s.status = 'held' AND s.held_by_id IS NULL THEN 'offer'
            WHEN s.status = 'held' THEN 'hold' ELSE 'group' END AS what,
       s.starts_at, s.ends_at, coalesce(s.title, s.reason) AS reason, t.name AS visit_type,
       CAST(s.visit_type_id AS text) AS visit_type_id,
       s.kind = 'published' AS published, s.closed_at IS NULL AS takes_more, s.capacity,
       s.taken + (SELECT count(*) FROM seat_holds AS h
                               WHERE h.clinic_id = s.clinic_id AND h.slot_id = s.id AND h.held_until > now()) AS taken
  FROM slots AS s LEFT JOIN visit_types AS t ON t.clinic_id = s.clinic_id AND t.id = s.visit_type_id
 WHERE s.clinic_id = :clinic_id AND s.provider_id = ANY(CAST(:provider_ids AS uuid[]))
   AND s.starts_at >= CAST(:starts_at AS timestamptz) - interval '24 hours' AND s.starts_at < :ends_at
   AND s.ends_at > :starts_at
   AND (s.kind IN ('blocked', 'published') OR (s.status = 'held' AND s.held_until > now())
        OR (s.capacity > 1 AND (s.taken > 0 OR EXISTS (
            SELECT 1 FROM seat_holds AS h
             WHERE h.clinic_id = s.clinic_id AND h.slot_id = s.id AND h.held_until > now()))))
UNION ALL
SELECT CAST(c.id AS text), CAST(c.provider_id AS text), 'closure', c.starts_at, c.ends_at, c.title, NULL, NULL,
       false, false, 1, 0
  FROM closed AS c WHERE c.provider_id = ANY(CAST(:provider_ids AS uuid[]))
 ORDER BY starts_at, id"""
)
OPEN = """open AS (
    SELECT h.provider_id,
           range_agg(tstzmultirange(tstzrange(h.opens, h.closes)) - coalesce(h.shut, '{}'::tstzmultirange)) AS times
      FROM hours AS h GROUP BY h.provider_id
)"""
OPEN_HOURS = sa.text(
    f"""WITH {HOURS}, {OPEN}
SELECT CAST(o.provider_id AS text) AS provider_id, lower(piece) AS starts_at, upper(piece) AS ends_at
  FROM open AS o CROSS JOIN LATERAL unnest(o.times) AS piece
 ORDER BY 1, 2"""
)
# How much of the doctors' hours is still free, day by day of the clinic's calendar; whole minutes. What is taken is
# read by itself: the parts of an open time would keep every column of a month's slots.
LOAD = sa.text(
    f"""WITH {HOURS}, {OPEN},
here AS (
    SELECT s.provider_id, range_agg(tstzrange(s.busy_from, s.busy_until)) AS times FROM slots AS s
     WHERE s.clinic_id = :clinic_id AND s.provider_id = ANY((SELECT provider_ids FROM asked)::uuid[])
       AND s.starts_at >= (SELECT lo FROM span) AND s.starts_at < (SELECT hi FROM span) AND {STANDS}
     GROUP BY s.provider_id
),
room AS (
    SELECT o.times, o.times - coalesce(b.times, '{{}}'::tstzmultirange) AS free
      FROM open AS o LEFT JOIN here AS b ON b.provider_id = o.provider_id
)
SELECT (lower(piece) AT TIME ZONE :zone)::date AS day,
       CAST(sum(extract(epoch FROM upper(piece) - lower(piece)) / 60) FILTER (WHERE is_open) AS int) AS open_minutes,
       CAST(sum(extract(epoch FROM upper(piece) - lower(piece)) / 60) FILTER (WHERE NOT is_open) AS int) AS free_minutes
  FROM (SELECT true AS is_open, unnest(times) AS piece FROM room UNION ALL SELECT false, unnest(free) FROM room) AS p
 GROUP BY 1"""
)
COUNTS = sa.text(
    """SELECT (v.starts_at AT TIME ZONE :zone)::date AS day, count(*) AS visits,
       count(*) FILTER (WHERE v.status = 'requested') AS requested,
       count(*) FILTER (WHERE v.status = 'no_show') AS missed
  FROM visits AS v
 WHERE v.clinic_id = :clinic_id AND v.starts_at >= :starts_at AND v.starts_at < :ends_at AND v.status <> 'cancelled'
   AND (CAST(:provider_id AS uuid) IS NULL OR v.provider_id = CAST(:provider_id AS uuid))
 GROUP BY 1"""
)
DOCTORS = sa.text(
    """SELECT CAST(p.id AS text) AS id, p.display_name AS name, p.approved_at IS NOT NULL AND p.is_active AS bookable
  FROM providers AS p WHERE p.clinic_id = :clinic_id ORDER BY p.display_name, p.id"""
)
# Rooms in use, and which of them go with which piece of time that day; a device that moves about is one of them too.
ROOMS = sa.text(
    """SELECT CAST(r.id AS text) AS id, r.name, k.name AS kind, CAST(x.slot_id AS text) AS slot_id
  FROM rooms AS r
  JOIN room_kinds AS k ON k.clinic_id = r.clinic_id AND k.id = r.room_kind_id
  LEFT JOIN slot_rooms AS x ON x.clinic_id = r.clinic_id AND x.room_id = r.id
       AND x.busy_from >= CAST(:starts_at AS timestamptz) - interval '32 hours' AND x.busy_from < :ends_at
 WHERE r.clinic_id = :clinic_id AND r.status = 'active'
 ORDER BY r.location_id, r.name, r.id"""
)
# A doctor's own, one day, on paper: with what they want to know before the patient comes in.
SHEET = sa.text(
    f"""SELECT CAST(v.id AS text) AS id, CAST(v.patient_id AS text) AS patient_id, {STATE} AS status,
       v.visit_mode, v.starts_at, v.ends_at, p.full_name, p.date_of_birth, p.mrn, p.phone, t.name AS visit_type,
       v.reason, v.notes,
       s.overbooked_reason, r.name AS room, s.title AS group_title
  FROM visits AS v
  JOIN patients AS p ON p.clinic_id = v.clinic_id AND p.id = v.patient_id
  LEFT JOIN visit_types AS t ON t.clinic_id = v.clinic_id AND t.id = v.visit_type_id
  LEFT JOIN slots AS s ON s.clinic_id = v.clinic_id AND s.id = v.slot_id
  LEFT JOIN rooms AS r ON r.clinic_id = v.clinic_id AND r.id = v.room_id
 WHERE v.clinic_id = :clinic_id AND v.provider_id = :provider_id
   AND v.starts_at >= :starts_at AND v.starts_at < :ends_at AND v.status <> 'cancelled'
 ORDER BY v.starts_at, v.id"""
)


@dataclass(frozen=True, slots=True)
class Load:
    """One day of a month: how many visits, and how full the doctors' open hours are (minutes)."""

    visits: int = 0
    requested: int = 0
    missed: int = 0
    open_minutes: int = 0
    free_minutes: int = 0

    @property
    def taken_minutes(self):
        """What of the open hours is not free any more."""
        return self.open_minutes - self.free_minutes

    @property
    def percent(self):
        """How full the day is, in whole percent; None where nobody is here."""
        return round(100 * self.taken_minutes / self.open_minutes) if self.open_minutes else None


def doctors(session, clinic_id):
    """Every doctor of the clinic by name."""
    return session.connection().execute(DOCTORS, {"clinic_id": clinic_id}).all()


def visits(session, clinic_id, span, provider_id=None):
    """The visits that begin in the span, in the order of time, of everybody or of one doctor."""
    return session.connection().execute(VISITS, _bounds(clinic_id, span) | {"provider_id": provider_id}).all()


def times(session, clinic_id, span, provider_ids):
    """What else takes or closes these doctors' time in the span: blocks, holds, shared times and closures."""
    return session.connection().execute(TIMES, _bounds(clinic_id, span) | {"provider_ids": list(provider_ids)}).all()


def open_hours(session, clinic, provider_ids, first_day: date, last_day: date):
    """When these doctors see patients on these days, closures taken out: rows of doctor, start and end."""
    return session.connection().execute(OPEN_HOURS, _asked(clinic, provider_ids, first_day, last_day)).all()


def rooms(session, clinic_id, day):
    """The rooms in use as (id, name, kind), and {slot's id: the ids of its rooms} for the day."""
    found, of_slot = {}, {}
    for row in session.connection().execute(ROOMS, _bounds(clinic_id, day)):
        found[row.id] = row
        if row.slot_id:
            of_slot.setdefault(row.slot_id, set()).add(row.id)
    return list(found.values()), of_slot


def sheet(session, clinic_id, day, provider_id):
    """One doctor's visits of one day with what stands on paper about each."""
    return session.connection().execute(SHEET, _bounds(clinic_id, day) | {"provider_id": provider_id}).all()


def load(session, clinic, provider_ids, first_day: date, last_day: date, provider_id=None) -> dict[date, Load]:
    """Each of these days with its visits and how full it is; of everybody or of one doctor."""
    span = Span(Day.on(first_day, clinic.timezone).starts_at, Day.on(last_day, clinic.timezone).ends_at)
    bounds = _bounds(clinic.id, span) | {"provider_id": provider_id, "zone": clinic.timezone}
    facts = {row.day: {"visits": row.visits, "requested": row.requested, "missed": row.missed}
             for row in session.connection().execute(COUNTS, bounds)}  # fmt: skip
    for row in session.connection().execute(LOAD, _asked(clinic, provider_ids, first_day, last_day)):
        minutes = {"open_minutes": row.open_minutes or 0, "free_minutes": row.free_minutes or 0}
        facts[row.day] = facts.get(row.day, {}) | minutes
    return {day: Load(**each) for day, each in facts.items()}


@dataclass(frozen=True, slots=True)
class Span:
    """Some time between two instants (UTC)."""

    starts_at: datetime
    ends_at: datetime


def _bounds(clinic_id, span):
    return {"clinic_id": clinic_id, "starts_at": span.starts_at, "ends_at": span.ends_at}


def _asked(clinic, provider_ids, first_day, last_day):
    return {
        "clinic_id": clinic.id, "provider_ids": list(provider_ids), "first_day": first_day, "last_day": last_day,
        "zone": clinic.timezone, "mode": None, "person_id": None, "visit_type_id": None,
    }  # fmt: skip
