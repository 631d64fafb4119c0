"""Where one checkout keeps what it must not lose: the database, the files, the key of its cookies, and its key ring."""

import base64
import hashlib
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

SYSTEM_HOMES = Path("/var/lib/clinic")


def data_home(checkout: Path, given: Mapping[str, str]) -> Path:
    """Return the data folder of `checkout`: CLINIC_DATA_HOME, or `instance/`, or for root one in /var/lib.

    Root's is outside the checkout because PostgreSQL works there as another user, who often may not enter the
    checkout; to let that user in would loosen folders that are not ours.
    """
    if chosen := given.get("CLINIC_DATA_HOME"):
        return Path(chosen).absolute()
    if os.geteuid() == 0:
        return SYSTEM_HOMES / hashlib.sha256(str(checkout).encode()).hexdigest()[:12]
    return checkout / "instance"


def secret_key(home: Path) -> str:
    """Return the key that signs cookies and forms, the same for every process and every start of this checkout."""
    return _kept(home / "secret-key", lambda: secrets.token_hex(32))


def secret_keys(home: Path) -> str:
    """Return the key ring that encrypts secrets in the database, as SECRET_KEYS takes it; the newest key stands first.

    The file may be edited: a new key goes on a line above the old one, until nothing is left under the old one.
    """
    return _kept(home / "secret-keys", lambda: f"trial:{base64.b64encode(secrets.token_bytes(32)).decode()}")


def documents_url(home: Path, given: Mapping[str, str]) -> str:
    """Return where files are kept, as DOCUMENTS_URL takes it: what is given, otherwise a folder beside the database."""
    return given.get("DOCUMENTS_URL") or (home / "documents").as_uri()


def _kept(file: Path, make: Callable[[], str]) -> str:
    """Return what `file` holds, readable by its owner only; made on the first start."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        unfinished = file.with_suffix(f".{os.getpid()}")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(make())
        unfinished.rename(file)
    return file.read_text()
