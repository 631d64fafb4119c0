"""Screens that nobody signs in to: giving one a code, and taking it away again."""

import secrets

from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic.actions.acting import Refused, action
from clinic.actions.tokens import hash_token
from clinic.clock import now
from clinic.models.screens import Screen, ScreenKind
from clinic.queries.screens import live_screens

# Letters and digits that nobody takes for another; twelve of them are some sixty random bits.
LETTERS, LENGTH = "ABCDEFGHJKMNPQRSTVWXYZ23456789", 12
MOST = 50


def new_code() -> str:
    """A code that can be typed with the remote control of a television, and not be guessed."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def hash_code(code: str) -> bytes:
    """What is kept of a code: however it was typed, with or without spaces and dashes."""
    return hash_token("".join(letter for letter in code.upper() if letter.isalnum()))


@action
def add(session, *, by, kind, name, code_hash):
    """Let a screen show what its kind shows, to whoever knows the code."""
    if len(live_screens(session)) >= MOST:
        raise Refused("There are %(most)s screens already. Revoke one that is not used any more.", most=MOST)
    screen = Screen(clinic_id=by.clinic_id, id=uuid7(), kind=ScreenKind(kind), name=name, code_hash=code_hash)
    session.add(screen)
    return screen


@action
def revoke(screen, *, by):
    """The code is worth nothing from now on; it cannot be given back."""
    object_session(screen).refresh(screen, with_for_update=True)
    if screen.revoked_at:
        raise Refused("This screen is revoked already.")
    screen.revoked_at = now()
    return screen
