"""When somebody is at the desk: while a doctor has hours that nothing closes, or a published time."""

from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from clinic.db import now
from clinic.queries.open_parts import CLOSES, ON_DAY, ONLY_ONE, OPENS
from clinic.walltime import today

DAYS_AHEAD = 14
# A doctor's leave closes no desk: somebody is there to tell the patients.
THERE_FROM = sa.text(
    f"""SELECT min(greatest(lower(piece), now())) FROM (
SELECT unnest(tstzmultirange(tstzrange({OPENS}, {CLOSES})) - shut.times) AS piece
  FROM (SELECT CAST(:today AS date) + n AS day FROM generate_series(0, {DAYS_AHEAD}) AS n) AS d
  JOIN availabilities AS a
    ON a.clinic_id = :clinic_id AND a.status = 'active' AND {ON_DAY.format(day="d.day")}
  JOIN providers AS p
    ON p.clinic_id = a.clinic_id AND p.id = a.provider_id AND p.is_active AND p.approved_at IS NOT NULL
 CROSS JOIN LATERAL (
       SELECT coalesce(range_agg(tstzrange(c.starts_at, c.ends_at)), '{{}}') AS times FROM closures AS c
        WHERE c.clinic_id = :clinic_id AND c.removed_at IS NULL AND coalesce(c.provider_id = a.provider_id, true)
          AND (c.location_id IS NULL OR c.location_id = coalesce(a.location_id, p.location_id, {ONLY_ONE}))) AS shut
 WHERE {OPENS} < {CLOSES}
UNION ALL
SELECT tstzrange(s.starts_at, s.ends_at) FROM slots AS s
 WHERE s.clinic_id = :clinic_id AND s.kind = 'published' AND s.closed_at IS NULL
   AND s.starts_at > now() - interval '24 hours' AND s.starts_at < now() + interval '{DAYS_AHEAD} days') AS pieces
 WHERE upper(piece) > now()"""
)


def there_from(session, clinic) -> datetime | None:
    """From when on somebody is at the desk: now, the next such moment, or None where nobody is for two weeks."""
    facts = {"clinic_id": clinic.id, "zone": clinic.timezone, "today": today(ZoneInfo(clinic.timezone))}
    return session.connection().execute(THERE_FROM, facts).scalar()


def is_there(session, clinic) -> bool:
    """Whether somebody is at the desk now and can call."""
    since = there_from(session, clinic)
    return since is not None and since <= now()
