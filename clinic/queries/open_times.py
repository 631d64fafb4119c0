"""Open times: when a doctor could see somebody, worked out by the database in one statement.

Hours are wall time in the clinic's zone, turned into instants day by day, so they stay at the same clock time across
a clock change. From the starts they allow, everything busy is taken away, and where a room is needed everything without
a free one; seats left in shared times are added.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from clinic.db import now
from clinic.queries.open_parts import AROUND, HOURS, ROOMS, SEATS, SERVES, STANDS, STANDS_MEANWHILE

OPEN_TIMES = sa.text(
    f"""WITH {HOURS}, {ROOMS}, {SEATS},
candidates AS MATERIALIZED (
    SELECT h.provider_id, begins AS starts_at, begins + make_interval(mins => o.minutes) AS ends_at, o.capacity,
           begins - make_interval(mins => o.buffer_before) AS busy_from,
           begins + make_interval(mins => o.minutes + o.buffer_after) AS busy_until,
           coalesce(h.location_id, o.location_id) AS location_id, h.opens,
           o.at_clinic AND coalesce(h.visit_mode = 'in_person', true) AS at_clinic,
           o.by_video AND coalesce(h.visit_mode = 'virtual', true) AS by_video
      FROM hours AS h JOIN offers AS o ON o.provider_id = h.provider_id
     CROSS JOIN LATERAL generate_series(h.opens, h.closes - make_interval(mins => o.minutes),
                                        make_interval(mins => o.step)) AS begins
     WHERE NOT coalesce(h.shut && tstzrange(begins, begins + make_interval(mins => o.minutes)), false)
)
SELECT DISTINCT ON (found.starts_at, found.provider_id)
       found.provider_id, found.starts_at, found.ends_at, found.left_over, found.location_id FROM (
    SELECT c.provider_id, c.starts_at, c.ends_at, c.capacity AS left_over, c.location_id, c.opens
      FROM candidates AS c LEFT JOIN busy AS b ON b.provider_id = c.provider_id
     WHERE NOT coalesce(b.times && tstzrange(c.busy_from, c.busy_until), false)
       AND (c.by_video OR c.at_clinic AND ((SELECT NOT EXISTS (SELECT 1 FROM needs)) OR NOT EXISTS (
            SELECT 1 FROM needs AS n WHERE NOT EXISTS (SELECT 1 FROM rooms_there AS r WHERE {SERVES}))))
    UNION ALL
    SELECT s.provider_id, s.starts_at, s.ends_at, s.left_over, s.location_id, s.starts_at
      FROM seats AS s CROSS JOIN span
     WHERE s.left_over > 0 AND s.has_rooms AND NOT s.shut
       AND s.starts_at >= span.first_midnight AND s.starts_at < span.last_midnight
) AS found
 WHERE found.starts_at >= :earliest AND found.starts_at < :latest
   AND NOT EXISTS (SELECT 1 FROM full_days AS f WHERE f.provider_id = found.provider_id
                      AND f.day = (found.starts_at AT TIME ZONE :zone)::date)
 ORDER BY found.starts_at, found.provider_id, found.opens LIMIT :most"""
)
# The times to which a visit can move, among them what its own time keeps from others.
TIMES_TO_MOVE_TO = sa.text(OPEN_TIMES.text.replace(STANDS, STANDS_MEANWHILE))
# Of what was found, that is not where the visit is already and in none of the times the patient is somewhere else, the
# doctors in the order they are named.
OTHERWISE_FREE = """SELECT {once} found.* FROM ({times}) AS found
 WHERE NOT coalesce(found.provider_id = CAST(:own_provider_id AS uuid)
                    AND found.starts_at = CAST(:own_start AS timestamptz), false)
   AND NOT EXISTS (SELECT 1 FROM unnest(CAST(:away_from AS timestamptz[]), CAST(:away_until AS timestamptz[]))
                                 AS away (starts_at, ends_at)
                    WHERE found.starts_at < away.ends_at AND found.ends_at > away.starts_at)
 ORDER BY found.starts_at, array_position(CAST(:provider_ids AS uuid[]), found.provider_id)"""
# The nearest of these, merged or not, are chosen here, so that however many doctors there are a few come back.
NEAREST = """SELECT near.* FROM ({times}) AS near
 ORDER BY greatest(near.starts_at - CAST(:wished AS timestamptz), CAST(:wished AS timestamptz) - near.starts_at),
          near.starts_at, array_position(CAST(:provider_ids AS uuid[]), near.provider_id) LIMIT :shown"""


def _looks(times):
    """The ways to look at open times: every one, each start once, and the nearest to a moment of either."""
    every = OTHERWISE_FREE.format(once="", times=times.text)
    once = OTHERWISE_FREE.format(once="DISTINCT ON (found.starts_at)", times=times.text)
    return {
        "every": times, "once": sa.text(f"{once} LIMIT :shown"), "nearest": sa.text(NEAREST.format(times=every)),
        "nearest once": sa.text(NEAREST.format(times=once)),
    }  # fmt: skip


LOOKS, LOOKS_TO_MOVE_TO = _looks(OPEN_TIMES), _looks(TIMES_TO_MOVE_TO)
# What is known of one wished time, in one row: may it be booked, in which slot if it is shared, else in which rooms.
# The place is that of the hours it begins in; a doctor keeps the room they have on that day, where it is free. Of a
# shared time that begins then it is said whether that is closed and has the rooms.
FITS = sa.text(
    f"""WITH {HOURS}, {ROOMS}, {SEATS},
