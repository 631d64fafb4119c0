"""Where a visit is: at the place of its slot, else of the hours it begins in, else of its doctor, else at the clinic.

A doctor may be at one place on Mondays and at another on Fridays, so the day and the hour decide.
"""

from types import SimpleNamespace

import sqlalchemy as sa

from clinic.queries.open_parts import HOURS, ON_DAY, ONLY_ONE, ONLY_PLACE, opens_and_closes

OPENS, CLOSES = opens_and_closes("d.zone")

# As SQL for a row {v} with clinic, slot, doctor and start. Dated hours come before weekly ones, which they replace even
# while they are paused, unless they are in addition. What is booked in paused hours stays booked, and where it was.
AT = f"""coalesce(
    (SELECT s.location_id FROM slots AS s WHERE s.clinic_id = {{v}}.clinic_id AND s.id = {{v}}.slot_id),
    (SELECT a.location_id
       FROM (SELECT c.timezone AS zone, ({{v}}.starts_at AT TIME ZONE c.timezone)::date AS day
               FROM clinics AS c WHERE c.id = {{v}}.clinic_id) AS d
       JOIN availabilities AS a
         ON a.clinic_id = {{v}}.clinic_id AND a.provider_id = {{v}}.provider_id
        AND {OPENS} <= {{v}}.starts_at AND {CLOSES} > {{v}}.starts_at
        AND {ON_DAY.format(day="d.day")}
      ORDER BY a.status, a.on_date NULLS LAST, a.start_time LIMIT 1),
    (SELECT p.location_id FROM providers AS p WHERE p.clinic_id = {{v}}.clinic_id AND p.id = {{v}}.provider_id),
    {ONLY_PLACE.format(clinic_id="{v}.clinic_id")})"""
PART = "CASE WHEN l.id IS NULL THEN c.{0} ELSE l.{0} END AS {0}"
PARTS = ", ".join(PART.format(each) for each in ("id", "name", "address_line", "city", "postal_code"))
# Before there is a slot of one's own, the time may be one that the clinic has published somewhere.
PLACES = sa.text(
    f"""SELECT {PARTS}, l.directions
  FROM (SELECT CAST(:clinic_id AS uuid) AS clinic_id, t.*
          FROM unnest(CAST(:slot_ids AS uuid[]), CAST(:provider_ids AS uuid[]), CAST(:starts AS timestamptz[]))
               WITH ORDINALITY AS t (slot_id, provider_id, starts_at, number)) AS v
  JOIN clinics AS c ON c.id = v.clinic_id
  LEFT JOIN locations AS l ON l.clinic_id = v.clinic_id AND l.id = coalesce(
       (SELECT s.location_id FROM slots AS s
         WHERE v.slot_id IS NULL AND s.clinic_id = v.clinic_id AND s.provider_id = v.provider_id
           AND s.starts_at = v.starts_at AND s.kind = 'published' LIMIT 1),
       {AT.format(v="v")})
 ORDER BY v.number"""
)
# Where a doctor sees patients in a span: the places of the hours in it and of what is published in it.
IN_SPAN = sa.text(
    f"""WITH {HOURS}
SELECT coalesce(h.location_id, p.location_id, {ONLY_ONE}) FROM hours AS h
  JOIN providers AS p ON p.clinic_id = :clinic_id AND p.id = h.provider_id
 WHERE h.opens < :ends_at AND h.closes > :starts_at
UNION
SELECT coalesce(s.location_id, p.location_id, {ONLY_ONE}) FROM slots AS s
  JOIN providers AS p ON p.clinic_id = s.clinic_id AND p.id = s.provider_id
 WHERE s.clinic_id = :clinic_id AND s.provider_id = ANY(CAST(:provider_ids AS uuid[])) AND s.kind = 'published'
   AND s.starts_at > CAST(:starts_at AS timestamptz) - interval '24 hours' AND s.starts_at < :ends_at
   AND s.ends_at > :starts_at"""
)

