"""The chain of seals over the audit log: how a link is worked out, and whether every link still is what it was.

A link's hash covers the link before, so that no entry can be changed, taken away, put in or moved without every later
hash changing too. Whoever can rewrite the whole database could work all of them out anew; an anchor, a copy of the
chains' ends that is kept elsewhere, tells that as well.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
import psycopg.rows

from clinic.db import now
from clinic.models.audit import AuditEntry
from clinic.models.retention import AUDIT_YEARS

GENESIS = bytes(32)
# How much earlier than the link before an entry may be: its transaction was open that long, no longer.
LATE = "15 minutes"
AT_ONCE = 20


def _written(column):
    """The SQL of one column as bytes that mean nothing else: its length before it, and a dash where it is empty."""
    text = f"(e.{column.name})::text"
    if column.name == "created_at":
        text = "(extract(epoch FROM e.created_at) * 1000000)::bigint::text"
    return f"coalesce(octet_length({text}) || ':' || {text}, '-')"


# Every column in the order of its name. The text of a jsonb is always the same: its keys have an order of their own.
ENTRY = " || ".join(_written(column) for column in sorted(AuditEntry.__table__.columns, key=lambda each: each.name))
LINKS = """
SELECT clinic_id, number, id, entry_ids, first_at, last_at, previous_hash, hash, created_at
  FROM audit_seals ORDER BY clinic_id, number"""
ENTRIES = f"""
SELECT e.id, {ENTRY} FROM audit_entries AS e
 WHERE e.clinic_id = %s AND e.created_at BETWEEN %s AND %s AND e.id = ANY(%s)"""
UNSEALED = f"""
SELECT e.clinic_id, count(*), min(e.created_at), count(*) FILTER (
       WHERE e.created_at < (SELECT max(s.last_at) FROM audit_seals AS s WHERE s.clinic_id = e.clinic_id)
                            - interval '{LATE}')
  FROM audit_entries AS e
 WHERE NOT EXISTS (SELECT 1 FROM (SELECT clinic_id, unnest(entry_ids) AS entry_id FROM audit_seals) AS s
                    WHERE s.clinic_id = e.clinic_id AND s.entry_id = e.id)
 GROUP BY e.clinic_id ORDER BY e.clinic_id"""
HEADS = """
SELECT DISTINCT ON (clinic_id) clinic_id, number, hash FROM audit_seals ORDER BY clinic_id, number DESC"""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something about a clinic's chain that is not as it was; the nil id is the chain of what belongs to no clinic."""

    clinic_id: UUID
    sentence: str


@dataclass(frozen=True, slots=True)
class Unsealed:
    """How many of a clinic's entries no seal covers yet, and since when the oldest waits."""

    clinic_id: UUID
    count: int
    oldest: datetime


def digest(link, entries) -> bytes:
    """The SHA-256 of one link: of the link before, of what it says of itself, and of every entry as written."""
    hashed = hashlib.sha256(link["previous_hash"])
    own = (link["clinic_id"], link["number"], len(link["entry_ids"]), *map(_micros, _times(link)))
    for text in (*map(str, own), *map(str, link["entry_ids"]), *entries):
        encoded = text.encode()
        hashed.update(len(encoded).to_bytes(8, "big") + encoded)
    return hashed.digest()


def heads(keeper: psycopg.Connection) -> dict[str, dict]:
    """The end of every chain, by clinic: the number of its last link and that link's hash in hexadecimal digits."""
    return {str(clinic): {"number": number, "hash": value.hex()} for clinic, number, value in keeper.execute(HEADS)}


def unsealed(keeper: psycopg.Connection) -> Iterator[Unsealed | Trouble]:
    """What no seal covers yet, and trouble where an entry claims to be older than what was sealed long ago."""
    for clinic_id, count, oldest, backdated in keeper.execute(UNSEALED):
        yield Unsealed(clinic_id, count, oldest)
        if backdated:
            yield Trouble(clinic_id, f"{backdated} entries appeared among others that were sealed before")


def verify(keeper: psycopg.Connection, anchors=()) -> Iterator[Trouble]:
    """Everything that is wrong with any chain; ``anchors`` are earlier ``heads``. Memory does not grow with the log.

    The connection is the keeper's, in a transaction, so that what is sealed meanwhile does not count.
    """
    wanted = {}
    for anchor in anchors:
        for clinic_id, head in anchor.items():
            wanted.setdefault((UUID(clinic_id), head["number"]), set()).add(head["hash"])
    before = None
    with keeper.cursor(name="links", row_factory=psycopg.rows.dict_row) as links:
        links.itersize = AT_ONCE
        for link in links.execute(LINKS):
            yield from _troubles(keeper, link, before)
            hashes = wanted.pop((link["clinic_id"], link["number"]), set())
            if hashes - {link["hash"].hex()}:
                yield Trouble(link["clinic_id"], f"seal {link['number']} is not the one that was anchored")
            before = link
    for clinic_id, number in sorted(wanted):
        yield Trouble(clinic_id, f"seal {number} was anchored and is gone")


def _troubles(keeper, link, before):
    clinic_id, number = link["clinic_id"], link["number"]
    before = before if before and before["clinic_id"] == clinic_id else None
    if number != (before["number"] if before else 0) + 1:
        yield Trouble(clinic_id, f"the seals before number {number} are missing")
    elif link["previous_hash"] != (before["hash"] if before else GENESIS):
        yield Trouble(clinic_id, f"seal {number} does not follow the one before it")
    span = link["first_at"], link["last_at"]
    found = dict(keeper.execute(ENTRIES, [clinic_id, *span, link["entry_ids"]]).fetchall())
    missing = [entry_id for entry_id in link["entry_ids"] if entry_id not in found]
    if missing and link["first_at"] < now() - KEPT:
        # Their month was taken out of the log when its time was over; the seal itself still holds the chain together.
        return
    if missing:
        yield Trouble(clinic_id, f"of seal {number} {len(missing)} entries are gone, the first {missing[0]}")
    elif digest(link, (found[entry_id] for entry_id in link["entry_ids"])) != link["hash"]:
        yield Trouble(clinic_id, f"seal {number} or one of its {len(found)} entries was changed")
    if before and (before["last_at"] - link["first_at"]).total_seconds() > LATE_SECONDS:
        yield Trouble(clinic_id, f"seal {number} holds an entry that appeared long after its time")


LATE_SECONDS = 15 * 60
KEPT = timedelta(days=AUDIT_YEARS * 365)


def _times(link):
    return link["first_at"], link["last_at"], link["created_at"]


def _micros(moment):
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond
