"""Throttles: how often somebody may try something in a while; kept in the database, counted by its clock."""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network

import sqlalchemy as sa

from clinic.actions.acting import Refused, in_its_own_transaction, note_refusal
from clinic.blind import blinded
from clinic.db import word

MINUTE, HOUR, DAY = 60, 3600, 86400


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries in a window of so many seconds, which begins with the first of them."""

    subject: str
    most: int
    seconds: int

    def of(self, *words):
        """The bucket of this limit that belongs to the words: an account, an address, or nobody in particular."""
        kind = f"{self.subject}/{self.seconds}"
        return Bucket(kind, blinded(kind, *(str(word).lower() for word in words)), self.most, self.seconds)


@dataclass(frozen=True, slots=True, order=True)
class Bucket:
    """One row of the throttles."""

    kind: str
    key_hash: bytes
    most: int
    seconds: int


class TooManyTries(Refused):
    """Somebody has tried too often; the web answers 429 and says when to come again (seconds)."""

    def __init__(self, seconds):
        self.retry_after = max(1, seconds)
        minutes = -(-self.retry_after // MINUTE)
        if minutes == 1:
            super().__init__(word("There were too many tries. Wait a minute, then try again."))
        elif minutes < 120:
            super().__init__(
                word("There were too many tries. Wait %(minutes)s minutes, then try again."), minutes=minutes
            )
        else:
            hours = -(-minutes // 60)
            super().__init__(word("There were too many tries. Wait %(hours)s hours, then try again."), hours=hours)


# Signing in. A device on which the person has signed in before has a bucket of its own instead of these three, so that
# nobody keeps them out by guessing at their account or from their network.
SIGN_IN_ACCOUNT = Limit("sign_ins.account", 10, 5 * MINUTE)
SIGN_IN_ADDRESS = Limit("sign_ins.address", 20, 5 * MINUTE)
SIGN_IN_EVERYBODY = Limit("sign_ins.everybody", 1000, 5 * MINUTE)
SIGN_IN_DEVICE = Limit("sign_ins.device", 10, 5 * MINUTE)
# The password of somebody who is signed in, asked for again: to change it or to prove who sits there.
PASSWORD = Limit("passwords.own", 10, 5 * MINUTE)
# Codes of a second factor, recovery codes too: few enough that six digits cannot be guessed.
FACTORS = (Limit("factors", 5, 5 * MINUTE), Limit("factors", 20, HOUR), Limit("factors", 50, DAY))
# Forms that send a mail or make an account.
RESETS = (Limit("resets.account", 3, HOUR), Limit("resets.address", 20, HOUR), Limit("resets.everybody", 1000, HOUR))
SIGN_UPS = (Limit("sign_ups.address", 20, HOUR), Limit("sign_ups.everybody", 1000, HOUR))
INVITATIONS = Limit("invitations.person", 100, HOUR)
CARERS = Limit("carers.person", 10, DAY)
EMAIL_CHECKS = Limit("emails.person", 5, HOUR)
EMAIL_CHANGES = (Limit("email_changes.person", 5, HOUR), Limit("email_changes.target", 5, DAY))
# Naming a patient who is not one's own, in an emergency: nobody goes through the record numbers like that.
EMERGENCIES = Limit("break_glass.person", 30, HOUR)
# Dates of birth given at a visit's link: a few in a day for one link, whoever gives them, and few from one address.
BIRTHS = (Limit("visit_links.births", 5, HOUR), Limit("visit_links.births", 10, DAY))
BIRTHS_ADDRESS = Limit("visit_links.address", 30, HOUR)
# The code of a screen, typed on it; and codes of visits on one screen that were not right: a million are not tried.
SCREENS = Limit("screens.address", 10, 5 * MINUTE)
KIOSKS = (Limit("kiosks.screen", 20, 5 * MINUTE), Limit("kiosks.screen", 300, DAY))
# Codes of excuse notes that somebody types who got one: enough for an office that gets many, too few to find any.
CHECKS = (Limit("excuse_notes.address", 20, 5 * MINUTE), Limit("excuse_notes.address", 200, DAY))
CHECKS_EVERYBODY = Limit("excuse_notes.everybody", 2000, HOUR)
LONGEST = timedelta(seconds=DAY)
# A refusal is noted in the audit log once while it lasts: a flood of tries must not become a flood of entries.
NOTED = Limit("throttles.noted", 1, 5 * MINUTE)

# All of them or none: a bucket that is full gives no row, and then the others' rows are undone. The buckets are locked
# in one order, everybody's last. The window is over by the database's clock.
SPEND = sa.text(
    """INSERT INTO throttles AS t (kind, key_hash, started_at, spent)
       SELECT b.kind, b.key_hash, now(), 1
         FROM unnest(CAST(:kinds AS text[]), CAST(:keys AS bytea[])) WITH ORDINALITY AS b(kind, key_hash, place)
        ORDER BY b.place
       ON CONFLICT (kind, key_hash) DO UPDATE
          SET spent = CASE WHEN t.started_at + make_interval(secs => split_part(t.kind, '/', 2)::int) <= now()
                           THEN 1 ELSE t.spent + 1 END,
              started_at = CASE WHEN t.started_at + make_interval(secs => split_part(t.kind, '/', 2)::int) <= now()
                                THEN now() ELSE t.started_at END
        WHERE t.started_at + make_interval(secs => split_part(t.kind, '/', 2)::int) <= now()
           OR t.spent < (CAST(:mosts AS int[]))[array_position(CAST(:kinds AS text[]), t.kind)]
       RETURNING kind, key_hash, started_at"""
)
WAIT = sa.text(
    """SELECT coalesce(max(ceil(extract(epoch FROM
              t.started_at + make_interval(secs => split_part(t.kind, '/', 2)::int) - now()))), 1)::int
         FROM throttles AS t
         JOIN unnest(CAST(:kinds AS text[]), CAST(:keys AS bytea[])) AS b(kind, key_hash)
           ON t.kind = b.kind AND t.key_hash = b.key_hash"""
)
REFUND = sa.text(
    """UPDATE throttles AS t SET spent = t.spent - 1
        WHERE t.kind = :kind AND t.key_hash = :key AND t.started_at = :started AND t.spent > 0"""
)


def spend(session, *buckets):
    """Spend one try of every bucket, or raise TooManyTries and spend none; returns what ``refund`` takes back.

    It happens in a short transaction of its own, so that a try counts whatever becomes of it; what the session did
    before is undone, and it holds no connection afterwards.
    """
    with in_its_own_transaction(session) as own:
        spent = own.execute(SPEND, _facts(buckets)).all()
        if len(spent) < len(buckets):
            open_ones = {(row.kind, row.key_hash) for row in spent}
            full = [each for each in buckets if (each.kind, each.key_hash) not in open_ones]
            raise TooManyTries(own.scalar(WAIT, _facts(full)))
    return spent


def _facts(buckets):
    kinds, keys, mosts = zip(*((each.kind, each.key_hash, each.most) for each in buckets), strict=True)
    return {"kinds": list(kinds), "keys": list(keys), "mosts": list(mosts)}


def refund(session, spent):
    """Give a try back that was a right one; in the same short way as ``spend``."""
    with in_its_own_transaction(session) as own:
        for kind, key_hash, started_at in spent:
            own.execute(REFUND, {"kind": kind, "key": key_hash, "started": started_at})


def note_once(session, name, bucket, *, by, **said):
    """Leave an audit entry that somebody was throttled: the first time in a while, not every time."""
    try:
        spend(session, NOTED.of(name, bucket.key_hash.hex()))
    except TooManyTries:
        return
    note_refusal(session, name, by=by, details={"cause": "throttled"}, **said)


def network(address) -> str:
    """What counts as one address: one of IPv4, or the /64 that one customer has of IPv6."""
    try:
        known = ip_address(address or "")
    except ValueError:
        return "unknown"
    if known.version == 4:
        return str(known)
    return str(known.ipv4_mapped or ip_network((known, 64), strict=False))


def purge(session):
    """Delete the buckets whose window has ended, whatever their kind."""
    return session.execute(
        sa.text("DELETE FROM throttles WHERE started_at < now() - :longest"), {"longest": LONGEST}
    ).rowcount
