"""Proving again that it is oneself, before something that matters is done at an open screen."""

import sqlalchemy as sa

from clinic.actions import passwords, throttles
from clinic.actions.acting import action, note_refusal
from clinic.models.accounts import User, UserStatus


def by_password(session, user_id, password, *, by):
    """Whether this is the person's password; a wrong one leaves an audit entry, too many raise TooManyTries.

    The session is rolled back first, so that nobody holds a connection while the password is worked on.
    """
    bucket = throttles.PASSWORD.of(user_id)
    try:
        spent = throttles.spend(session, bucket)
    except throttles.TooManyTries:
        throttles.note_once(session, "proving.prove", bucket, by=by, resource=("users", user_id))
        raise
    kept = session.scalars(
        sa.select(User.password_hash).where(User.id == user_id, User.status == UserStatus.ACTIVE)
    ).one_or_none()
    session.rollback()
    if passwords.matches(kept, password):
        throttles.refund(session, spent)
        return True
    note_refusal(session, "proving.prove", by=by, resource=("users", user_id), details={"cause": "wrong_password"})
    return False


@action
def prove(signed_in, token_hash, *, by):
    """Remember that the person behind this session has just proved who they are; it goes on under a new token."""
    signed_in.proved_at = sa.func.now()
    signed_in.token_hash = token_hash
    return signed_in
