"""A series with its visits, and where one visit stands in it; in the portal the session's scope keeps others' out."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from clinic.db import now
from clinic.models.visits import CancelReason, Visit
from clinic.queries.blocks import MOVABLE

# A series has fewer; what a mistake made more of is still one page.
MOST = 200


@dataclass(frozen=True, slots=True)
class Place:
    """Where a visit stands: the third of eight, with its neighbours by date."""

    number: int
    many: int
    before: UUID | None
    after: UUID | None


def visits_of(session, series_id):
    """Every visit of the series by date, cancelled ones too, but for what was entered by mistake."""
    return session.scalars(
        sa.select(Visit)
        .where(Visit.series_id == series_id, _is_meant())
        .options(joinedload(Visit.provider), joinedload(Visit.visit_type))
        .order_by(Visit.starts_at, Visit.id)
        .limit(MOST)
    ).all()


def place_of(session, visit) -> Place | None:
    """The visit's place in its series, or None where it is of none."""
    if visit.series_id is None:
        return None
    rows = sa.select(Visit.id).where(Visit.series_id == visit.series_id, _is_meant())
    ids = session.scalars(rows.order_by(Visit.starts_at, Visit.id).limit(MOST)).all()
    if visit.id not in ids:
        return None
    at = ids.index(visit.id)
    return Place(at + 1, len(ids), ids[at - 1] if at else None, ids[at + 1] if at + 1 < len(ids) else None)


def changeable(members, first=None):
    """Of these visits those still to come that can be moved or called off; with ``first`` from that one on."""
    coming = [visit for visit in members if visit.status in MOVABLE and visit.starts_at > now()]
    if first is None:
        return coming
    return [visit for visit in coming if (visit.starts_at, visit.id) >= (first.starts_at, first.id)]


def _is_meant():
    return sa.or_(Visit.cancel_reason.is_(None), Visit.cancel_reason != CancelReason.ENTERED_IN_ERROR)
