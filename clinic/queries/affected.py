"""Which visits to come a change takes the time of: those in a span, outside a doctor's hours, of a doctor who left."""

import sqlalchemy as sa

from clinic.db import now
from clinic.models.organizations import Clinic
from clinic.queries.blocks import MOVABLE
from clinic.queries.open_parts import ON_DAY, opens_and_closes
from clinic.queries.places import AT
from clinic.queries.strandings import IS_ELSEWHERE, IS_STRANDED

# Visits that can still be moved and are not on their way to another time because of an earlier change.
TO_COME = (
    """
SELECT v.id, v.patient_id, v.starts_at FROM visits AS v
 WHERE v.clinic_id = :clinic_id AND v.status = ANY(:movable) AND v.kind = 'scheduled' AND v.slot_id IS NOT NULL
   AND v.ends_at > :now
   AND EXISTS (SELECT 1 FROM patients AS p WHERE p.clinic_id = v.clinic_id AND p.id = v.patient_id
                  AND num_nonnulls(p.deleted_at, p.deceased_at, p.merged_into_id, p.erased_at) = 0)
   AND NOT """
    + IS_STRANDED
    + "\n"
)
# No visit is longer than a day: the bound lets the index find the few that matter. At one place those that are there.
IN_SPAN = (
    TO_COME
    + """   AND v.starts_at > CAST(:starts_at AS timestamptz) - interval '24 hours'
   AND v.starts_at < :ends_at AND v.ends_at > :starts_at
   AND (CAST(:provider_id AS uuid) IS NULL OR v.provider_id = CAST(:provider_id AS uuid))
   AND (CAST(:location_id AS uuid) IS NULL OR CAST(:location_id AS uuid) = """
    + AT.format(v="v")
    + ")"
)
# Of the whole clinic, how many lie in each of several spans, in their order.
IN_SPANS = sa.text(
    f"""SELECT (SELECT count(*) FROM (
{TO_COME}   AND v.starts_at > span.begins - interval '24 hours' AND v.starts_at < span.ends AND v.ends_at > span.begins
       ) AS found)
  FROM unnest(CAST(:begins AS timestamptz[]), CAST(:ends AS timestamptz[]))
       WITH ORDINALITY AS span (begins, ends, nth)
 ORDER BY span.nth"""
)
# The blocked pieces ``b`` and the closures ``c`` that take visit ``v`` its time.
BLOCKS = """FROM slots AS b
        WHERE b.clinic_id = v.clinic_id AND b.provider_id = v.provider_id AND b.kind = 'blocked'
          AND b.starts_at > v.starts_at - interval '24 hours' AND b.starts_at < v.ends_at AND b.ends_at > v.starts_at"""
CLOSURES = (
    """FROM closures AS c
        WHERE c.clinic_id = v.clinic_id AND c.removed_at IS NULL AND c.starts_at < v.ends_at AND c.ends_at > v.starts_at
          AND coalesce(c.provider_id = v.provider_id, true)
          AND (c.location_id IS NULL OR c.location_id = """
    + AT.format(v="v")
    + ")"
)
# Whether neither a block nor a closure that is there takes the visit's time.
FREE_OF_LEAVE = f"""   AND NOT EXISTS (SELECT 1 {BLOCKS})
   AND NOT EXISTS (SELECT 1 {CLOSURES})"""
