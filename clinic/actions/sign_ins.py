"""Signing in, going to another clinic, signing out: what becomes of a person's session rows."""

from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import object_session

from clinic.actions import passwords, throttles
from clinic.actions.acting import action, note_refusal
from clinic.db import now
from clinic.models.accounts import User, UserSession, UserStatus

DEVICE_LENGTH = 300


CREDENTIALS = sa.select(User.id, User.password_hash, User.status)


def prove(session, email, password, *, by, device=None):
    """The id of the user with this address and password, or None; a refusal leaves an audit entry of its own.

    Unknown, suspended and mistaken are told apart in the log only: the answer and its time are the same. The session
    is rolled back first, so that nobody holds a connection while the password is worked on. Who has tried too often
    hears TooManyTries before any work is done; ``device`` is the bucket of a device the person signed in on before.
    """
    spent = _spend_a_try(session, email, device, by)
    known = session.execute(CREDENTIALS.where(User.email == email)).one_or_none()
    session.rollback()
    right = passwords.matches(known and known.password_hash, password)
    if right and known.status == UserStatus.ACTIVE:
        throttles.refund(session, spent)
        _renew_hash(session, known, password)
        return known.id
    cause = "unknown" if known is None else "not_active" if right else "wrong_password"
    who = replace(by, clinic_id=None)
    note_refusal(session, "sign_ins.prove", by=who, resource=("users", known and known.id), details={"cause": cause})
    return None


def _spend_a_try(session, email, device, by):
    account = throttles.SIGN_IN_ACCOUNT.of(email)
    address = throttles.SIGN_IN_ADDRESS.of(throttles.network(by.ip_address))
    buckets = [device] if device else [account, address, throttles.SIGN_IN_EVERYBODY.of()]
    try:
        return throttles.spend(session, *buckets)
    except throttles.TooManyTries:
        throttles.note_once(session, "sign_ins.prove", buckets[0], by=replace(by, clinic_id=None))
        raise


def _renew_hash(session, known, password):
    if passwords.is_outdated(known.password_hash):
        session.execute(
            sa.update(User)
            .where(User.id == known.id, User.password_hash == known.password_hash)
            .values(password_hash=passwords.hash_again(password))
        )


def live_session(session, token_hash):
    """The sign-in with this token, locked until the transaction ends; None where it has been revoked."""
    return session.scalars(
        sa.select(UserSession)
        .where(UserSession.token_hash == token_hash, UserSession.revoked_at.is_(None))
        .with_for_update()
    ).one_or_none()


@action
def open_session(session, *, by, user_id, clinic_id, token_hash, hours):
    """Sign the person in on this device, in a clinic or (None) none yet, for so many hours at most."""
    # By the database's clock: a link to a new password ends with the sign-in that came after it.
    opened = UserSession(
        created_at=sa.func.now(), user_id=user_id, clinic_id=clinic_id, token_hash=token_hash,
        device=(by.user_agent or "")[:DEVICE_LENGTH],
        ip_address=by.ip_address, last_seen_at=now(), expires_at=now() + timedelta(hours=hours),
    )  # fmt: skip
    session.add(opened)
    return opened


def sign_in(session, user_id, clinic_id, token_hash, hours, *, by, replaces=None):
    """Open a session for the person, named in its audit entry; the device's former one ends."""
    who = replace(by, user_id=user_id, clinic_id=clinic_id)
    former = live_session(session, replaces) if replaces else None
    if former is not None:
        former.revoked_at = now()
    return open_session(session, by=who, user_id=user_id, clinic_id=clinic_id, token_hash=token_hash, hours=hours)


@action
def enter(signed_in, clinic_id, token_hash, *, by):
    """Go on in another clinic with a new token; the old one is worth nothing from now on."""
    signed_in.clinic_id = clinic_id
    signed_in.token_hash = token_hash
    return signed_in


@action
def sign_out(signed_in, *, by):
    """End the session for good."""
    signed_in.revoked_at = now()
    return signed_in


@action
def end(signed_in, *, by):
    """End one of one's other sign-ins."""
    signed_in.revoked_at = now()
    return signed_in


@action
def disown(signed_in, *, by, kept_session):
    """Say that somebody else signed in: this one and every other sign-in ends, but for the one that says so."""
    signed_in.revoked_at = now()
    end_others(object_session(signed_in), signed_in.user_id, kept_session)
    return signed_in


@action
def end_elsewhere(signed_in, *, by):
    """End every other sign-in of the person's."""
    end_others(object_session(signed_in), signed_in.user_id, signed_in.token_hash)
    return signed_in


def end_others(session, user_id, kept=None):
    """End every live session of the person but one."""
    session.execute(
        sa.update(UserSession)
        .where(
            UserSession.user_id == user_id,
            UserSession.revoked_at.is_(None),
            UserSession.token_hash != (kept or b""),
        )
        .values(revoked_at=now()),
        execution_options={"synchronize_session": False},
    )
