"""Open times: when a doctor could see somebody, worked out by the database in one statement.

Hours are wall time in the clinic's zone, turned into instants day by day, so they stay at the same clock time across
a clock change. From the starts they allow, everything busy is taken away; seats left in shared times are added.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from clinic.db import now

# Expired holds count for nothing, whether or not anybody has swept them; a person's own hold does not stand in
# their own way. The bounds on starts_at are scalar subqueries so that they reach the index (provider, starts_at);
# 28 hours: no slot is longer than 24, no buffer longer than 4.
# What closes a place shuts only the hours there; what closes a doctor or everybody also the seats they share.
# A day is full for a type when the doctor has as many visits of it, holds of others included, as the type allows.
# Days and doctors come through ``asked``, into which the planner cannot look. Knowing them, it would think a plan of
# its own for each so much better than a kept one that it planned every time, which took longer than the search. The
# days are an array because of a series it would expect a thousand.
HOURS = """
asked AS MATERIALIZED (
    SELECT CAST(:first_day AS date) AS first_day, CAST(:last_day AS date) AS last_day,
           CAST(:provider_ids AS uuid[]) AS provider_ids,
           ARRAY(SELECT CAST(:first_day AS date) + n
                   FROM generate_series(0, CAST(:last_day AS date) - CAST(:first_day AS date)) AS n) AS days
),
span AS (
    SELECT (first_day::timestamp AT TIME ZONE :zone) - interval '28 hours' AS lo,
           ((last_day + 1)::timestamp AT TIME ZONE :zone) + interval '4 hours' AS hi
      FROM asked
),
days AS (
    SELECT unnest(days) AS day FROM asked
),
offers AS (
    SELECT p.id AS provider_id, coalesce(o.minutes, t.minutes) AS minutes, t.buffer_before, t.buffer_after,
           coalesce(t.step_minutes, o.minutes, t.minutes) AS step, t.capacity, t.limit_per_day
      FROM providers AS p
      JOIN provider_visit_types AS o ON o.clinic_id = p.clinic_id AND o.provider_id = p.id
      JOIN visit_types AS t ON t.clinic_id = o.clinic_id AND t.id = o.visit_type_id
     WHERE p.clinic_id = :clinic_id AND t.id = :visit_type_id AND t.is_active
       AND p.approved_at IS NOT NULL AND p.is_active AND p.id = ANY((SELECT provider_ids FROM asked)::uuid[])
       AND (CAST(:mode AS text) IS DISTINCT FROM 'virtual' OR p.telemed_enabled)
       AND (t.visit_mode IS NULL OR CAST(:mode AS text) IS NULL OR t.visit_mode = :mode)
),
shut AS (
    SELECT c.provider_id, c.location_id, tstzrange(c.starts_at, c.ends_at) AS times FROM closures AS c
     WHERE c.clinic_id = :clinic_id AND c.removed_at IS NULL
       AND c.ends_at > (SELECT lo FROM span) AND c.starts_at < (SELECT hi FROM span)
),
closed AS (
    SELECT p.provider_id, range_agg(s.times) AS times FROM (SELECT unnest(provider_ids) AS provider_id FROM asked) AS p
      JOIN shut AS s ON s.location_id IS NULL AND coalesce(s.provider_id = p.provider_id, true)
     GROUP BY p.provider_id
),
hours AS (
    SELECT a.provider_id, (d.day + a.start_time) AT TIME ZONE :zone AS opens,
           (d.day + a.end_time) AT TIME ZONE :zone AS closes,
           (SELECT range_agg(s.times) FROM shut AS s
             WHERE coalesce(s.provider_id = a.provider_id, true)
               AND (s.location_id IS NULL
                    OR s.location_id = coalesce(a.location_id, (
                        SELECT p.location_id FROM providers AS p
                         WHERE p.clinic_id = a.clinic_id AND p.id = a.provider_id)))) AS shut
      FROM days AS d
      JOIN availabilities AS a
        ON a.clinic_id = :clinic_id AND a.provider_id = ANY((SELECT provider_ids FROM asked)::uuid[])
       AND a.status = 'active'
       AND (a.on_date = d.day
            OR (a.weekday = extract(dow FROM d.day)
                AND coalesce(a.valid_from <= d.day, true) AND coalesce(a.valid_until >= d.day, true)
                AND NOT EXISTS (SELECT 1 FROM availabilities AS dated
                                 WHERE dated.clinic_id = a.clinic_id AND dated.provider_id = a.provider_id
                                   AND dated.on_date = d.day AND NOT dated.in_addition)))
     WHERE (a.visit_mode IS NULL OR CAST(:mode AS text) IS NULL OR a.visit_mode = :mode)
       AND (d.day + a.start_time) AT TIME ZONE :zone < (d.day + a.end_time) AT TIME ZONE :zone
),
taken AS (
    SELECT s.* FROM slots AS s
     WHERE s.clinic_id = :clinic_id AND s.provider_id = ANY((SELECT provider_ids FROM asked)::uuid[])
       AND s.starts_at >= (SELECT lo FROM span) AND s.starts_at < (SELECT hi FROM span)
       AND NOT (s.status = 'held'
                AND (s.held_until <= now() OR coalesce(s.held_by_id = CAST(:person_id AS uuid), false)))
       AND NOT (s.kind = 'open' AND s.status = 'free' AND s.taken = 0 AND NOT EXISTS (
            SELECT 1 FROM seat_holds AS h WHERE h.clinic_id = s.clinic_id AND h.slot_id = s.id
               AND h.held_until > now() AND h.held_by_id IS DISTINCT FROM CAST(:person_id AS uuid)))
),
busy AS (
    SELECT provider_id, range_agg(tstzrange(busy_from, busy_until)) AS times FROM taken GROUP BY provider_id
),
blocks AS (
    SELECT provider_id, range_agg(tstzrange(starts_at, ends_at)) AS times
      FROM taken WHERE kind = 'blocked' GROUP BY provider_id
),
full_days AS (
    SELECT t.provider_id, (t.starts_at AT TIME ZONE :zone)::date AS day
      FROM taken AS t JOIN offers AS o ON o.provider_id = t.provider_id AND o.limit_per_day IS NOT NULL
     WHERE t.visit_type_id = :visit_type_id AND t.kind <> 'blocked'
     GROUP BY t.provider_id, (t.starts_at AT TIME ZONE :zone)::date, o.limit_per_day
    HAVING sum(t.taken + (t.status = 'held')::int + CASE WHEN t.capacity = 1 THEN 0 ELSE (
               SELECT count(*) FROM seat_holds AS h WHERE h.clinic_id = t.clinic_id AND h.slot_id = t.id
                  AND h.held_until > now() AND h.held_by_id IS DISTINCT FROM CAST(:person_id AS uuid)) END
           ) >= o.limit_per_day
)
"""
SEATS = """
seats AS (
    SELECT t.id AS slot_id, t.provider_id, t.starts_at, t.ends_at,
           t.capacity - t.taken - (SELECT count(*) FROM seat_holds AS h
                                    WHERE h.clinic_id = t.clinic_id AND h.slot_id = t.id AND h.held_until > now()
                                      AND h.held_by_id IS DISTINCT FROM CAST(:person_id AS uuid)) AS left_over
      FROM taken AS t JOIN offers AS o ON o.provider_id = t.provider_id
      LEFT JOIN blocks AS b ON b.provider_id = t.provider_id
      LEFT JOIN closed AS c ON c.provider_id = t.provider_id
     WHERE t.kind <> 'blocked' AND NOT t.overbooked AND t.taken < t.capacity AND t.status = 'free'
       AND (t.visit_type_id = :visit_type_id
            OR (t.kind = 'published' AND t.visit_type_id IS NULL
                AND t.ends_at - t.starts_at >= make_interval(mins => o.minutes)))
       AND (t.visit_mode IS NULL OR CAST(:mode AS text) IS NULL OR t.visit_mode = :mode)
       AND NOT coalesce(b.times && tstzrange(t.starts_at, t.ends_at), false)
       AND NOT coalesce(c.times && tstzrange(t.starts_at, t.ends_at), false)
)
"""
OPEN_TIMES = sa.text(
    f"""WITH {HOURS}, {SEATS},
