"""What open times are worked out from, as parts of one statement: hours, what is taken, shared seats, and rooms."""

# Whether the slot ``s`` is in anybody's way. Expired holds count for nothing, whether or not anybody has swept them; a
# person's own hold does not stand in their own way; nor does a shared time that was made for holds which are all gone.
STANDS = """NOT (s.status = 'held'
                AND (s.held_until <= now() OR coalesce(s.held_by_id = CAST(:person_id AS uuid), false)))
       AND NOT (s.kind = 'open' AND s.status = 'free' AND s.taken = 0 AND NOT EXISTS (
            SELECT 1 FROM seat_holds AS h WHERE h.clinic_id = s.clinic_id AND h.slot_id = s.id
               AND h.held_until > now() AND coalesce(h.held_by_id <> CAST(:person_id AS uuid), true)))"""
# The same for a visit that moves and gives its own slot back, which goes unless others sit or want to sit in it.
STANDS_MEANWHILE = f"""{STANDS}
       AND NOT (s.id = CAST(:given_back AS uuid) AND s.kind = 'open' AND s.taken = 1 AND NOT EXISTS (
            SELECT 1 FROM seat_holds AS h WHERE h.clinic_id = s.clinic_id AND h.slot_id = s.id
               AND h.held_until > now() AND coalesce(h.held_by_id <> CAST(:person_id AS uuid), true)))"""
# The bounds on starts_at are scalar subqueries so that they reach the index (provider, starts_at); 28 hours: no slot is
# longer than 24, no buffer longer than 4.
# What closes a place shuts the hours and the shared seats there; what closes a doctor or everybody shuts all of theirs.
# A day is full for a type when the doctor has as many visits of it, holds of others included, as the type allows. A
# group of any type has those of it that are not known to be of another; who holds a place there has said no type.
# Days and doctors come through ``asked``, into which the planner cannot look. Knowing them, it would think a plan of
# its own for each so much better than a kept one that it planned every time, which took longer than the search. The
# days are an array because of a series it would expect a thousand.
# What is MATERIALIZED is worked out once: hours before their starts, and these before anything is held against them.
# When the hours ``a`` begin and end on the day ``d``. Of a time that comes twice that day PostgreSQL takes the second;
# the first is as long after an unmistakable time before it as a clock says that nobody turns.
MEANT = "CASE WHEN a.{which} THEN (d.day + a.{time} - interval '3 hours') AT TIME ZONE {zone} + interval '3 hours'"
MEANT += " ELSE (d.day + a.{time}) AT TIME ZONE {zone} END"


def opens_and_closes(zone):
    """Both, in SQL, by the clock of a zone, which is SQL too."""
    return [MEANT.format(which=f"{each}_first", time=f"{each}_time", zone=zone) for each in ("start", "end")]


OPENS, CLOSES = opens_and_closes(":zone")
# Whether hours ``a`` count on a day: dated ones on theirs, weekly ones while they hold, unless dated ones replace them.
ON_DAY = """(a.on_date = {day}
            OR (a.weekday = extract(dow FROM {day})
                AND coalesce(a.valid_from <= {day}, true) AND coalesce(a.valid_until >= {day}, true)
                AND NOT EXISTS (SELECT 1 FROM availabilities AS dated
                                 WHERE dated.clinic_id = a.clinic_id AND dated.provider_id = a.provider_id
                                   AND dated.on_date = {day} AND NOT dated.in_addition)))"""
