"""Sealing the audit log: what was written becomes a link of its clinic's chain, a batch at a time, by the keeper.

Writers never wait for a seal. An entry is sealed a minute after it was written at the earliest; one whose transaction
committed later than its neighbours' is simply not sealed yet, and goes into a later batch.
"""

from datetime import UTC, datetime, timedelta

import psycopg
from uuid_utils.compat import uuid7

from clinic.queries.seals import ENTRY, GENESIS, digest

BATCH = 1000
A_MINUTE = timedelta(minutes=1)
# How far back a run looks for entries that committed late; once a day everything is looked at.
LOOKS_BACK = timedelta(days=1)
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
NEW = f"""
SELECT e.id, e.created_at, {ENTRY} AS entry FROM audit_entries AS e
 WHERE e.clinic_id = %(clinic_id)s AND e.created_at >= %(since)s AND e.created_at < now() - %(wait)s
   AND NOT EXISTS (SELECT 1 FROM audit_seals AS s CROSS JOIN LATERAL unnest(s.entry_ids) AS sealed
                    WHERE s.clinic_id = e.clinic_id AND s.last_at >= %(since)s AND sealed = e.id)
 ORDER BY e.created_at, e.id LIMIT {BATCH}"""
HEAD = """
SELECT s.number, s.hash, now() AS at, CASE WHEN %(everything)s OR s.last_at IS NULL THEN %(beginning)s
       ELSE s.last_at - %(back)s END AS since
  FROM (SELECT 1) AS one LEFT JOIN LATERAL (
       SELECT number, hash, last_at FROM audit_seals WHERE clinic_id = %(clinic_id)s ORDER BY number DESC LIMIT 1
       ) AS s ON true"""
SEAL = """
INSERT INTO audit_seals (clinic_id, id, number, entry_ids, first_at, last_at, previous_hash, hash, created_at)
VALUES (%(clinic_id)s, %(id)s, %(number)s, %(entry_ids)s, %(first_at)s, %(last_at)s, %(previous_hash)s, %(hash)s,
        %(created_at)s)"""
CLINICS = "SELECT DISTINCT clinic_id FROM audit_entries WHERE created_at >= %s ORDER BY clinic_id"


def seal(keeper: psycopg.Connection, everything=False, wait=A_MINUTE) -> int:
    """Seal what is not sealed yet, of every clinic and of none, and return how many entries that were.

    ``keeper`` is a connection of the keeper's, outside of a transaction; every batch is one of its own. ``everything``
    looks for late entries in the whole log instead of the last day; ``wait`` is how old an entry must be.
    """
    since = BEGINNING if everything else _yesterday(keeper)
    sealed = 0
    for (clinic_id,) in keeper.execute(CLINICS, [since]).fetchall():
        while batch := _seal_batch(keeper, clinic_id, everything, wait):
            sealed += batch
    return sealed


def _yesterday(keeper):
    """Since when there may be entries that no seal covers: a day before the newest seal."""
    return keeper.execute(
        "SELECT coalesce(max(last_at) - %s, %s) FROM audit_seals", [LOOKS_BACK, BEGINNING]
    ).fetchone()[0]


def _seal_batch(keeper, clinic_id, everything, wait):
    with keeper.transaction():
        # Whoever comes second waits, and then sees the first one's seal: a chain has one head.
        keeper.execute("SELECT pg_advisory_xact_lock(hashtextextended('audit_seals ' || %s, 0))", [str(clinic_id)])
        facts = {
            "clinic_id": clinic_id,
            "everything": everything,
            "back": LOOKS_BACK,
            "wait": wait,
            "beginning": BEGINNING,
        }
        number, previous, at, since = keeper.execute(HEAD, facts).fetchone()
        rows = keeper.execute(NEW, facts | {"since": since}).fetchall()
        if not rows:
            return 0
        facts = {
            "clinic_id": clinic_id, "id": uuid7(), "number": (number or 0) + 1, "entry_ids": [row[0] for row in rows],
            "first_at": rows[0][1], "last_at": rows[-1][1], "previous_hash": previous or GENESIS, "created_at": at,
        }  # fmt: skip
        keeper.execute(SEAL, facts | {"hash": digest(facts, (row[2] for row in rows))})
        return len(rows)
