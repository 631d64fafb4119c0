"""Doctors' own calendars elsewhere: their busy times are blocked here, and open again once they are gone there."""

from datetime import timedelta
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic import bell, jobs, keyring
from clinic.actions import stranding_returns, strandings
from clinic.actions.acting import Refused, action, audit, note
from clinic.actions.blocks import INSERT, pieces, row
from clinic.actions.freed_times import tell_waitlist
from clinic.db import now
from clinic.models.calendar_feeds import BusyProblem, BusySource
from clinic.models.schedule import Slot
from clinic.queries.calendar_feeds import MOST_SOURCES, busy_sources

EVERY = timedelta(minutes=15)
# One that cannot be read is asked again after twice as long each time, and then six times a day.
SELDOM = timedelta(hours=4)
HORIZON_DAYS = 180
FETCH = "busy_sources.fetch"


@action
def add(provider, address: str, *, by):
    """Read this calendar from now on; the first time at once."""
    session = object_session(provider)
    if len(busy_sources(session, provider.id)) >= MOST_SOURCES:
        raise Refused("At most %(most)s calendars are read. Remove one first.", field="address", most=MOST_SOURCES)
    source = BusySource(
        clinic_id=provider.clinic_id, id=uuid7(), provider_id=provider.id, host=urlsplit(address).hostname
    )  # fmt: skip
    source.address_encrypted = keyring.seal(address.encode(), **_place(source))
    session.add(source)
    session.flush()
    _fetch(source)
    return source


@action
def remove(source: BusySource, *, by):
    """Read it no more; what it blocked is open again."""
    session = object_session(source)
    if source.removed_at is not None:
        raise Refused("This calendar is not read any more.")
    source.removed_at = sa.func.now()
    session.flush()
    note(session, **_write(source, set(), by=by))
    return source


@action
def restore(source: BusySource, *, by):
    """Take a removal back: it is read again."""
    if source.removed_at is None:
        raise Refused("This calendar is read already.")
    source.removed_at, source.failures, source.problem = None, 0, None
    _fetch(source)
    return source


def address_of(source: BusySource) -> str:
    """Where the calendar is."""
    return keyring.open_sealed(source.address_encrypted, **_place(source)).decode()


def take_in(source: BusySource, spans, *, zone: str, by):
    """Block what the calendar says is busy, as instants (from, until), and open what it said before and says no more.

    Patients whose visits lie in it are not told anything: they are listed for the desk, as with any other block.
    """
    source.read_at, source.problem, source.failures = sa.func.now(), None, 0
    source.due_at = sa.func.now() + EVERY
    wanted = {piece for span in _united(spans) for piece in pieces(*span, zone) if piece[1] > now()}
    if changed := _write(source, wanted, by=by):
        audit(object_session(source), "busy_sources.take_in", by=by, record=source, changes=changed)


def fail(source: BusySource, problem: BusyProblem, *, by):
    """Remember why it could not be read; what it blocked so far stays blocked."""
    if source.problem != problem:
        audit(object_session(source), "busy_sources.fail", by=by, record=source, details={"cause": problem.value})
    source.problem, source.failures = problem, source.failures + 1
    source.due_at = sa.func.now() + min(EVERY * 2 ** min(source.failures, 8), SELDOM)


def _write(source, wanted, *, by):
    """Bring the doctor's blocked time in line with the calendar, under the doctor's lock; what changed, for the log."""
    session, provider = object_session(source), source.provider
    strandings.hold(session, strandings.of_block(provider, _there(session, source).values()), provider)
    there = _there(session, source)
    gone, new = there.keys() - wanted, sorted(wanted - there.keys())
    if gone:
        session.execute(
            sa.delete(Slot)
            .where(Slot.id.in_([there[span] for span in gone]))
            .execution_options(synchronize_session=False)
        )
        for span in sorted(gone):
            tell_waitlist(session, source.clinic_id, source.provider_id, *span)
    if new:
        rows = [row(provider, *span, busy_source_id=source.id) for span in new]
        session.connection().execute(INSERT, rows)
        strandings.by_block(provider, rows, by=by)
    if gone:
        # Last, so that what only lasts longer or shorter by now takes along whom it took before.
        stranding_returns.given_back(session, strandings.of_block(provider, [there[span] for span in gone]), by=by)
    if not (gone or new):
        return {}
    bell.ring(session, source.clinic_id, "visits")
    return {"busy_sources.blocked": [len(there), len(wanted)]}


def _there(session, source):
    """What it blocks that is not over yet: {(from, until): the piece's id}."""
    pieces = sa.select(Slot.id, Slot.starts_at, Slot.ends_at).where(
        Slot.busy_source_id == source.id, Slot.ends_at > now()
    )  # fmt: skip
    return {(each.starts_at, each.ends_at): each.id for each in session.execute(pieces)}


def _united(spans):
    """The same times without overlaps, soonest first."""
    found = []
    for begins, ends in sorted(spans):
        if found and begins <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ends))
        else:
            found.append((begins, ends))
    return found


def _fetch(source):
    source.due_at = sa.func.now() + EVERY
    jobs.put(object_session(source), FETCH, clinic_id=source.clinic_id, source_id=source.id)


def _place(source):
    return {
        "table": "busy_sources", "column": "address_encrypted", "row_id": source.id, "clinic_id": source.clinic_id
    }  # fmt: skip
