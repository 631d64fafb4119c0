"""Accounts as the platform's operator keeps them: suspending somebody everywhere, and letting them back in."""

import sqlalchemy as sa
from sqlalchemy.orm import object_session

from clinic.actions import sign_ins, user_tokens
from clinic.actions.acting import Refused, action
from clinic.models.accounts import User, UserStatus


def with_email(session, email):
    """The user who signs in with this address, or a refusal."""
    user = session.scalars(sa.select(User).where(User.email == email).with_for_update()).one_or_none()
    if user is None:
        raise Refused("Nobody signs in with this address.")
    return user


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
