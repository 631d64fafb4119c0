"""Database servers for tests: real ones, made for the occasion and gone afterwards."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask_migrate import upgrade

from clinic.server import EmbeddedServer


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield a new folder that every system user may enter (pytest's own are for their maker alone)."""
    folder = Path(tempfile.mkdtemp(prefix="clinic-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def scratch_server() -> Iterator[EmbeddedServer]:
    """Yield a running embedded server with the three roles and an empty database."""
    with scratch_folder() as folder, EmbeddedServer(folder, durable=False) as server:
        yield server


def migrated(app) -> None:
    """Bring the application's database to the newest migration."""
    with app.app_context():
        upgrade()
