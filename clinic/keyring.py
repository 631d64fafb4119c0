"""The key ring: secrets that must be read again are kept encrypted, each for its own row, under keys that change."""

import base64
import binascii
import re
import secrets
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask, current_app

FORM = 1  # the first byte of a kept secret: which of our forms it has
KEY_BYTES = 32
NONCE_BYTES = 12
KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,32}")
ROW_ID = re.compile(r"[A-Za-z0-9._:-]{1,200}")


class KeyringError(Exception):
    """A secret could not be sealed or opened; never says what it was."""


class NoKeys(KeyringError):
    """There is no key to seal with."""


class UnknownKey(KeyringError):
    """What is kept names a key that the ring does not have."""


class BrokenSeal(KeyringError):
    """What is kept was changed, or moved here from another row, column or clinic."""


class BadKeys(ValueError):
    """SECRET_KEYS cannot be read; the message says what is wrong with it, without showing a key."""


@dataclass(frozen=True)
class SealedColumn:
    """A column that holds sealed secrets, and the columns that say whose they are."""

    table: str
    column: str
    row_id: str = "id"
    clinic_id: str | None = None


# Every column of the database whose name ends in _encrypted; `flask keys rotate` walks them.
SEALED = (
    SealedColumn("users", "mfa_secret_encrypted"),
    SealedColumn("integrations", "api_key_encrypted", clinic_id="clinic_id"),
    SealedColumn("idempotency_keys", "answer_encrypted"),
    SealedColumn("kept_forms", "fields_encrypted"),
    SealedColumn("visit_links", "token_encrypted", clinic_id="clinic_id"),
    SealedColumn("slot_offers", "token_encrypted", clinic_id="clinic_id"),
    SealedColumn("busy_sources", "address_encrypted", clinic_id="clinic_id"),
)


class KeyRing:
    """Keys by their ids: the first seals, every one opens. AES-256-GCM with a random nonce, so 2³² secrets a key."""

    def __init__(self, keys: dict[str, bytes]):
        self.current = next(iter(keys), None)
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}

    @property
    def ids(self) -> set[str]:
        """The ids of all its keys."""
        return set(self._ciphers)

    @classmethod
    def parse(cls, text: str) -> "KeyRing":
        """Read ``id:base64key`` entries, separated by commas or lines; raises BadKeys."""
        keys: dict[str, bytes] = {}
        for entry in text.replace(",", " ").split():
            key_id, colon, encoded = entry.partition(":")
            if not colon or not KEY_ID.fullmatch(key_id):
                raise BadKeys("Every key of SECRET_KEYS is written as id:base64; `flask keys new` prints one.")
            if key_id in keys:
                raise BadKeys(f"SECRET_KEYS has the id {key_id} twice.")
            keys[key_id] = _decoded(key_id, encoded)
        return cls(keys)

    def seal(
        self, plain: bytes, *, table: str, column: str, row_id: UUID | str, clinic_id: UUID | None = None
    ) -> bytes:
        """Encrypt `plain` with the current key for this one row; raises NoKeys."""
        if self.current is None:
            raise NoKeys("SECRET_KEYS is not set, so no secret can be kept. `flask keys new` prints a key for it.")
        nonce = secrets.token_bytes(NONCE_BYTES)
        bound = _bound_to(table, column, clinic_id, row_id, self.current)
        return self.prefix + nonce + self._ciphers[self.current].encrypt(nonce, plain, bound)

    def open_sealed(
        self, kept: bytes, *, table: str, column: str, row_id: UUID | str, clinic_id: UUID | None = None
    ) -> bytes:
        """Decrypt what `seal` made for the same row; raises UnknownKey or BrokenSeal."""
        key_id, rest = _read_prefix(bytes(kept))
        if key_id not in self._ciphers:
            raise UnknownKey(f"A secret in {table}.{column} was sealed with the key {key_id!r}, not in SECRET_KEYS.")
        nonce, sealed = rest[:NONCE_BYTES], rest[NONCE_BYTES:]
        try:
            return self._ciphers[key_id].decrypt(nonce, sealed, _bound_to(table, column, clinic_id, row_id, key_id))
        except (InvalidTag, ValueError):
            raise BrokenSeal(f"A secret in {table}.{column} was changed or comes from another row.") from None

    @property
    def prefix(self) -> bytes:
        """How everything begins that the current key sealed."""
        key_id = (self.current or "").encode()
        return bytes([FORM, len(key_id)]) + key_id


def seal(plain: bytes, *, table: str, column: str, row_id: UUID | str, clinic_id: UUID | None = None) -> bytes:
    """Encrypt `plain` for this one row of a column of SEALED, with the application's current key; raises NoKeys."""
    _registered(table, column)
    return ring().seal(plain, table=table, column=column, row_id=row_id, clinic_id=clinic_id)


def open_sealed(kept: bytes, *, table: str, column: str, row_id: UUID | str, clinic_id: UUID | None = None) -> bytes:
    """Decrypt what `seal` made for the same row; raises UnknownKey or BrokenSeal."""
    _registered(table, column)
    return ring().open_sealed(kept, table=table, column=column, row_id=row_id, clinic_id=clinic_id)


def ring() -> KeyRing:
    """The running application's key ring."""
    return current_app.extensions["keyring"]


def new_key(today: date) -> str:
    """A fresh key as SECRET_KEYS takes it; its id tells the day it was made."""
    key = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    return f"{today.isoformat()}-{secrets.token_hex(2)}:{key}"


def init_app(app: Flask):
    """Give the application its key ring; one that is reached by https does not start without a key."""
    keys = KeyRing.parse(app.config["SECRET_KEYS"])
    if app.config["HTTPS"] and keys.current is None:
        raise BadKeys("HTTPS is on and SECRET_KEYS is not set. Put in it what `HTTPS=0 flask keys new` prints.")
    app.extensions["keyring"] = keys


def _decoded(key_id, encoded):
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise BadKeys(f"The key {key_id} of SECRET_KEYS is not {KEY_BYTES} bytes in base64.")
    return key


def _bound_to(table, column, clinic_id, row_id, key_id):
    """What a secret is tied to. The key's id is in it too: an old key cannot be passed off as a new one."""
    row = str(row_id)
    if not ROW_ID.fullmatch(row):
        raise ValueError("a row's id is a plain word")
    return "|".join((table, column, str(clinic_id or ""), row, key_id)).encode()


def _read_prefix(kept):
    """The key's id and everything after it."""
    if len(kept) < 2 or kept[0] != FORM:
        raise BrokenSeal("This was not sealed by us.")
    end = 2 + kept[1]
    return kept[2:end].decode("ascii", "replace"), kept[end:]


def _registered(table, column):
    if not any((each.table, each.column) == (table, column) for each in SEALED):
        raise LookupError(
            f"{table}.{column} does not stand in SEALED of clinic/keyring.py, so it would never be rotated"
        )
