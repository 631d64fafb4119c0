"""Passkeys: what a person's device keeps and signs with, after WebAuthn; the checking is the webauthn package's."""

import json
import secrets
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
import webauthn
from sqlalchemy.orm import object_session
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from clinic.actions import factors
from clinic.actions.acting import Refused, action, in_its_own_transaction, note_refusal
from clinic.models.accounts import User, UserSession
from clinic.models.factors import Passkey

CHALLENGE_MINUTES = 5
CHALLENGE_BYTES = 32
MOST = 20
NOT_TAKEN = "The passkey could not be checked. Try again, and confirm it on your device."
VERIFIED = UserVerificationRequirement.REQUIRED


@dataclass(frozen=True, slots=True)
class Site:
    """Where passkeys are good: the name people see, the host they are bound to, and the exact origin."""

    name: str
    host: str
    origin: str


def ask_to_add(session, session_id, user, site):
    """What the browser needs to make a passkey, as JSON; its challenge is good once, for five minutes, here only."""
    known = session.scalars(sa.select(Passkey.credential_id).where(Passkey.user_id == user.id)).all()
    options = webauthn.generate_registration_options(
        rp_id=site.host, rp_name=site.name, user_name=user.email, user_id=user.id.bytes, user_display_name=user.name,
        challenge=_new_challenge(session, session_id), timeout=CHALLENGE_MINUTES * 60_000,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=VERIFIED
        ),
    )  # fmt: skip
    return webauthn.options_to_json(options)


def ask_to_sign(session, session_id, user_id, site):
    """What the browser needs to sign with one of the person's passkeys, as JSON."""
    known = session.scalars(sa.select(Passkey.credential_id).where(Passkey.user_id == user_id)).all()
    options = webauthn.generate_authentication_options(
        rp_id=site.host, challenge=_new_challenge(session, session_id), timeout=CHALLENGE_MINUTES * 60_000,
        allow_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known], user_verification=VERIFIED,
    )  # fmt: skip
    return webauthn.options_to_json(options)


def take_challenge(session, session_id):
    """The challenge of this session where it is not too old, or None; gone whatever comes of it."""
    own_row = UserSession.id == session_id
    with in_its_own_transaction(session) as own:
        asked = sa.select(UserSession.challenge).where(own_row, UserSession.challenge_expires_at > sa.func.now())
        challenge = own.scalar(asked.with_for_update())
        own.execute(sa.update(UserSession).where(own_row).values(challenge=None, challenge_expires_at=None))
    return challenge


@action
def add(user, answer, *, by, name, challenge, site, kept_session):
    """Let this passkey prove who the person is; every other sign-in of theirs ends."""
    session = object_session(user)
    session.refresh(user, with_for_update=True)
    made = _checked(_made, answer, challenge, site)
    if made is None:
        raise Refused(NOT_TAKEN)
    held = session.scalars(sa.select(Passkey.user_id).where(Passkey.credential_id == made.credential_id)).first()
    if held:
        raise Refused("This passkey is set up already.")
    if session.scalar(sa.select(sa.func.count()).where(Passkey.user_id == user.id)) >= MOST:
        raise Refused("You have as many passkeys as one can have. Remove one first.")
    session.add(
        Passkey(user_id=user.id, name=name, credential_id=made.credential_id, public_key=made.credential_public_key,
                sign_count=made.sign_count)
    )  # fmt: skip
    return factors.changed(user, kept_session)


@action
def remove(passkey, *, by, kept_session=None):
    """Let this passkey count no more; with the last factor the recovery codes go. Other sign-ins end."""
    session = object_session(passkey)
    user = session.get(User, passkey.user_id, with_for_update=True)
    session.delete(passkey)
    factors.changed(user, kept_session)
    return passkey


def use(session, user_id, answer, *, by, challenge, site):
    """Whether one of the person's passkeys signed the challenge; a wrong answer leaves an audit entry."""
    passkey = _named(session, user_id, answer)
    used = passkey and _checked(_signed, answer, challenge, site, passkey)
    if used and _counted(session, passkey, used.new_sign_count):
        note_use(session.get(User, user_id), by=by)
        return True
    what = {"cause": "wrong_passkey" if passkey else "unknown_passkey"}
    note_refusal(session, "passkeys.use", by=by, resource=("users", user_id), details=what)
    return False


@action
def note_use(user, *, by):
    """Remember that a passkey was used; who has it waits for no reset."""
    user.factors_reset_at = None
    return user


def _new_challenge(session, session_id):
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    until = sa.func.now() + timedelta(minutes=CHALLENGE_MINUTES)
    session.execute(
        sa.update(UserSession)
        .where(UserSession.id == session_id)
        .values(challenge=challenge, challenge_expires_at=until),
        execution_options={"synchronize_session": False},
    )
    return challenge


def _checked(check, answer, challenge, *more):
    """The checked answer, or None; whatever a stranger's bytes make the checking trip over is a wrong answer."""
    if not challenge:
        return None
    try:
        return check(answer, challenge, *more)
    except Exception:
        return None


def _made(answer, challenge, site):
    return webauthn.verify_registration_response(
        credential=answer, expected_challenge=challenge, expected_rp_id=site.host, expected_origin=site.origin,
        require_user_verification=True,
    )  # fmt: skip


def _signed(answer, challenge, site, passkey):
    return webauthn.verify_authentication_response(
        credential=answer, expected_challenge=challenge, expected_rp_id=site.host, expected_origin=site.origin,
        credential_public_key=passkey.public_key, credential_current_sign_count=passkey.sign_count,
        require_user_verification=True,
    )  # fmt: skip


def _named(session, user_id, answer):
    """The passkey that the answer says it comes from, where the person has it."""
    try:
        credential_id = base64url_to_bytes(json.loads(answer)["id"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return session.scalars(
        sa.select(Passkey).where(Passkey.user_id == user_id, Passkey.credential_id == credential_id)
    ).one_or_none()


def _counted(session, passkey, count):
    """Take the signature's number for good; of two with the same number, where the device counts, one is a copy."""
    newer = sa.or_(Passkey.sign_count < count, sa.and_(Passkey.sign_count == 0, count == 0))
    return session.execute(
        sa.update(Passkey)
        .where(Passkey.id == passkey.id, newer)
        .values(sign_count=count, last_used_at=sa.func.now())
        .returning(Passkey.id),
        execution_options={"synchronize_session": False},
    ).scalar_one_or_none()
