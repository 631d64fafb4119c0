"""Passwords: how they are kept, compared and judged. Slow on purpose, so only so many are worked on at once."""

import os
import unicodedata
from base64 import b64encode
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from clinic.actions.acting import Refused

MIN_LENGTH = 12
# Bytes; longer input is turned away before anything is computed over it.
MAX_BYTES = 1024
# Of zxcvbn's 0 to 4; judged by its beginning, since the work grows with the square of its length.
LEAST_SCORE = 3
MOST_JUDGED = 72

HASHER = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)
# Each computation takes 46 MiB and a whole processor; more at once would only starve the rest of the clinic.
TURN = BoundedSemaphore(max(2, os.cpu_count() or 2))


def _nobodys():
    salt, digest = (b64encode(bytes(size)).decode().rstrip("=") for size in (16, 32))
    cost = f"m={HASHER.memory_cost},t={HASHER.time_cost},p={HASHER.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${digest}"


# Compared where there is no such user, so that the answer takes as long as for one there is.
NOBODYS = _nobodys()


def hash_password(password: str, *about: str | None) -> str:
    """What the database keeps of a password; refuses one that is too short, too long or easy to guess.

    ``about`` is what a guesser may know of the person: their address and names.
    """
    if len(password) < MIN_LENGTH:
        raise Refused("The password must have at least %(count)s characters.", field="password", count=MIN_LENGTH)
    if _too_long(password):
        raise Refused("The password is too long.", field="password")
    if is_easy_to_guess(password, *about):
        raise Refused("This password is easy to guess. Choose another one.", field="password")
    return hash_again(password)


def is_easy_to_guess(password: str, *about: str | None) -> bool:
    """Whether somebody with a list of common passwords, words and names would find it within some 10^8 guesses."""
    known = [part for word in about if word for part in (word, *word.split("@"))]
    return zxcvbn(password[:MOST_JUDGED], user_inputs=known, max_length=MOST_JUDGED)["score"] < LEAST_SCORE


def hash_again(password: str) -> str:
    """A new hash of a password somebody has already; not judged again."""
    with TURN:
        return HASHER.hash(_plain(password))


def matches(kept: str | None, password: str) -> bool:
    """Whether the password is the kept one; takes the same time where nothing is kept."""
    typed = "" if _too_long(password) else _plain(password)
    try:
        with TURN:
            return HASHER.verify(kept or NOBODYS, typed) and bool(kept)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Whether the hash was made at other costs than today's and should be made anew, now that the password is known."""
    return HASHER.check_needs_rehash(kept)


def _too_long(password):
    return len(password.encode()) > MAX_BYTES


def _plain(password):
    # The same characters typed on another keyboard may arrive composed differently.
    return unicodedata.normalize("NFKC", password)
