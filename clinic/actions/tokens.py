"""Tokens of sessions and links: the person holds the token, the database only its hash."""

import base64
import hashlib
import secrets
from uuid import UUID


def new_token() -> str:
    """A token nobody can guess: 256 random bits."""
    return secrets.token_urlsafe(32)


def new_clinics_token(clinic_id: UUID) -> str:
    """A token nobody can guess that names its clinic, so that only that one is looked through: 128 random bits.

    As long as any other: 43 characters.
    """
    return base64.urlsafe_b64encode(clinic_id.bytes + secrets.token_bytes(16)).rstrip(b"=").decode()


def clinic_of(token: str) -> UUID | None:
    """The clinic that a token names, or None where it was not made by ``new_clinics_token``."""
    try:
        read = base64.b64decode(token + "=", altchars=b"-_", validate=True)
    except ValueError:
        return None
    return UUID(bytes=read[:16]) if len(token) == 43 and len(read) == 32 else None


def hash_token(token: str) -> bytes:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).digest()
