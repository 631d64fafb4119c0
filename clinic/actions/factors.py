"""Second factors: an app that shows codes, and what happens to sessions when what somebody has changes."""

import hmac
import re
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace

import pyotp
import sqlalchemy as sa
from sqlalchemy.orm import object_session

from clinic import jobs, keyring
from clinic.actions import recovery_codes, sign_ins, throttles
from clinic.actions.acting import Refused, action, note_refusal
from clinic.db import word
from clinic.models.accounts import User
from clinic.models.factors import Passkey

SECONDS = 30  # how long a code is shown, counted by the database's clock
STEPS = (0, -1, 1)  # an app's clock may be half a minute off either way
RESET_HOURS = 24
SECRET = {"table": "users", "column": "mfa_secret_encrypted"}
DUE = (User.factors_reset_at <= sa.func.now()).label("due")
WRONG_CODE = word("This code is not right, or was used already. Wait for the next one and type that.")


@action
def begin_app(user, *, by):
    """Make a secret for an app to keep; it counts once the app has shown that it has it."""
    if user.totp_last_step is not None:
        raise Refused("An app is set up already. Remove it first.")
    user.mfa_secret_encrypted = keyring.seal(pyotp.random_base32().encode(), row_id=user.id, **SECRET)
    return user


@contextmanager
def throttled(session, user_id, device=None, *, by):
    """Let somebody try one proof of a factor, or raise TooManyTries; ``right`` says how it went.

    ``device`` is the bucket of a device on which the person was let in before: its tries count apart, so that nobody
    who learns a password keeps its owner out by guessing elsewhere. What the session did before is undone. A right try
    is given back in the same transaction that lets them in.
    """
    whose = (user_id, device.key_hash.hex()) if device else (user_id,)
    buckets = [limit.of(*whose) for limit in throttles.FACTORS]
    try:
        spent = throttles.spend(session, *buckets)
    except throttles.TooManyTries:
        throttles.note_once(session, "factors.use_code", buckets[0], by=by, resource=("users", user_id))
        raise
    tried = SimpleNamespace(right=False)
    yield tried
    for kind, key_hash, started_at in spent if tried.right else ():
        session.execute(throttles.REFUND, {"kind": kind, "key": key_hash, "started": started_at})


def secret_of(user):
    """The secret an app needs, in base32, or None where none was made."""
    kept = user.mfa_secret_encrypted
    return keyring.open_sealed(kept, row_id=user.id, **SECRET).decode() if kept else None


@action
def confirm_app(user, code, *, by, kept_session):
    """Count the app from now on: it has just shown a right code. Every other sign-in of the person ends."""
    session = object_session(user)
    if user.totp_last_step is not None or not user.mfa_secret_encrypted:
        raise Refused("Begin again: there is nothing to confirm.")
    if not _take_step(session, user, code):
        raise Refused(WRONG_CODE, field="code")
    return changed(user, kept_session)


@action
def remove_app(user, *, by, kept_session=None):
    """Let the app count no more; with the last factor its recovery codes go. Other sign-ins end."""
    user.mfa_secret_encrypted = user.totp_last_step = None
    return changed(user, kept_session)


def use_code(session, user_id, code, *, by):
    """Whether the app shows this code now and it was not used before; a wrong one leaves an audit entry."""
    user = session.get(User, user_id, populate_existing=True)
    if user.totp_last_step is not None and _take_step(session, user, code):
        note_use(user, by=by)
        return True
    what = {"cause": "wrong_code"}
    note_refusal(session, "factors.use_code", by=by, resource=("users", user_id), details=what)
    return False


@action
def note_use(user, *, by):
    """Remember that the app's code was used; who has it waits for no reset."""
    user.factors_reset_at = None
    return user


def may_reset(user, *, by):
    """Raise Refused where this administrator cannot reset this colleague's factors."""
    if user.id == by.user_id:
        raise Refused("Nobody resets their own second step; ask another administrator.")
    if user.mfa_enabled_at is None:
        raise Refused("They have no second step to reset.")


@action
def ask_reset(user, *, by):
    """Let a colleague sign in without their factors in 24 hours, unless they use one before; sign them out now."""
    may_reset(user, by=by)
    session = object_session(user)
    user.factors_reset_at = sa.func.now() + timedelta(hours=RESET_HOURS)
    sign_ins.end_others(session, user.id)
    jobs.put(session, "factors.tell_reset", user_id=user.id)
    return user


@action
def cancel_reset(user, *, by):
    """Keep what the person has; they have it still."""
    user.factors_reset_at = None
    return user


@action
def reset(user, *, by):
    """Forget every factor of the person and end their sign-ins; only the password is asked for from now on."""
    session = object_session(user)
    session.execute(
        sa.delete(Passkey).where(Passkey.user_id == user.id), execution_options={"synchronize_session": False}
    )
    user.mfa_secret_encrypted = user.totp_last_step = user.factors_reset_at = None
    return changed(user, None)


def reset_now(user, *, by):
    """Forget every factor of the person at once; for the operator, who has seen who asks."""
    may_reset(user, by=by)
    return reset(user, by=by)


def asked_at_sign_in(session, user_id, *, by):
    """Whether signing in asks for a second step; what an administrator reset a day ago is forgotten first."""
    row = session.execute(
        sa.select(User.mfa_enabled_at.is_not(None).label("has_one"), DUE).where(User.id == user_id)
    ).one()
    if row.has_one and row.due:
        # Of two sign-ins at once one forgets the factors, and the other finds none.
        user = session.scalars(sa.select(User).where(User.id == user_id, DUE).with_for_update()).one_or_none()
        if user is not None:
            reset(user, by=by)
        return False
    return row.has_one


def changed(user, kept_session):
    """What follows from having other factors than before: since when there is one, other sign-ins, a mail."""
    session = object_session(user)
    session.flush()
    left = user.mfa_secret_encrypted is not None and user.totp_last_step is not None
    left = left or session.scalar(sa.select(sa.exists().where(Passkey.user_id == user.id)))
    if left:
        user.mfa_enabled_at = user.mfa_enabled_at or sa.func.now()
    else:
        user.mfa_enabled_at = None
        recovery_codes.forget(session, user.id)
    sign_ins.end_others(session, user.id, kept_session)
    jobs.put(session, "factors.tell", user_id=user.id)
    return user


def _same(code, typed):
    return hmac.compare_digest(code.encode(), typed.encode())


def _take_step(session, user, code):
    """Take the half-minute whose code this is for good; False where it is no code of now, or was taken before."""
    typed = re.sub(r"\s", "", code)
    moment = int(session.scalar(sa.select(sa.func.extract("epoch", sa.func.clock_timestamp()))) // SECONDS)
    app = pyotp.TOTP(secret_of(user))
    steps = [moment + each for each in STEPS if _same(app.generate_otp(moment + each), typed)]
    if not steps:
        return False
    taken = session.execute(
        sa.update(User)
        .where(User.id == user.id, sa.or_(User.totp_last_step.is_(None), User.totp_last_step < max(steps)))
        .values(totp_last_step=max(steps))
        .returning(User.id),
        execution_options={"synchronize_session": False},
    ).scalar_one_or_none()
    session.refresh(user)
    return taken is not None
