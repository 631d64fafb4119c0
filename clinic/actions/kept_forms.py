"""Nothing typed is lost: a form sent after its sign-in ended, or grew old, is kept until its sender is back."""

import json
import re
from datetime import timedelta

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from clinic import keyring
from clinic.actions.acting import in_its_own_transaction
from clinic.db import now
from clinic.models.accounts import UserSession
from clinic.models.kept_forms import KeptForm

KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]+")
HOURS = 1
MOST = 5  # of one person at a time
WORTH_KEEPING = timedelta(hours=12)


def keep(session, token_hash, path, fields):
    """Keep what was sent with a sign-in that has run out by itself, or asks for a fresh proof; True if it is kept.

    ``fields`` are (name, value) pairs. A sign-in that was ended on purpose, or long ago, keeps nothing.
    """
    with in_its_own_transaction(session) as own:
        ended = own.scalars(
            sa.select(UserSession).where(
                UserSession.token_hash == token_hash, UserSession.revoked_at.is_(None),
                UserSession.awaits_factor.is_(False), UserSession.last_seen_at > now() - WORTH_KEEPING,
            )
        ).one_or_none()  # fmt: skip
        if ended is None or ended.clinic_id is None or len(waiting(own, ended.user_id)) >= MOST:
            return False
        kept = KeptForm(
            id=uuid7(), user_id=ended.user_id, clinic_id=ended.clinic_id, path=path,
            expires_at=now() + timedelta(hours=HOURS),
        )  # fmt: skip
        kept.fields_encrypted = keyring.seal(
            json.dumps(list(fields)).encode(), table="kept_forms", column="fields_encrypted", row_id=kept.id
        )
        own.add(kept)
    return True


def waiting(session, user_id):
    """The person's kept forms that have not run out, oldest first."""
    return session.scalars(
        sa.select(KeptForm).where(KeptForm.user_id == user_id, KeptForm.expires_at > now()).order_by(KeptForm.id)
    ).all()


def fields_of(kept):
    """The (name, value) pairs of a kept form."""
    plain = keyring.open_sealed(kept.fields_encrypted, table="kept_forms", column="fields_encrypted", row_id=kept.id)
    return [tuple(each) for each in json.loads(plain)]


def words_among(fields):
    """What of the fields a person typed or chose in words, to recognise the form by; no keys, no ids."""
    return [value for name, value in fields if value.strip() and name != "next" and not KEY.fullmatch(value)]


def forget(session, user_id):
    """Throw the person's kept forms away: they were sent again, or are not wanted."""
    session.execute(
        sa.delete(KeptForm).where(KeptForm.user_id == user_id), execution_options={"synchronize_session": False}
    )