# Where a clinic has one place alone, nobody has to say of anybody that it is theirs.
ONLY_PLACE = "(SELECT (array_agg(l.id))[1] FROM locations AS l WHERE l.clinic_id = {clinic_id} HAVING count(*) = 1)"
ONLY_ONE = ONLY_PLACE.format(clinic_id=":clinic_id")
HOURS = f"""
asked AS MATERIALIZED (
    SELECT CAST(:first_day AS date) AS first_day, CAST(:last_day AS date) AS last_day,
           CAST(:provider_ids AS uuid[]) AS provider_ids,
           ARRAY(SELECT CAST(:first_day AS date) + n
                   FROM generate_series(0, CAST(:last_day AS date) - CAST(:first_day AS date)) AS n) AS days
),
span AS (
    SELECT (first_day::timestamp AT TIME ZONE :zone) - interval '28 hours' AS lo,
           ((last_day + 1)::timestamp AT TIME ZONE :zone) + interval '4 hours' AS hi,
           first_day::timestamp AT TIME ZONE :zone AS first_midnight,
           (last_day + 1)::timestamp AT TIME ZONE :zone AS last_midnight
      FROM asked
),
days AS (
    SELECT unnest(days) AS day FROM asked
),
offers AS (
    SELECT p.id AS provider_id, coalesce(o.minutes, t.minutes) AS minutes, t.buffer_before, t.buffer_after,
           coalesce(t.step_minutes, o.minutes, t.minutes) AS step, t.capacity, t.limit_per_day,
           coalesce(p.location_id, {ONLY_ONE}) AS location_id, w.at_clinic, w.by_video
      FROM providers AS p
      JOIN provider_visit_types AS o ON o.clinic_id = p.clinic_id AND o.provider_id = p.id
      JOIN visit_types AS t ON t.clinic_id = o.clinic_id AND t.id = o.visit_type_id
     CROSS JOIN LATERAL (
           SELECT coalesce(t.visit_mode = 'in_person', true) AND coalesce(CAST(:mode AS text) = 'in_person', true)
                  AS at_clinic,
                  coalesce(t.visit_mode = 'virtual', true) AND coalesce(CAST(:mode AS text) = 'virtual', true)
                  AND p.telemed_enabled AS by_video) AS w
     WHERE p.clinic_id = :clinic_id AND t.id = :visit_type_id AND t.is_active AND (w.at_clinic OR w.by_video)
       AND p.approved_at IS NOT NULL AND p.is_active AND p.id = ANY((SELECT provider_ids FROM asked)::uuid[])
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
hours AS MATERIALIZED (
    SELECT a.provider_id, a.location_id, a.visit_mode, a.on_date, {OPENS} AS opens, {CLOSES} AS closes,
           (SELECT range_agg(s.times) FROM shut AS s
             WHERE coalesce(s.provider_id = a.provider_id, true)
               AND (s.location_id IS NULL
                    OR s.location_id = coalesce(a.location_id, (
                        SELECT p.location_id FROM providers AS p
                         WHERE p.clinic_id = a.clinic_id AND p.id = a.provider_id), {ONLY_ONE}))) AS shut
      FROM days AS d
      JOIN availabilities AS a
        ON a.clinic_id = :clinic_id AND a.provider_id = ANY((SELECT provider_ids FROM asked)::uuid[])
       AND a.status = 'active'
       AND {ON_DAY.format(day="d.day")}
     WHERE (a.visit_mode IS NULL OR CAST(:mode AS text) IS NULL OR a.visit_mode = :mode)
       AND {OPENS} < {CLOSES}
),
taken AS (
    SELECT s.* FROM slots AS s
     WHERE s.clinic_id = :clinic_id AND s.provider_id = ANY((SELECT provider_ids FROM asked)::uuid[])
       AND s.starts_at >= (SELECT lo FROM span) AND s.starts_at < (SELECT hi FROM span)
       AND {STANDS}
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
     WHERE (t.visit_type_id = :visit_type_id OR (t.kind = 'published' AND t.visit_type_id IS NULL))
       AND t.kind <> 'blocked'
     GROUP BY t.provider_id, (t.starts_at AT TIME ZONE :zone)::date, o.limit_per_day
    HAVING sum(CASE WHEN t.visit_type_id IS NULL THEN t.taken - seats_of_other_types(t.id, :visit_type_id) ELSE
               t.taken + (t.status = 'held')::int + CASE WHEN t.capacity = 1 THEN 0 ELSE (
               SELECT count(*) FROM seat_holds AS h WHERE h.clinic_id = t.clinic_id AND h.slot_id = t.id
                  AND h.held_until > now() AND coalesce(h.held_by_id <> CAST(:person_id AS uuid), true)) END END
           ) >= o.limit_per_day
)
"""
# A seat is at the place said for it, else where the hours are that it begins in, dated ones before weekly ones, else
# where its doctor is. It has the rooms that go with its time and no others, so it serves only whom these are enough.
# What a booking opened goes with the hours it lies in; what the clinic has published needs none.
IN_HOURS = """(t.kind = 'published' OR EXISTS (
               SELECT 1 FROM hours AS h
                WHERE h.provider_id = t.provider_id AND coalesce(h.visit_mode = '{mode}', true)
               HAVING range_agg(tstzrange(h.opens, h.closes)) @> tstzrange(t.starts_at, t.ends_at)))"""