candidates AS (
    SELECT DISTINCT h.provider_id, begins AS starts_at, begins + make_interval(mins => o.minutes) AS ends_at,
           o.capacity, o.buffer_before, o.buffer_after
      FROM hours AS h JOIN offers AS o ON o.provider_id = h.provider_id
     CROSS JOIN LATERAL generate_series(h.opens, h.closes - make_interval(mins => o.minutes),
                                        make_interval(mins => o.step)) AS begins
     WHERE NOT coalesce(h.shut && tstzrange(begins, begins + make_interval(mins => o.minutes)), false)
)
SELECT found.provider_id, found.starts_at, found.ends_at, found.left_over FROM (
    SELECT c.provider_id, c.starts_at, c.ends_at, c.capacity AS left_over
      FROM candidates AS c LEFT JOIN busy AS b ON b.provider_id = c.provider_id
     WHERE NOT coalesce(b.times && tstzrange(c.starts_at - make_interval(mins => c.buffer_before),
                                             c.ends_at + make_interval(mins => c.buffer_after)), false)
    UNION
    SELECT s.provider_id, s.starts_at, s.ends_at, s.left_over FROM seats AS s WHERE s.left_over > 0
) AS found
 WHERE found.starts_at >= :earliest AND found.starts_at < :latest
   AND NOT EXISTS (SELECT 1 FROM full_days AS f WHERE f.provider_id = found.provider_id
                      AND f.day = (found.starts_at AT TIME ZONE :zone)::date)
 ORDER BY found.starts_at, found.provider_id LIMIT :most"""
)
# What is known of one wished time, in one row: may it be booked, and if it is shared, in which slot.
FITS = sa.text(
    f"""WITH {HOURS}, {SEATS},
