"""Who works in the clinic: the list of colleagues with their roles, and one of them."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from clinic.models.accounts import Membership, Role, User, UserSession

STAFF = Membership.role != Role.PATIENT


@dataclass(frozen=True, slots=True)
class Colleague:
    """One person, the roles they hold here now, and when they were last seen in this clinic."""

    user: User
    roles: list
    last_seen: datetime | None


def listed(session, clinic_id, *, left=False, number=1, size=25):
    """One page of the colleagues by name, and one more row where there is a next page.

    ``left`` lists those who work here no more.
    """
    here = sa.select(Membership.user_id).where(STAFF, Membership.ended_at.is_(None))
    ever = sa.select(Membership.user_id).where(STAFF)
    seen = (
        sa.select(sa.func.max(UserSession.last_seen_at))
        .where(UserSession.user_id == User.id, UserSession.clinic_id == clinic_id)
        .scalar_subquery()
    )
    who = sa.and_(User.id.in_(ever), User.id.not_in(here)) if left else User.id.in_(here)
    order = (User.last_name, User.first_name, User.email, User.id)
    rows = session.execute(
        sa.select(User, seen).where(who).order_by(*order).limit(size + 1).offset((number - 1) * size)
    ).all()
    roles = _roles(session, [user.id for user, _seen in rows])
    return [Colleague(user, roles.get(user.id, []), last_seen) for user, last_seen in rows]


def colleague(session, user_id):
    """The person, where they work or worked in this clinic, or None."""
    works = sa.exists().where(STAFF, Membership.user_id == User.id)
    return session.scalars(sa.select(User).where(User.id == user_id, works)).one_or_none()


def roles_here(session, user_id):
    """The live memberships by which the person works in this clinic."""
    asked = sa.select(Membership).where(STAFF, Membership.user_id == user_id, Membership.ended_at.is_(None))
    return session.scalars(asked.order_by(Membership.role)).all()


def _roles(session, user_ids):
    found = {}
    asked = sa.select(Membership.user_id, Membership.role).where(
        STAFF, Membership.ended_at.is_(None), Membership.user_id.in_(user_ids)
    )
    for user_id, role in session.execute(asked.order_by(Membership.role)):
        found.setdefault(user_id, []).append(role)
    return found
