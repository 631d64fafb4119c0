"""A doctor's blocked time, and the visits that lie in it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from clinic import walltime
from clinic.db import now
from clinic.models.schedule import Slot, SlotKind
from clinic.models.visits import Visit, VisitStatus

MOST = 1000
# No block lasts longer.
LONGEST = timedelta(days=366)
# What was blocked again and again is one until so many days in a row are left out: of a weekly meeting one may be.
WITHOUT = 15
# Patients who are here already are seen or sent home at the desk; only these can be moved.
MOVABLE = (VisitStatus.REQUESTED, VisitStatus.BOOKED, VisitStatus.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Block:
    """One stretch of blocked time, of one piece or of many that follow each other; its id is the first piece's."""

    id: UUID
    piece_ids: tuple
    starts_at: datetime
    ends_at: datetime
    reason: str | None
    # Read from the doctor's own calendar, where alone it can be changed.
    is_from_elsewhere: bool = False
    # The same hours on later days, where somebody blocked them again and again.
    more: tuple = ()

    @property
    def every(self):
        """The block and the same hours of later days, each by itself."""
        return (self, *self.more)

    def last_day(self, zone: str):
        """The last day of a block that lasts whole days of the zone's calendar, or None."""
        return walltime.last_day(self.starts_at, self.ends_at, ZoneInfo(zone))


def coming(session, provider_id) -> list[Block]:
    """The blocks that are not over yet, soonest first; the days of one leave are shown as one."""
    return _joined(session.execute(_pieces(provider_id).where(Slot.ends_at > now()).limit(MOST)))


def with_piece(session, piece: Slot) -> Block:
    """The block that a piece of blocked time belongs to."""
    near = sa.and_(Slot.starts_at > piece.starts_at - LONGEST, Slot.starts_at < piece.starts_at + LONGEST)
    return next(block for block in _joined(session.execute(_pieces(piece.provider_id).where(near)))
                if piece.id in block.piece_ids)  # fmt: skip


def _pieces(provider_id):
    return (
        sa.select(Slot.id, Slot.starts_at, Slot.ends_at, Slot.reason, Slot.busy_source_id)
        .where(Slot.provider_id == provider_id, Slot.kind == SlotKind.BLOCKED)
        .order_by(Slot.starts_at, Slot.ends_at, Slot.id)
    )


def _joined(pieces):
    """Pieces, soonest first, as blocks: those that follow each other for one reason are one."""
    found, ending = [], {}
    for piece in pieces:
        why = (piece.reason, piece.busy_source_id)
        at = ending.pop((piece.starts_at, *why), None)
        if at is None:
            at = len(found)
            elsewhere = piece.busy_source_id is not None
            found.append(Block(piece.id, (piece.id,), piece.starts_at, piece.ends_at, piece.reason, elsewhere))
        else:
            found[at] = replace(found[at], piece_ids=(*found[at].piece_ids, piece.id), ends_at=piece.ends_at)
        ending.setdefault((piece.ends_at, *why), at)
    return found


def together(blocks, zone: str) -> list[Block]:
    """The blocks with those of the same reason at the same hours of later days under the first of them.

    After more than a fortnight without one begins another set, which is removed by itself.
    """
    sets, of_a_kind = [], {}
    for block in blocks:
        begins, ends = (moment.astimezone(ZoneInfo(zone)) for moment in (block.starts_at, block.ends_at))
        is_of_one_day = begins.date() == ends.date()
        is_alike = is_of_one_day and not block.is_from_elsewhere
        key = (begins.time(), ends.time(), block.reason) if is_alike else block.id
        last_on, days = of_a_kind.get(key, (None, None))
        if last_on is None or (begins.date() - last_on).days >= WITHOUT:
            days = []
            sets.append(days)
        days.append(block)
        of_a_kind[key] = begins.date(), days
    return [replace(first, more=tuple(others)) for first, *others in sets]


def stranded(session, provider_id):
    """The doctor's coming visits that lie in blocked time, soonest first: each needs another time or an end."""
    blocked = sa.exists().where(
        Slot.clinic_id == Visit.clinic_id,
        Slot.provider_id == Visit.provider_id,
        Slot.kind == SlotKind.BLOCKED,
        # No slot is longer than a day: the bound lets the index find the few that matter.
        Slot.starts_at > Visit.starts_at - sa.text("interval '24 hours'"),
        Slot.starts_at < Visit.ends_at,
        Slot.ends_at > Visit.starts_at,
    )
    return session.scalars(
        sa.select(Visit)
        .options(joinedload(Visit.patient), joinedload(Visit.visit_type))
        .where(Visit.provider_id == provider_id, Visit.status.in_(MOVABLE), Visit.ends_at > now(), blocked)
        .order_by(Visit.starts_at, Visit.id)
        .limit(MOST)
    ).all()