# Blocked again and again, such as lunch on many days: any of the pieces may lie over a visit.
IN_PIECES = (
    TO_COME
    + """   AND v.provider_id = :provider_id
   AND v.starts_at > CAST(:starts_at AS timestamptz) - interval '24 hours' AND v.starts_at < :ends_at
   AND EXISTS (SELECT 1
                 FROM unnest(CAST(:begins AS timestamptz[]), CAST(:ends AS timestamptz[])) AS piece (begins, ends)
                WHERE v.starts_at < piece.ends AND v.ends_at > piece.begins)"""
)
OF_DOCTOR = TO_COME + "   AND v.provider_id = :provider_id"
# Whether visit ``v`` is at a time its doctor's hours of that day, as open times know them, do not have; what was
# overbooked or published stands outside of hours on purpose.
OPENS, CLOSES = opens_and_closes("{zone}")
NOT_IN_HOURS = (
    """EXISTS (SELECT 1 FROM slots AS s WHERE s.clinic_id = v.clinic_id AND s.id = v.slot_id
                  AND s.kind = 'open' AND NOT s.overbooked)
   AND NOT coalesce((
        SELECT range_agg(tstzrange("""
    + f"{OPENS}, {CLOSES}"
    + """))
          FROM (SELECT (v.starts_at AT TIME ZONE {zone})::date AS day) AS d
          JOIN availabilities AS a
            ON a.clinic_id = v.clinic_id AND a.provider_id = v.provider_id AND a.status = 'active'
           AND (a.visit_mode IS NULL OR a.visit_mode = v.visit_mode)
           AND """
    + ON_DAY.format(day="d.day")
    + f"""
         WHERE {OPENS} < {CLOSES}
        ) @> tstzrange(v.starts_at, v.ends_at), false)"""
)
# Hours at another place do not cover who was to come to the former one.
OUTSIDE_HOURS = (
    OF_DOCTOR
    + """   AND (CAST(:on_date AS date) IS NULL OR (v.starts_at AT TIME ZONE :zone)::date = CAST(:on_date AS date))
   AND (CAST(:weekday AS int) IS NULL OR extract(dow FROM v.starts_at AT TIME ZONE :zone) = CAST(:weekday AS int))
   AND (v.id = ANY(CAST(:elsewhere AS uuid[])) OR """
    + NOT_IN_HOURS.format(zone=":zone")
    + ")"
)
# Where a doctor's visits in person are, in a clinic with several places; and which of them are elsewhere by now.
WHERE_NOW = sa.text(
    f"""SELECT v.id, {AT.format(v="v")} AS place FROM ({OF_DOCTOR}) AS found
  JOIN visits AS v ON v.clinic_id = :clinic_id AND v.id = found.id
 WHERE v.visit_mode = 'in_person' AND (SELECT count(*) FROM locations AS l WHERE l.clinic_id = :clinic_id) > 1"""
)
ELSEWHERE = sa.text(
    f"""SELECT v.id FROM unnest(CAST(:ids AS uuid[]), CAST(:places AS uuid[])) AS was (id, place)
  JOIN visits AS v ON v.clinic_id = :clinic_id AND v.id = was.id
 WHERE {AT.format(v="v")} <> was.place"""
)
# What takes the visits of a stranding, to come and still where they were, their time at this moment: the blocked pieces
# and the closures over each, its doctor who left, and hours that do not have its time or are at another place.
TAKEN_BY = sa.text(
    f"""SELECT r.id, v.provider_id,
       ARRAY(SELECT b.id {BLOCKS} ORDER BY b.starts_at, b.id) AS block_ids,
       ARRAY(SELECT c.id {CLOSURES} ORDER BY c.starts_at, c.id) AS closure_ids,
       NOT coalesce(p.is_active, true) AS has_left,
       {NOT_IN_HOURS.format(zone=":zone")} AS is_outside_hours, {IS_ELSEWHERE} AS is_elsewhere
  FROM stranded_visits AS r
  JOIN strandings AS g ON g.clinic_id = r.clinic_id AND g.id = r.stranding_id
  JOIN visits AS v ON v.clinic_id = r.clinic_id AND v.id = r.visit_id
  LEFT JOIN providers AS p ON p.clinic_id = v.clinic_id AND p.id = v.provider_id
 WHERE r.clinic_id = :clinic_id AND r.stranding_id = :stranding_id AND v.status = ANY(:movable) AND v.ends_at > :now
   AND v.starts_at = r.starts_at AND coalesce(g.provider_id = v.provider_id, true)
 ORDER BY r.starts_at, r.id"""
)
QUESTIONS = {"span": IN_SPAN, "pieces": IN_PIECES, "doctor": OF_DOCTOR, "hours": OUTSIDE_HOURS}
# Who must not wait for long: flagged as of high risk, however that is spelt, or found urgent when they asked.
URGENT = """EXISTS (SELECT 1 FROM patient_tags AS g WHERE g.clinic_id = :clinic_id AND g.patient_id = found.patient_id
                       AND g.kind = 'flag' AND lower(translate(g.tag, '_-', '  ')) = 'high risk')
            OR EXISTS (SELECT 1 FROM visit_requests AS q WHERE q.clinic_id = :clinic_id AND q.visit_id = found.id
                          AND q.severity IN ('orange', 'red'))"""
# One statement however many there are; the ids are made by the database.
INSERTS = {
    name: sa.text(
        f"""INSERT INTO stranded_visits
                   (clinic_id, id, stranding_id, visit_id, patient_id, starts_at, status, is_urgent)
            SELECT :clinic_id, gen_random_uuid(), :stranding_id, found.id, found.patient_id, found.starts_at, 'waiting',
                   {URGENT}
              FROM ({question}) AS found"""
    )
    for name, question in QUESTIONS.items()
}
ANY = {name: sa.text(f"SELECT EXISTS ({question})") for name, question in QUESTIONS.items()}


def is_any(session, which, **facts) -> bool:
    """Whether the change strands anybody; ``which`` is the question, ``facts`` what it asks by."""
    return session.connection().execute(ANY[which], _asked(facts)).scalar()


def in_spans(session, clinic, spans) -> list[int]:
    """How many visits each span (from, until) would take the time of, were the clinic closed in it; one statement."""
    facts = {"clinic_id": clinic.id, "begins": [begins for begins, _ends in spans], "ends": [ends for _, ends in spans]}
    return session.connection().execute(IN_SPANS, _asked(facts)).scalars().all()


def note_all(session, which, stranding_id, **facts):
    """Write down every visit that the change strands, and which of them are urgent."""
    session.connection().execute(INSERTS[which], {**_asked(facts), "stranding_id": stranding_id})


def taken_by(session, stranding) -> list:
    """What takes each visit of the stranding, that is to come and where it was, its time or its place now.

    Nothing at all, where it can take place again.
    """
    zone = session.get(Clinic, stranding.clinic_id).timezone
    facts = {"clinic_id": stranding.clinic_id, "stranding_id": stranding.id, "zone": zone}
    return session.connection().execute(TAKEN_BY, _asked(facts)).all()


def places(session, provider) -> dict:
    """Where the doctor's visits in person to come are: {visit id: place id}; empty where there is one place."""
    facts = _asked({"clinic_id": provider.clinic_id, "provider_id": provider.id})
    return {row.id: row.place for row in session.connection().execute(WHERE_NOW, facts) if row.place}


def elsewhere(session, clinic_id, places) -> list:
    """The ids of those visits that are at another place now than they were."""
    facts = {"clinic_id": clinic_id, "ids": list(places), "places": list(places.values())}
    return session.connection().execute(ELSEWHERE, facts).scalars().all() if places else []


def _asked(facts):
    return {**facts, "movable": [status.value for status in MOVABLE], "now": now()}
