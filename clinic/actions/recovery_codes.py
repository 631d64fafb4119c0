"""Recovery codes: ten for the day the phone is lost, shown once, kept as hashes, each good once."""

import base64
import re
import secrets

import sqlalchemy as sa
from sqlalchemy.orm import object_session

from clinic import jobs
from clinic.actions.acting import Refused, action, note_refusal
from clinic.actions.tokens import hash_token
from clinic.models.accounts import User
from clinic.models.factors import RecoveryCode

COUNT = 10
# 80 random bits are sixteen letters and digits, in groups that can be read aloud.
RANDOM_BYTES, GROUP = 10, 4
# What people read for a letter that looks like it; none of these is in the codes' alphabet.
LOOK_ALIKE = str.maketrans("018", "OIB")
NO_LETTER = re.compile(r"[^A-Z2-7]")


def new_code():
    """A code nobody can guess, as it is printed."""
    letters = base64.b32encode(secrets.token_bytes(RANDOM_BYTES)).decode()
    return "-".join(letters[start : start + GROUP] for start in range(0, len(letters), GROUP))


def hash_code(typed):
    """What the database keeps of a code, however it was typed."""
    return hash_token(NO_LETTER.sub("", typed.upper().translate(LOOK_ALIKE)))


@action
def write(user, codes, *, by):
    """Let these codes, and no former one, stand in for the person's second factor."""
    session = object_session(user)
    if user.mfa_enabled_at is None:
        raise Refused("Set up an app or a passkey first.")
    forget(session, user.id)
    session.add_all(RecoveryCode(user_id=user.id, code_hash=hash_code(code)) for code in codes)
    return user


def renew(user, *, by):
    """Ten new codes in place of all former ones; returned this once and never to be read again."""
    codes = [new_code() for _ in range(COUNT)]
    write(user, codes, by=by)
    return codes


def forget(session, user_id):
    """Let no recovery code of the person work any more."""
    session.execute(
        sa.delete(RecoveryCode).where(RecoveryCode.user_id == user_id),
        execution_options={"synchronize_session": False},
    )


def use(session, user_id, typed, *, by):
    """Whether the code was one of the person's and unused until now; a wrong one leaves an audit entry."""
    taken = session.execute(
        sa.update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user_id, RecoveryCode.code_hash == hash_code(typed), RecoveryCode.used_at.is_(None)
        )
        .values(used_at=sa.func.now())
        .returning(RecoveryCode.id),
        execution_options={"synchronize_session": False},
    ).scalar_one_or_none()  # fmt: skip
    if taken is None:
        what = {"cause": "wrong_recovery_code"}
        note_refusal(session, "recovery_codes.use", by=by, resource=("users", user_id), details=what)
        return False
    note_use(session.get(User, user_id), by=by)
    return True


@action
def note_use(user, *, by):
    """Remember that a recovery code was used, and tell the person; who has one waits for no reset."""
    user.factors_reset_at = None
    jobs.put(object_session(user), "factors.tell_code_used", user_id=user.id)
    return user