wish AS (
    SELECT o.*, CAST(:starts_at AS timestamptz) AS starts_at,
           CAST(:starts_at AS timestamptz) + make_interval(mins => o.minutes) AS ends_at FROM offers AS o
)
SELECT w.minutes, w.buffer_before, w.buffer_after, w.capacity,
       coalesce((SELECT range_agg(tstzrange(h.opens, h.closes)) FROM hours AS h)
                @> tstzrange(w.starts_at, w.ends_at), false) AS inside_hours,
       EXISTS (SELECT 1 FROM hours AS h
                WHERE w.starts_at >= h.opens AND w.ends_at <= h.closes
                  AND mod(extract(epoch FROM w.starts_at - h.opens)::int, w.step * 60) = 0) AS on_grid,
       NOT coalesce((SELECT b.times FROM busy AS b) && tstzrange(
            w.starts_at - make_interval(mins => w.buffer_before),
            w.ends_at + make_interval(mins => w.buffer_after)), false) AS free,
       coalesce((SELECT b.times FROM blocks AS b) && tstzrange(w.starts_at, w.ends_at), false) AS blocked,
       coalesce((SELECT c.times FROM closed AS c) && tstzrange(w.starts_at, w.ends_at), false)
           OR EXISTS (SELECT 1 FROM hours AS h WHERE h.opens < w.ends_at AND h.closes > w.starts_at
                         AND h.shut && tstzrange(w.starts_at, w.ends_at)) AS closed,
       EXISTS (SELECT 1 FROM full_days AS f
                WHERE f.day = (w.starts_at AT TIME ZONE :zone)::date) AS day_full,
       (SELECT s.slot_id FROM seats AS s WHERE s.starts_at = w.starts_at AND s.left_over > 0 LIMIT 1) AS seat_in
  FROM wish AS w"""
)


@dataclass(frozen=True, slots=True)
class OpenTime:
    """One start that can be booked: instants in UTC, and how many seats are left."""

    provider_id: UUID
    starts_at: datetime
    ends_at: datetime
    seats: int


def open_times(
    session,
    clinic,
    visit_type,
    provider_ids,
    first_day: date,
    last_day: date,
    *,
    mode=None,
    person_id=None,
    earliest=None,
    latest=None,
    most=5000,
) -> list[OpenTime]:
    """The open starts of a visit type with these doctors on these days of the clinic's calendar, soonest first.

    Portal callers pass ``earliest`` and ``latest`` (the type's notice and horizon); the desk is bound by neither, only
    by the present moment.
    """  # fmt: skip
    zone = ZoneInfo(clinic.timezone)
    rows = session.connection().execute(
        OPEN_TIMES,
        {
            "clinic_id": clinic.id, "visit_type_id": visit_type.id, "provider_ids": list(provider_ids),
            "first_day": first_day, "last_day": last_day, "zone": zone.key, "mode": mode, "person_id": person_id,
            "earliest": earliest or now(), "latest": latest or now() + timedelta(days=3650), "most": most,
        },
    )  # fmt: skip
    return [OpenTime(*row) for row in rows]


def patient_window(visit_type) -> tuple[datetime, datetime]:
    """The earliest and the latest start a patient may book themselves, from the type's notice and horizon."""
    return (
        now() + timedelta(minutes=visit_type.minimum_notice_minutes),
        now() + timedelta(days=visit_type.horizon_days),
    )


def nearest_open(
    session,
    clinic,
    visit_type,
    provider_ids,
    wished: datetime,
    *,
    mode=None,
    person_id=None,
    most=3,
):
    """The open times nearest to a wished one, within a week before or after it, soonest first."""
    day = wished.astimezone(ZoneInfo(clinic.timezone)).date()
    found = open_times(
        session, clinic, visit_type, provider_ids, day - timedelta(days=7), day + timedelta(days=7),
        mode=mode, person_id=person_id,
    )  # fmt: skip
    nearest = sorted(found, key=lambda time: (abs(time.starts_at - wished), time.starts_at))[:most]
    return sorted(nearest, key=lambda time: time.starts_at)


def fits(
    session,
    clinic,
    visit_type_id,
    provider_id,
    starts_at: datetime,
    *,
    mode=None,
    person_id=None,
):
    """What is known of one wished time (see ``FITS``); None where the doctor does not offer the type."""
    day = starts_at.astimezone(ZoneInfo(clinic.timezone)).date()
    return session.connection().execute(
        FITS,
        {
            "clinic_id": clinic.id, "visit_type_id": visit_type_id, "provider_ids": [provider_id], "first_day": day,
            "last_day": day, "zone": clinic.timezone, "mode": mode, "person_id": person_id, "starts_at": starts_at,
        },
    ).one_or_none()  # fmt: skip
