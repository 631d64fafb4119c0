"""Sealing the audit log: what was written becomes a link of its clinic's chain, a batch at a time, by the keeper.

Writers never wait for a seal. An entry is sealed a minute after it was written at the earliest; one whose transaction
committed later than its neighbours' is simply not sealed yet, and goes into a later batch.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
from uuid_utils.compat import uuid7

from clinic.queries.seals import ENTRIES, GENESIS, digest

BATCH = 1000
A_MINUTE = timedelta(minutes=1)
# How far back a run looks for entries that committed late; once a day everything is looked at.
LOOKS_BACK = timedelta(days=1)
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC), UUID(int=0)
CLINICS = "SELECT DISTINCT clinic_id FROM audit_entries WHERE created_at >= %s ORDER BY clinic_id"
NEWEST = "SELECT max(last_at) FROM audit_seals WHERE %(clinic_id)s::uuid IS NULL OR clinic_id = %(clinic_id)s"
HEAD = """
SELECT s.number, s.hash, now() FROM (SELECT 1) AS one LEFT JOIN LATERAL (
       SELECT number, hash FROM audit_seals WHERE clinic_id = %(clinic_id)s ORDER BY number DESC LIMIT 1
       ) AS s ON true"""
NEXT = f"""
SELECT created_at, id FROM audit_entries
 WHERE clinic_id = %(clinic_id)s AND created_at >= %(at)s AND (created_at, id) > (%(at)s, %(id)s)
   AND created_at < now() - %(wait)s ORDER BY created_at, id LIMIT {BATCH}"""
SEALED = """
SELECT unnest(entry_ids) FROM audit_seals
 WHERE clinic_id = %s AND last_at >= %s AND first_at <= %s"""
SEAL = """
INSERT INTO audit_seals (clinic_id, id, number, entry_ids, first_at, last_at, previous_hash, hash, created_at)
VALUES (%(clinic_id)s, %(id)s, %(number)s, %(entry_ids)s, %(first_at)s, %(last_at)s, %(previous_hash)s, %(hash)s,
        %(created_at)s)"""


def seal(keeper: psycopg.Connection, everything=False, wait=A_MINUTE) -> int:
    """Seal what is not sealed yet, of every clinic and of none, and return how many entries that were.

    ``keeper`` is a connection of the keeper's, outside of a transaction; every batch is one of its own. ``everything``
    looks for late entries in the whole log instead of the last day; ``wait`` is how old an entry must be.
    """
    sealed = 0
    since, _first = BEGINNING if everything else _since(keeper)
    for (clinic_id,) in keeper.execute(CLINICS, [since]).fetchall():
        place = BEGINNING if everything else _since(keeper, clinic_id)
        while place:
            place, new = _seal_batch(keeper, clinic_id, place, wait)
            sealed += new
    return sealed


def _since(keeper, clinic_id=None):
    """The place from which on there may be entries that no seal covers."""
    newest = keeper.execute(NEWEST, {"clinic_id": clinic_id}).fetchone()[0]
    return (newest - LOOKS_BACK, UUID(int=0)) if newest else BEGINNING


def _seal_batch(keeper, clinic_id, place, wait):
    """Look at the entries after a place, seal those that no seal covers; the next place or None, and how many."""
    with keeper.transaction():
        # Whoever comes second waits, and then sees the first one's seal: a chain has one head.
        keeper.execute("SELECT pg_advisory_xact_lock(hashtextextended('audit_seals ' || %s, 0))", [str(clinic_id)])
        found = keeper.execute(NEXT, {"clinic_id": clinic_id, "at": place[0], "id": place[1], "wait": wait}).fetchall()
        if not found:
            return None, 0
        known = {row[0] for row in keeper.execute(SEALED, [clinic_id, found[0][0], found[-1][0]])}
        new = [(at, entry_id) for at, entry_id in found if entry_id not in known]
        if new:
            _link(keeper, clinic_id, new)
        return (found[-1] if len(found) == BATCH else None), len(new)


def _link(keeper, clinic_id, new):
    number, previous, at = keeper.execute(HEAD, {"clinic_id": clinic_id}).fetchone()
    link = {
        "clinic_id": clinic_id, "id": uuid7(), "number": (number or 0) + 1, "entry_ids": [each for _at, each in new],
        "first_at": new[0][0], "last_at": new[-1][0], "previous_hash": previous or GENESIS, "created_at": at,
    }  # fmt: skip
    span = [clinic_id, link["first_at"], link["last_at"], link["entry_ids"]]
    written = dict(keeper.execute(ENTRIES, span).fetchall())
    keeper.execute(SEAL, link | {"hash": digest(link, (written[each] for each in link["entry_ids"]))})