# The pieces of time in which closures of a span close each doctor. What closes a place closes who is always there for
# as long as it lasts, and who is elsewhere, too, in the hours they are at that place.
CLOSED = f"""
days AS (
    SELECT c.timezone AS zone, CAST(day AS date) AS day FROM clinics AS c CROSS JOIN LATERAL generate_series(
           date_trunc('day', CAST(:starts_at AS timestamptz) AT TIME ZONE c.timezone),
           CAST(:ends_at AS timestamptz) AT TIME ZONE c.timezone - interval '1 microsecond', interval '1 day') AS day
     WHERE c.id = :clinic_id
),
shut AS MATERIALIZED (
    SELECT c.id, c.title, c.provider_id, c.location_id, tstzmultirange(tstzrange(c.starts_at, c.ends_at)) AS times
      FROM closures AS c
     WHERE c.clinic_id = :clinic_id AND c.removed_at IS NULL AND c.ends_at > :starts_at AND c.starts_at < :ends_at
),
there AS MATERIALIZED (
    SELECT p.id AS provider_id, coalesce(a.location_id, p.location_id, {ONLY_ONE}) AS location_id,
           range_agg(tstzrange({OPENS}, {CLOSES})) AS times
      FROM days AS d
      JOIN availabilities AS a
        ON a.clinic_id = :clinic_id AND a.status = 'active' AND {ON_DAY.format(day="d.day")}
      JOIN providers AS p ON p.clinic_id = a.clinic_id AND p.id = a.provider_id
     WHERE {OPENS} < {CLOSES}
       AND EXISTS (SELECT 1 FROM shut WHERE shut.location_id IS NOT NULL)
     GROUP BY 1, 2
),
closed AS (
    SELECT s.id, s.title, p.id AS provider_id, lower(piece) AS starts_at, upper(piece) AS ends_at
      FROM shut AS s
      JOIN providers AS p ON p.clinic_id = :clinic_id AND coalesce(s.provider_id = p.id, true)
     CROSS JOIN LATERAL unnest(CASE
           WHEN s.location_id IS NULL OR s.location_id = coalesce(p.location_id, {ONLY_ONE}) AND NOT EXISTS (
                SELECT 1 FROM there AS t WHERE t.provider_id = p.id AND t.location_id <> s.location_id) THEN s.times
           ELSE s.times * (SELECT t.times FROM there AS t
                            WHERE t.provider_id = p.id AND t.location_id = s.location_id) END) AS piece
     WHERE lower(piece) < :ends_at AND upper(piece) > :starts_at
)"""


def places_of(session, clinic_id, visits) -> list:
    """Where each of these visits or offers is, in their order, in one statement: a place or the clinic itself."""
    if not visits:
        return []
    facts = {
        "clinic_id": clinic_id, "slot_ids": [each.slot_id for each in visits],
        "provider_ids": [each.provider_id for each in visits], "starts": [each.starts_at for each in visits],
    }  # fmt: skip
    return session.connection().execute(PLACES, facts).all()


def place_of(session, visit):
    """Where one visit or offer is: name, address and, of a place, how to find it."""
    return places_of(session, visit.clinic_id, [visit])[0]


def place_at(session, clinic_id, provider_id, starts_at):
    """Where a visit with this doctor would be that began then."""
    wished = SimpleNamespace(slot_id=None, provider_id=provider_id, starts_at=starts_at)
    return places_of(session, clinic_id, [wished])[0]


def in_span(session, freed, zone: str, first_day, last_day) -> list:
    """The ids of the places at which a doctor sees patients between two instants of these days."""
    facts = {
        "clinic_id": freed.clinic_id, "provider_ids": [freed.provider_id], "starts_at": freed.starts_at,
        "ends_at": freed.ends_at, "first_day": first_day, "last_day": last_day, "zone": zone, "mode": None,
        "person_id": None, "visit_type_id": None,
    }  # fmt: skip
    return [each for each in session.connection().execute(IN_SPAN, facts).scalars() if each]