IN_PERSON, BY_VIDEO = (
    f"(o.{way} AND coalesce(t.visit_mode = '{mode}', true) AND {IN_HOURS.format(mode=mode)})"
    for way, mode in (("at_clinic", "in_person"), ("by_video", "virtual"))
)
SEATS = f"""
seats AS (
    SELECT t.id AS slot_id, t.provider_id, t.starts_at, t.ends_at, at.location_id,
           t.capacity - t.taken - (SELECT count(*) FROM seat_holds AS h
                                    WHERE h.clinic_id = t.clinic_id AND h.slot_id = t.id AND h.held_until > now()
                                      AND coalesce(h.held_by_id <> CAST(:person_id AS uuid), true)) AS left_over,
           EXISTS (SELECT 1 FROM shut AS c
                    WHERE coalesce(c.provider_id = t.provider_id, true)
                      AND coalesce(c.location_id = at.location_id, c.location_id IS NULL)
                      AND c.times && tstzrange(t.starts_at, t.ends_at)) AS shut,
           ways.by_video
           OR NOT EXISTS (SELECT 1 FROM needs AS n WHERE NOT EXISTS (
                  SELECT 1 FROM slot_rooms AS x JOIN rooms AS r ON r.clinic_id = x.clinic_id AND r.id = x.room_id
                   WHERE x.clinic_id = :clinic_id AND x.slot_id = t.id AND r.room_kind_id = n.room_kind_id
                     AND NOT EXISTS (SELECT 1 FROM wanted AS w
                                      WHERE w.room_kind_id = r.room_kind_id AND w.id <> r.id))) AS has_rooms
      FROM taken AS t JOIN offers AS o ON o.provider_id = t.provider_id
      LEFT JOIN blocks AS b ON b.provider_id = t.provider_id
     CROSS JOIN LATERAL (
           SELECT coalesce(t.location_id, (
                  SELECT h.location_id FROM hours AS h
                   WHERE h.provider_id = t.provider_id AND t.starts_at >= h.opens AND t.starts_at < h.closes
                   ORDER BY h.on_date, h.opens, h.location_id LIMIT 1), o.location_id) AS location_id) AS at
     CROSS JOIN LATERAL (SELECT {IN_PERSON} AS at_clinic, {BY_VIDEO} AS by_video) AS ways
     WHERE t.kind <> 'blocked' AND NOT t.overbooked AND t.taken < t.capacity AND t.status = 'free'
       AND (t.visit_type_id = :visit_type_id
            OR (t.kind = 'published' AND t.visit_type_id IS NULL
                AND t.ends_at - t.starts_at >= make_interval(mins => o.minutes)))
       AND (ways.at_clinic OR ways.by_video)
       AND NOT coalesce(b.times && tstzrange(t.starts_at, t.ends_at), false)
)
"""
# Whether a room's time ``x`` is near the days asked about: it reaches from before a slot's longest buffer. Whoever
# looks for a room's times says so, or reads all that it ever had.
AROUND = "x.busy_from > (SELECT lo - interval '8 hours' FROM span) AND x.busy_from < (SELECT hi FROM span)"
# What a visit needs besides the doctor, unless it is by video, and the rooms that may serve, with when they are taken.
# Of most types there is nothing here to look at.
ROOMS = f"""
also AS MATERIALIZED (
    SELECT CAST(:wanted_rooms AS uuid[]) AS ids
),
wanted AS MATERIALIZED (
    SELECT r.id, r.room_kind_id FROM rooms AS r
     WHERE r.clinic_id = :clinic_id AND r.id = ANY((SELECT ids FROM also)::uuid[])
),
needs AS MATERIALIZED (
    SELECT n.room_kind_id FROM visit_type_needs AS n
     WHERE n.clinic_id = :clinic_id AND n.visit_type_id = :visit_type_id
       AND CAST(:mode AS text) IS DISTINCT FROM 'virtual'
     UNION
    SELECT coalesce(w.room_kind_id, named.id)
      FROM (SELECT unnest(ids) AS id FROM also) AS named LEFT JOIN wanted AS w ON w.id = named.id
     WHERE CAST(:mode AS text) IS DISTINCT FROM 'virtual'
),
rooms_there AS MATERIALIZED (
    SELECT r.id, r.room_kind_id, r.location_id, r.name, (
           SELECT range_agg(tstzrange(x.busy_from, x.busy_until))
             FROM slot_rooms AS x JOIN slots AS s ON s.clinic_id = x.clinic_id AND s.id = x.slot_id
            WHERE x.clinic_id = :clinic_id AND x.room_id = r.id
              AND {AROUND} AND {STANDS}) AS times
      FROM rooms AS r
     WHERE r.clinic_id = :clinic_id AND r.status = 'active'
       AND r.room_kind_id = ANY((SELECT ARRAY(SELECT room_kind_id FROM needs))::uuid[])
       AND NOT EXISTS (SELECT 1 FROM wanted AS w WHERE w.room_kind_id = r.room_kind_id AND w.id <> r.id)
)
"""
# Whether room ``r`` serves need ``n`` in the time of ``c`` and where that is; what has no place fits any.
SERVES = """r.room_kind_id = n.room_kind_id AND coalesce(r.location_id = c.location_id, true)
           AND NOT coalesce(r.times && tstzrange(c.busy_from, c.busy_until), false)"""
