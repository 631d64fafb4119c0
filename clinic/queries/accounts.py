"""What sign-in, choosing a clinic and the list of colleagues ask about people."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from clinic.db import now
from clinic.models.accounts import Membership, TokenPurpose, User, UserToken
from clinic.models.organizations import Clinic


@dataclass(frozen=True, slots=True)
class Place:
    """One clinic a person belongs to, and what they are there."""

    id: UUID
    name: str
    slug: str
    city: str | None
    roles: frozenset


def places_of(session, user_id) -> list[Place]:
    """The open clinics the person belongs to, by name, whichever clinic they are in now."""
    rows = session.execute(
        sa.select(Clinic.id, Clinic.name, Clinic.slug, Clinic.city, Membership.role)
        .join(Membership, Membership.clinic_id == Clinic.id)
        .where(Membership.user_id == user_id, Membership.ended_at.is_(None), Clinic.closed_at.is_(None))
        .order_by(Clinic.name, Clinic.id),
        execution_options={"all_clinics": True},
    ).all()
    roles = {}
    for row in rows:
        roles.setdefault(row[:4], set()).add(row.role)
    return [Place(*facts, frozenset(held)) for facts, held in roles.items()]


def invited(session, clinic_id):
    """The clinic's invitations nobody has accepted yet, newest first; each has user, role and expires_at.

    An invitation has a link on the screen and another in a mail; one of them stands for both.
    """
    links = session.scalars(
        sa.select(UserToken)
        .options(sa.orm.joinedload(UserToken.user))
        .where(
            UserToken.clinic_id == clinic_id, UserToken.purpose == TokenPurpose.INVITE, UserToken.used_at.is_(None),
            UserToken.expires_at > now(),
        )
        .order_by(UserToken.created_at.desc())
    ).all()  # fmt: skip
    return list({link.user_id: link for link in reversed(links)}.values())[::-1]


def taken(session, email):
    """Whether somebody signs in with this address."""
    return session.scalar(sa.select(sa.exists().where(User.email == email, User.deleted_at.is_(None))))
