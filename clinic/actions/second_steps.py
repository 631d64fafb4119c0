"""The second step of signing in: between a right password and a session there is a wait for something one has."""

from datetime import timedelta

import sqlalchemy as sa

from clinic.actions.acting import action
from clinic.actions.sign_ins import DEVICE_LENGTH, live_session
from clinic.actions.tokens import hash_token
from clinic.db import now
from clinic.models.accounts import User, UserSession, UserStatus

MINUTES = 10


@action
def wait(session, *, by, user_id, token_hash, replaces=None):
    """Remember for ten minutes that somebody knew the password; this opens nothing yet. The device's session ends."""
    former = live_session(session, hash_token(replaces)) if replaces else None
    if former is not None:
        former.revoked_at = now()
    waiting = UserSession(
        user_id=user_id, token_hash=token_hash, device=(by.user_agent or "")[:DEVICE_LENGTH], ip_address=by.ip_address,
        awaits_factor=True, expires_at=sa.func.now() + timedelta(minutes=MINUTES),
    )  # fmt: skip
    session.add(waiting)
    return waiting


def waiting(session, token_hash):
    """Who waits behind this token, as id, user_id and email, or None: unknown, over, or let in already."""
    return session.execute(
        sa.select(UserSession.id, UserSession.user_id, User.email)
        .join(User, User.id == UserSession.user_id)
        .where(
            UserSession.token_hash == token_hash, UserSession.awaits_factor, UserSession.revoked_at.is_(None),
            UserSession.expires_at > sa.func.now(), User.status == UserStatus.ACTIVE, User.deleted_at.is_(None),
        )
    ).one_or_none()  # fmt: skip


def finish(session, waiting_id):
    """End the wait, once; False where another request ended it."""
    return session.execute(
        sa.update(UserSession)
        .where(UserSession.id == waiting_id, UserSession.revoked_at.is_(None))
        .values(revoked_at=sa.func.now())
        .returning(UserSession.id),
        execution_options={"synchronize_session": False},
    ).scalar_one_or_none() is not None  # fmt: skip
