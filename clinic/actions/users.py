"""Accounts as the platform's operator keeps them: suspending somebody everywhere, and letting them back in."""

import sqlalchemy as sa
from sqlalchemy.orm import object_session

from clinic.actions import sign_ins, user_tokens
from clinic.actions.accounts import keep_an_admin
from clinic.actions.acting import Refused, action
from clinic.models.accounts import Membership, User, UserStatus
from clinic.queries.accounts import places_of
from clinic.scope import Scope


def with_email(session, email):
    """The user who signs in with this address, or a refusal."""
    user = session.scalars(sa.select(User).where(User.email == email).with_for_update()).one_or_none()
    if user is None:
        raise Refused("Nobody signs in with this address.")
    return user


def keep_admins(session, email):
    """Refuse where a clinic would have no administrator left who can sign in; asked before the account is touched."""
    session.enter(Scope.person())
    user_id = session.scalar(sa.select(User.id).where(User.email == email))
    session.enter(Scope.person(user_id))
    for place in sorted(places_of(session, user_id), key=lambda place: place.id):
        session.enter(Scope.staff(place.id))
        live = sa.select(Membership).where(Membership.user_id == user_id, Membership.ended_at.is_(None))
        try:
            for membership in session.scalars(live.order_by(Membership.id)).all():
                keep_an_admin(membership)
        except Refused:
            raise Refused("They are the last administrator of %(clinic)s.", clinic=place.name) from None
    session.enter(Scope.person())


@action
def suspend(user, *, by):
    """Let nobody sign in with the account until it is activated again; every sign-in and open link ends at once."""
    user.status = UserStatus.SUSPENDED
    user_tokens.end(object_session(user), user.id)
    sign_ins.end_others(object_session(user), user.id)
    return user


@action
def activate(user, *, by):
    """Let the person sign in again."""
    user.status = UserStatus.ACTIVE
    return user
