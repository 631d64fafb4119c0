"""Reminders that are due become lines of the ledger, each with its job: once for each time that a visit has had.

Nothing is written before it is due, so a visit that moves takes its reminders along and one that is cancelled has none.
"""

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from clinic import jobs
from clinic.actions.notifications import SEND
from clinic.queries.strandings import IS_STRANDED

BATCH = 500
# The night is the patient's own; a zone of which the database knows nothing counts as none, and only where somebody has
# another than the clinic's is the list of all zones read, once. OFFSET 0 keeps it from being read at every mention.
# A reminder that would come in the quiet hours waits for their end if the visit is an hour away from it at least, and
# otherwise comes an hour before they begin. Of several that are due, the one nearest to the visit makes the others
# needless; and who has booked, moved or been accepted after it was due knows already. Nobody is asked to come at a time
# that the clinic has taken from the visit; given back, it is claimed then.
CLAIM = sa.text(
    f"""
INSERT INTO notifications (clinic_id, id, patient_id, visit_id, kind, offset_hours, visit_starts_at)
SELECT v.clinic_id, (CAST(:ids AS uuid[]))[row_number() OVER (ORDER BY v.starts_at, v.id)], v.patient_id, v.id,
       'reminder', d.hours, v.starts_at
  FROM visits AS v
  JOIN visit_types AS t ON t.clinic_id = v.clinic_id AND t.id = v.visit_type_id
  JOIN patients AS p ON p.clinic_id = v.clinic_id AND p.id = v.patient_id AND p.deleted_at IS NULL
   AND p.deceased_at IS NULL AND p.merged_into_id IS NULL AND p.erased_at IS NULL
 CROSS JOIN LATERAL (
    SELECT CASE WHEN coalesce(p.timezone, :zone) <> :zone AND p.timezone IN (SELECT name FROM pg_timezone_names)
                THEN p.timezone ELSE CAST(:zone AS text) END AS zone OFFSET 0) AS here
 CROSS JOIN LATERAL (
    SELECT o.hours, w.due
      FROM unnest(t.reminder_hours) AS o (hours)
     CROSS JOIN LATERAL (SELECT v.starts_at - make_interval(hours => o.hours) AS plain) AS x
     CROSS JOIN LATERAL (SELECT x.plain AT TIME ZONE here.zone AS wall) AS l
     CROSS JOIN LATERAL (
        SELECT CASE WHEN CAST(:quiet_from AS time) <= CAST(:quiet_until AS time)
                    THEN l.wall::time >= :quiet_from AND l.wall::time < :quiet_until
                    ELSE l.wall::time >= :quiet_from OR l.wall::time < :quiet_until END AS is_quiet,
               CASE WHEN :quiet_from > :quiet_until AND l.wall::time < :quiet_until
                    THEN l.wall::date - 1 ELSE l.wall::date END AS evening,
               CASE WHEN :quiet_from > :quiet_until AND l.wall::time >= :quiet_from
                    THEN l.wall::date + 1 ELSE l.wall::date END AS morning) AS q
     CROSS JOIN LATERAL (
        SELECT CASE WHEN q.is_quiet
                     AND (q.morning + CAST(:quiet_until AS time)) AT TIME ZONE here.zone
                         > v.starts_at - interval '1 hour'
                    THEN (q.evening + CAST(:quiet_from AS time)) AT TIME ZONE here.zone - interval '1 hour'
                    ELSE x.plain END AS due) AS w
     WHERE w.due <= :at
     ORDER BY o.hours
     LIMIT 1) AS d
 WHERE v.clinic_id = :clinic_id AND v.status IN ('booked', 'confirmed') AND v.kind = 'scheduled'
   AND v.starts_at > :at AND v.starts_at >= :after
   AND v.starts_at <= (SELECT CAST(:at AS timestamptz) + make_interval(hours => coalesce(max(h), 0) + 25)
                         FROM visit_types AS u CROSS JOIN unnest(u.reminder_hours) AS h WHERE u.clinic_id = :clinic_id)
   AND v.created_at <= d.due
   AND NOT EXISTS (SELECT 1 FROM notifications AS n
                    WHERE n.clinic_id = v.clinic_id AND n.visit_id = v.id AND n.kind = 'reminder'
                      AND n.visit_starts_at = v.starts_at AND n.offset_hours <= d.hours)
   AND NOT EXISTS (SELECT 1 FROM visit_events AS e
                    WHERE e.clinic_id = v.clinic_id AND e.visit_id = v.id AND e.created_at > d.due
                      AND (e.kind = 'moved' OR e.from_status = 'requested'))
   AND NOT {IS_STRANDED}
 ORDER BY v.starts_at, v.id
 LIMIT :most
    ON CONFLICT DO NOTHING
RETURNING id, visit_starts_at"""
).bindparams(
    sa.bindparam("quiet_from", type_=sa.Time), sa.bindparam("quiet_until", type_=sa.Time),
    sa.bindparam("at", type_=sa.DateTime(timezone=True)), sa.bindparam("after", type_=sa.DateTime(timezone=True)),
    sa.bindparam("ids", type_=sa.ARRAY(sa.Uuid)),
)  # fmt: skip


def claim(session, clinic, telling, *, at, most=BATCH, after=None) -> list:
    """Write down up to ``most`` of the clinic's reminders that are due at the instant, with their jobs.

    Returns the starts of their visits, the soonest first; the last of them is where the next batch goes on (``after``).
    Whoever commits between two batches can be stopped anywhere: what was claimed is not claimed again.
    """
    facts = {
        "clinic_id": clinic.id, "zone": clinic.timezone, "at": at, "after": after or at, "most": most,
        "ids": [uuid7() for _ in range(most)],
        "quiet_from": telling.quiet_from, "quiet_until": telling.quiet_until,
    }  # fmt: skip
    found = session.connection().execute(CLAIM, facts).all()
    jobs.put_many(session, SEND, [{"clinic_id": clinic.id, "notification_id": row.id} for row in found])
    return sorted(row.visit_starts_at for row in found)
