"""Stranded visits stand again where nothing takes their time any more; all others are stranded by what takes it now.

Called after the change and under the locks of ``strandings.hold``: a visit that lost its time twice gets it back once
both changes are gone, and what was proposed for it stands until then.
"""

from uuid import UUID

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from clinic import bell, jobs
from clinic.actions.acting import audit
from clinic.actions.stranding_offers import TOPIC, withdraw_all
from clinic.actions.strandings import open_ones
from clinic.db import now
from clinic.models.closures import Closure
from clinic.models.schedule import Slot
from clinic.models.strandings import StrandedVisit, Stranding, StrandingCause
from clinic.queries import affected
from clinic.queries.blocks import with_piece

C, OWN = StrandingCause, "own"
# What a part has of the whole, besides the change that it is of.
KEPT = ("clinic_id", "answer_hours", "sending_at", "sent_at")
CHANGE = ("cause", "provider_id", "closure_id", "starts_at", "ends_at", "former")


def given_back(session, condition, *, by):
    """The change was taken back: each of its strandings is over that leaves nobody without a time because of it."""
    # Looked up anew: while the locks were waited for, visits may have come under this change.
    for stranding in open_ones(session, condition):
        if not _look_at(session, stranding, by) and stranding.undone_at is None:
            _end(session, stranding, by)


def stand_again(session, stranded, *, by):
    """Time became free: of these open strandings, locked, whoever's time nothing takes any more stands again."""
    session.flush()
    for stranding in stranded:
        _look_at(session, stranding, by)


def _look_at(session, stranding, by) -> list:
    """Part the visits by what takes their time now; returns the rows that the stranding's own change takes it from."""
    found = {}
    for row in affected.taken_by(session, stranding):
        found.setdefault(_what(stranding, row), []).append(row.id)
    stay, free = found.pop(OWN, []), found.pop(None, [])
    while found:
        what, rows = found.popitem()
        change = _change(session, stranding.clinic_id, *what)
        for piece_id in change["former"].get("piece_ids", ()):
            rows += found.pop((C.BLOCK, UUID(piece_id)), [])
        _go_on(session, part(session, stranding, rows, by, **change), by)
    if len(free) == _many(session, stranding):
        _end(session, stranding, by)
    elif free:
        _end(session, part(session, stranding, free, by), by)
    return stay


def _what(stranding, row):
    """What takes the visit's time: the stranding's own change first, else (cause, which), or None."""
    pieces = stranding.former.get("piece_ids", ()) if stranding.cause == C.BLOCK else ()
    all_of_it = [
        *((C.BLOCK, piece_id, str(piece_id) in pieces) for piece_id in row.block_ids),
        *((C.CLOSURE, closure_id, closure_id == stranding.closure_id) for closure_id in row.closure_ids),
        *([(C.INACTIVE, row.provider_id, stranding.cause == C.INACTIVE)] if row.has_left else []),
        *([(C.HOURS, row.provider_id, stranding.cause == C.HOURS)] if row.is_outside_hours or row.is_elsewhere else []),
    ]
    if any(is_own for _cause, _which, is_own in all_of_it):
        return OWN
    return all_of_it[0][:2] if all_of_it else None


def _change(session, clinic_id, cause, which):
    """What a stranding says of its change; ``which`` is a piece of blocked time, a closure, or else a doctor."""
    facts = {**dict.fromkeys(CHANGE), "cause": cause, "former": {}}
    if cause == C.BLOCK:
        piece = session.get(Slot, (clinic_id, which))
        block = with_piece(session, piece)
        facts |= {"provider_id": piece.provider_id, "former": {"piece_ids": [str(each) for each in block.piece_ids]}}
        return facts | {"starts_at": block.starts_at, "ends_at": block.ends_at}
    if cause == C.CLOSURE:
        closure = session.get(Closure, (clinic_id, which))
        facts |= {name: getattr(closure, name) for name in ("provider_id", "starts_at", "ends_at")}
        return facts | {"closure_id": which}
    return facts | {"provider_id": which}


def part(session, stranding, rows, by, **change) -> Stranding:
    """These rows of a stranding as one of their own, of the same change where no other is given."""
    kept = {name: getattr(stranding, name) for name in (*KEPT, *CHANGE)}
    part = Stranding(id=uuid7(), made_by_id=by.user_id, **{**kept, **change})
    session.add(part)
    session.flush()
    session.execute(
        sa.update(StrandedVisit).where(StrandedVisit.id.in_(rows)).values(stranding_id=part.id),
        execution_options={"synchronize_session": False},
    )
    return part


def _many(session, stranding):
    return session.scalar(sa.select(sa.func.count()).where(StrandedVisit.stranding_id == stranding.id))


def _go_on(session, part, by):
    """What was being done about these visits goes on, because of what takes their time now."""
    audit(session, "strandings.open", by=by, record=part)
    jobs.put(session, "strandings.propose", clinic_id=part.clinic_id, stranding_id=part.id)
    if part.sending_at and not part.sent_at:
        jobs.put(session, "strandings.send", clinic_id=part.clinic_id, stranding_id=part.id)
    bell.ring(session, part.clinic_id, TOPIC)


def _end(session, stranding, by):
    """Everybody in it keeps their time, and what was proposed is withdrawn."""
    stranding.undone_at = now()
    withdraw_all(session, stranding, by=by)
