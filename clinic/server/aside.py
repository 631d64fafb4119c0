"""`python -m clinic.server flask …`: one of the product's commands on the trial's database, whether it runs or not."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from clinic.server import roles
from clinic.server.embedded import EmbeddedServer
from clinic.server.errors import ServerError
from clinic.server.home import data_home, documents_url, secret_key, secret_keys
from clinic.server.lock import FolderLock
from clinic.server.outside import outside_environment


def run_aside(command: list[str], checkout: Path) -> int:
    """Run the command with every address and key that `make run` gives its own processes; return its exit code.

    It also gets the superuser's address, which nothing that serves people ever has: a backup has to see every row.
    """
    home = data_home(checkout, os.environ)
    keys = {
        "SECRET_KEY": os.environ.get("SECRET_KEY") or secret_key(home),
        "SECRET_KEYS": os.environ.get("SECRET_KEYS") or secret_keys(home),
        "DOCUMENTS_URL": documents_url(home, os.environ),
    }
    with _addresses(home) as addresses:
        return subprocess.run(command, env={**os.environ, **addresses, **keys}, cwd=checkout, check=False).returncode


@contextlib.contextmanager
def _addresses(home: Path) -> Iterator[dict[str, str]]:
    if os.environ.get("DATABASE_URL"):
        yield outside_environment(os.environ)
        return
    server = EmbeddedServer(home)
    if _runs(home):
        server.join()
        yield _all_of(server)
        return
    with server:
        yield _all_of(server)


def _all_of(server):
    return {**server.environment(), "DATABASE_BACKUP_URL": server.url(roles.SUPERUSER)}


def _runs(home: Path) -> bool:
    """Say whether somebody holds the folder: then their server is the one to use."""
    home.mkdir(parents=True, exist_ok=True, mode=0o755)
    lock = FolderLock(home)
    try:
        lock.take()
    except ServerError:
        return True
    lock.release()
    return False
