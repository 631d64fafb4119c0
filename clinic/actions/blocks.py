"""Blocking a doctor's time: leave, lunch, a meeting. A block may lie over booked visits, which then need a new time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic import bell
from clinic.actions import stranding_returns, strandings
from clinic.actions.acting import Refused, action, note
from clinic.actions.freed_times import tell_waitlist
from clinic.actions.providers import lock
from clinic.db import now
from clinic.models.providers import Provider
from clinic.models.schedule import Slot, SlotKind, SlotStatus
from clinic.queries.blocks import LONGEST
from clinic.walltime import bounds

DAY, EPOCH = timedelta(hours=24), datetime(1970, 1, 1, tzinfo=UTC)
INSERT = sa.insert(Slot.__table__)


@action
def add(provider: Provider, starts_at, ends_at, *, zone: str, reason=None, by):
    """Block the doctor's time between two instants, under the same lock as a booking; visits in it are stranded.

    More than 24 hours become one piece for each day of the clinic's calendar, since no slot is longer.
    """
    if ends_at <= starts_at:
        raise Refused("The end has to be after the beginning.", field="until_date")
    if ends_at <= now():
        raise Refused("This time is already over.", field="until_date")
    if ends_at - starts_at > LONGEST:
        raise Refused("A block can last at most %(days)s days.", field="until_date", days=LONGEST.days)
    session = object_session(provider)
    lock(provider)
    _is_not_there_yet(session, provider, starts_at, ends_at)
    rows = [row(provider, *piece, reason) for piece in pieces(starts_at, ends_at, zone)]
    session.connection().execute(INSERT, rows)
    strandings.by_block(provider, rows, by=by)
    note(session, **{"blocks.starts_at": [None, starts_at], "blocks.ends_at": [None, ends_at]})
    bell.ring(session, provider.clinic_id, "visits")
    return provider


@action
def repeat(provider: Provider, spans, *, reason=None, by):
    """Block each of these (from, until), such as lunch on every working day; what is blocked already is left out."""
    session = object_session(provider)
    lock(provider)
    known = session.execute(
        sa.select(Slot.starts_at, Slot.ends_at).where(
            Slot.provider_id == provider.id, Slot.kind == SlotKind.BLOCKED,
            Slot.starts_at > min(begins for begins, _ends in spans) - DAY,
            Slot.starts_at < max(ends for _begins, ends in spans),
        )
    ).all()  # fmt: skip
    new = [
        (begins, ends)
        for begins, ends in spans
        if ends > now() and not any(start <= begins and ends <= end for start, end in known)
    ]
    if not new:
        raise Refused("This time is blocked already, or over, on every one of these days.", field="first_on")
    rows = [row(provider, *span, reason) for span in new]
    session.connection().execute(INSERT, rows)
    strandings.by_block(provider, rows, by=by)
    note(session, **{"blocks.starts_at": [None, new[0][0]], "blocks.ends_at": [None, new[-1][1]]})
    bell.ring(session, provider.clinic_id, "visits")
    return provider


@action
def remove(provider: Provider, piece_ids, starts_at, ends_at, *, by):
    """Give blocked time back: these pieces, which together last from one instant to the other."""
    session = object_session(provider)
    if session.scalar(sa.select(Slot.id).where(Slot.id.in_(piece_ids), Slot.busy_source_id.is_not(None)).limit(1)):
        raise Refused("This time comes from the doctor's own calendar. It is changed there.")
    stranded = strandings.of_block(provider, piece_ids)
    strandings.hold(session, stranded, provider)
    gone = session.execute(
        sa.delete(Slot)
        .where(Slot.id.in_(piece_ids), Slot.provider_id == provider.id, Slot.kind == SlotKind.BLOCKED)
        .execution_options(synchronize_session=False)
    )
    if not gone.rowcount:
        raise Refused("This block is already gone.")
    stranding_returns.given_back(session, stranded, by=by)
    note(session, **{"blocks.starts_at": [starts_at, None], "blocks.ends_at": [ends_at, None]})
    tell_waitlist(session, provider.clinic_id, provider.id, starts_at, ends_at)
    bell.ring(session, provider.clinic_id, "visits")
    return provider


def kept(blocks):
    """Blocks of one reason as JSON can keep them, so that their removal can be taken back: whole minutes, in short."""
    spans, last = [], 0
    for block in blocks:
        begins, ends = (int(moment.timestamp()) // 60 for moment in (block.starts_at, block.ends_at))
        spans.append([begins - last, ends - begins])
        last = begins
    return {"reason": blocks[0].reason, "spans": spans}


@action
def restore(provider: Provider, facts, *, zone: str, by):
    """Block again what was given back, as ``kept`` wrote it."""
    spans, begins = [], EPOCH
    for after, minutes in facts["spans"]:
        begins += timedelta(minutes=after)
        spans += pieces(begins, begins + timedelta(minutes=minutes), zone)
    return repeat(provider, spans, reason=facts["reason"], by=by)


def pieces(starts_at, ends_at, zone: str):
    """The block in pieces of at most 24 hours, cut at the midnights of the zone; a day of 25 hours makes two."""
    if ends_at - starts_at <= DAY:
        return [(starts_at, ends_at)]
    cuts, begins = [], starts_at
    while begins < ends_at:
        midnight = bounds(begins.astimezone(ZoneInfo(zone)).date(), ZoneInfo(zone))[1]
        ends = min(midnight, begins + DAY, ends_at)
        cuts.append((begins, ends))
        begins = ends
    return cuts


def _is_not_there_yet(session, provider, starts_at, ends_at):
    """Refuse to block twice what is blocked already: sending a form again must not make a second one."""
    wished = sa.func.tstzrange(starts_at, ends_at)
    blocked = sa.func.range_agg(sa.func.tstzrange(Slot.starts_at, Slot.ends_at))
    covered = sa.select(sa.func.coalesce(blocked.op("@>")(wished), sa.false())).where(
        Slot.provider_id == provider.id, Slot.kind == SlotKind.BLOCKED,
        Slot.starts_at >= starts_at - DAY, Slot.starts_at < ends_at,
    )  # fmt: skip
    if session.scalar(covered):
        raise Refused("This time is blocked already.", field="from_date")


def row(provider: Provider, starts_at, ends_at, reason=None, busy_source_id=None) -> dict:
    """One piece of blocked time as it is inserted; ``busy_source_id`` is the doctor's own calendar that says so."""
    return {
        "clinic_id": provider.clinic_id, "id": uuid7(), "provider_id": provider.id, "kind": SlotKind.BLOCKED,
        "status": SlotStatus.BLOCKED, "starts_at": starts_at, "ends_at": ends_at, "busy_from": starts_at,
        "busy_until": ends_at, "capacity": 1, "taken": 0, "overbooked": False, "reason": reason,
        "busy_source_id": busy_source_id, "created_at": now(), "updated_at": now(),
    }  # fmt: skip
