"""Closures to come, and how many visits lie in each."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from clinic.db import now
from clinic.models.closures import Closure
from clinic.models.organizations import Location
from clinic.models.providers import Provider
from clinic.models.visits import Visit
from clinic.queries.blocks import MOVABLE
from clinic.queries.places import AT

MOST = 500


@dataclass(frozen=True, slots=True)
class Shown:
    """A closure as lists show it: whose it is, where, and the visits that lie in it."""

    closure: Closure
    doctor: str | None
    place: str | None
    visits: int
    first_visit_at: datetime | None


def coming(session, provider_id=None) -> list[Shown]:
    """The closures that are not over yet, soonest first; of one doctor those of everybody too."""
    whose = sa.true()
    if provider_id is not None:
        whose = sa.or_(Closure.provider_id.is_(None), Closure.provider_id == provider_id)
    return _shown(session, Closure.removed_at.is_(None), Closure.ends_at > now(), whose)


def shown(session, closure: Closure) -> Shown:
    """One closure as lists show it."""
    return _shown(session, Closure.id == closure.id)[0]


def of_files(session, uids):
    """What is known of the events of calendar files: {(uid, start): "closed" or "removed"}."""
    columns = Closure.external_uid, Closure.starts_at, Closure.removed_at
    rows = session.execute(sa.select(*columns).where(Closure.external_uid.in_(uids)))
    return {(uid, starts_at): "removed" if removed_at else "closed" for uid, starts_at, removed_at in rows}


def _shown(session, *conditions):
    many, first = _visits(sa.func.count()), _visits(sa.func.min(Visit.starts_at))
    rows = session.execute(
        sa.select(Closure, Provider.display_name, Location.name, many, first)
        .outerjoin(Provider, sa.and_(Provider.clinic_id == Closure.clinic_id, Provider.id == Closure.provider_id))
        .outerjoin(Location, sa.and_(Location.clinic_id == Closure.clinic_id, Location.id == Closure.location_id))
        .where(*conditions)
        .order_by(Closure.starts_at, Closure.ends_at, Closure.id)
        .limit(MOST)
    )
    return [Shown(*row) for row in rows]


def _visits(what):
    """Of the visits that can still be moved those in the closure; at one place those that are there."""
    at = sa.literal_column(AT.format(v="visits"), sa.Uuid)
    return (
        sa.select(what)
        .where(
            Visit.clinic_id == Closure.clinic_id,
            Visit.status.in_(MOVABLE),
            # No visit is longer than a day: the bound lets the index find the few that matter.
            Visit.starts_at > Closure.starts_at - sa.text("interval '24 hours'"),
            Visit.starts_at < Closure.ends_at,
            Visit.ends_at > Closure.starts_at,
            Visit.ends_at > now(),
            sa.or_(Closure.provider_id.is_(None), Closure.provider_id == Visit.provider_id),
            sa.or_(Closure.location_id.is_(None), at == Closure.location_id),
        )
        .correlate(Closure)
        .scalar_subquery()
    )