wish AS (
    SELECT o.*, CAST(:starts_at AS timestamptz) AS starts_at,
           CAST(:starts_at AS timestamptz) + make_interval(mins => o.minutes) AS ends_at,
           CAST(:starts_at AS timestamptz) - make_interval(mins => o.buffer_before) AS busy_from,
           CAST(:starts_at AS timestamptz) + make_interval(mins => o.minutes + o.buffer_after) AS busy_until
      FROM offers AS o
),
seat AS (
    SELECT s.* FROM seats AS s JOIN wish AS w ON w.starts_at = s.starts_at
),
begins_in AS (
    SELECT h.location_id, h.opens FROM hours AS h JOIN wish AS w ON w.starts_at >= h.opens AND w.starts_at < h.closes
),
places AS (
    SELECT coalesce(h.location_id, w.location_id) AS location_id, h.opens, w.busy_from, w.busy_until
      FROM wish AS w LEFT JOIN begins_in AS h ON true
),
place AS (
    SELECT served.* FROM (
        SELECT c.location_id, c.opens, ARRAY(
               SELECT best.id FROM needs AS n CROSS JOIN LATERAL (
                      SELECT r.id, r.location_id, r.name FROM rooms_there AS r WHERE {SERVES}
                       ORDER BY r.id = ANY(CAST(:kept_rooms AS uuid[])) DESC,
                                (SELECT count(*) FROM taken AS t
                                    JOIN slot_rooms AS x ON x.clinic_id = t.clinic_id AND x.slot_id = t.id
                                   WHERE x.room_id = r.id AND {AROUND}) DESC, r.name, r.id LIMIT 1) AS best
                ORDER BY best.location_id IS NULL, best.name, best.id) AS room_ids
          FROM places AS c) AS served
     ORDER BY cardinality(served.room_ids) DESC, served.opens LIMIT 1
)
SELECT p.location_id, p.room_ids,
       coalesce((SELECT s.has_rooms FROM seat AS s),
                cardinality(p.room_ids) = (SELECT count(*) FROM needs)) AS rooms_free,
       w.minutes, w.buffer_before, w.buffer_after, w.capacity,
       coalesce((SELECT range_agg(tstzrange(h.opens, h.closes)) FROM hours AS h)
                @> tstzrange(w.starts_at, w.ends_at), false) AS inside_hours,
       EXISTS (SELECT 1 FROM hours AS h
                WHERE w.starts_at >= h.opens AND w.ends_at <= h.closes
                  AND mod(extract(epoch FROM w.starts_at - h.opens)::int, w.step * 60) = 0) AS on_grid,
       NOT coalesce((SELECT b.times FROM busy AS b) && tstzrange(w.busy_from, w.busy_until), false) AS free,
       coalesce((SELECT b.times FROM blocks AS b) && tstzrange(w.starts_at, w.ends_at), false) AS blocked,
       EXISTS (SELECT 1 FROM taken AS t WHERE t.kind <> 'blocked'
                  AND tstzrange(t.busy_from, t.busy_until) && tstzrange(w.busy_from, w.busy_until)) AS taken,
       coalesce((SELECT s.shut FROM seat AS s),
                (SELECT c.times FROM closed AS c) && tstzrange(w.starts_at, w.ends_at)
                OR EXISTS (SELECT 1 FROM hours AS h WHERE h.opens < w.ends_at AND h.closes > w.starts_at
                              AND h.shut && tstzrange(w.starts_at, w.ends_at)), false) AS closed,
       EXISTS (SELECT 1 FROM full_days AS f
                WHERE f.day = (w.starts_at AT TIME ZONE :zone)::date) AS day_full,
       (SELECT s.slot_id FROM seat AS s WHERE s.left_over > 0 AND s.has_rooms AND NOT s.shut) AS seat_in,
       EXISTS (SELECT 1 FROM seat AS s WHERE s.left_over > 0 AND NOT s.has_rooms) AS seat_without_room
  FROM wish AS w CROSS JOIN place AS p"""
)


@dataclass(frozen=True, slots=True)
class OpenTime:
    """One start that can be booked: instants in UTC, how many seats are left, and at which place if that is known."""

    provider_id: UUID
    starts_at: datetime
    ends_at: datetime
    seats: int
    location_id: UUID | None


def open_times(
    session, clinic, visit_type, provider_ids, first_day: date, last_day: date, *, most=None, **asked
) -> list[OpenTime]:
    """The open starts of a visit type with these doctors on these days of the clinic's calendar, soonest first.

    Every doctor's, which for many doctors are very many; ``asked`` as of ``_look``.
    """  # fmt: skip
    return _look("every", session, clinic, visit_type, provider_ids, (first_day, last_day), most=most, **asked)


def first_times(
    session, clinic, visit_type, provider_ids, first_day: date, last_day: date, *, most=None, **asked
) -> list[OpenTime]:
    """Each open start of these days once, soonest first: of doctors who are free then, the one who is named first.

    However many doctors there are, it is no more than the starts of so many days; ``asked`` as of ``_look``.
    """
    return _look("once", session, clinic, visit_type, provider_ids, (first_day, last_day), shown=most, **asked)


def nearest_open(
    session,
    clinic,
    visit_type,
    provider_ids,
    wished: datetime,
    *,
    first_day=None,
    last_day=None,
    most=3,
    once=False,
    **asked,
) -> list[OpenTime]:
    """The open times nearest to a wished one, within a week before or after it or on other days, soonest first.

    ``once`` is True where each start is wanted once, whoever is free then; ``asked`` as of ``_look``.
    """  # fmt: skip
    day, week = wished.astimezone(ZoneInfo(clinic.timezone)).date(), timedelta(days=7)
    days = first_day or day - week, last_day or day + week
    way = "nearest once" if once else "nearest"
    found = _look(way, session, clinic, visit_type, provider_ids, days, wished=wished, shown=most, **asked)
    return sorted(found, key=lambda time: time.starts_at)


def _look(
    way,
    session,
    clinic,
    visit_type,
    provider_ids,
    days,
    *,
    mode=None,
    person_id=None,
    earliest=None,
    latest=None,
    wanted_rooms=(),
    given_back=None,
    own=None,
    away=(),
    wished=None,
    most=None,
    shown=None,
):
    """Ask for open times in one of the ways of ``LOOKS``.

    Portal callers pass ``earliest`` and ``latest`` (the type's notice and horizon); the desk is bound by neither, only
    by the present moment. ``wanted_rooms`` are ids of rooms wanted beside those the type needs, or of kinds of which
    any room will do; ``given_back`` is the id of the slot that a visit which moves gives back, ``own`` where it is
    (doctor's id and start). ``away`` are spans in which the patient is somewhere else.
    """  # fmt: skip
    looks, zone = LOOKS_TO_MOVE_TO if given_back else LOOKS, ZoneInfo(clinic.timezone)
    provider_id, start = own or (None, None)
    rows = session.connection().execute(
        looks[way],
        {
            "clinic_id": clinic.id, "visit_type_id": visit_type.id, "provider_ids": list(provider_ids),
            "first_day": days[0], "last_day": days[1], "zone": zone.key, "mode": mode, "person_id": person_id,
            "earliest": earliest or now(), "latest": latest or now() + timedelta(days=3650), "most": most,
            "wanted_rooms": list(wanted_rooms), "given_back": given_back, "own_provider_id": provider_id,
            "own_start": start, "away_from": [begins for begins, _ends in away],
            "away_until": [ends for _begins, ends in away], "wished": wished, "shown": shown,
        },
    )  # fmt: skip
    return [OpenTime(*row) for row in rows]


def patient_window(visit_type) -> tuple[datetime, datetime]:
    """The earliest and the latest start a patient may book themselves, from the type's notice and horizon."""
    return (
        now() + timedelta(minutes=visit_type.minimum_notice_minutes),
        now() + timedelta(days=visit_type.horizon_days),
    )


def fits(
    session,
    clinic,
    visit_type_id,
    provider_id,
    starts_at: datetime,
    *,
    mode=None,
    person_id=None,
    wanted_rooms=(),
    kept_rooms=(),
):
    """What is known of one wished time (see ``FITS``); None where the doctor does not offer the type.

    Of the rooms that would serve, one of ``kept_rooms`` is taken rather than another.
    """
    day = starts_at.astimezone(ZoneInfo(clinic.timezone)).date()
    return session.connection().execute(
        FITS,
        {
            "clinic_id": clinic.id, "visit_type_id": visit_type_id, "provider_ids": [provider_id], "first_day": day,
            "last_day": day, "zone": clinic.timezone, "mode": mode, "person_id": person_id, "starts_at": starts_at,
            "wanted_rooms": list(wanted_rooms), "kept_rooms": list(kept_rooms),
        },
    ).one_or_none()  # fmt: skip
