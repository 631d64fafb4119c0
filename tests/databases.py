"""Database servers for tests: real ones, made for the occasion and gone afterwards."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from flask_migrate import upgrade
from sqlalchemy import text

from clinic import create_app
from clinic.config import Config
from clinic.db import db
from clinic.server import EmbeddedServer
from clinic.server.binaries import Binaries
from tests.machine import debian_postgres


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


# Migrated once on each server; the databases of tests are copies of it.
MIGRATED = "migrated"


@contextmanager
def migrated_database(server) -> Iterator[dict[str, str]]:
    """Yield the addresses of a new database with the newest schema and nothing in it."""
    with server.connect("postgres", "postgres") as connection:
        there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (MIGRATED,)).fetchone()
        if not there:
            connection.execute(f"CREATE DATABASE {MIGRATED} OWNER clinic_owner")
            migrated(create_app(Config(**_addresses(server, MIGRATED), SECRET_KEY="x")))
    with scratch_database(server, template=MIGRATED) as addresses:
        yield addresses


@contextmanager
def scratch_database(server, template="template1") -> Iterator[dict[str, str]]:
    """Yield the addresses of a new empty database on a running server, owned as the product's own is."""
    name = f"scratch_{uuid4().hex[:12]}"
    with server.connect("postgres", "postgres") as connection:
        connection.execute(f'CREATE DATABASE "{name}" OWNER clinic_owner TEMPLATE {template}')
    try:
        yield _addresses(server, name)
    finally:
        with server.connect("postgres", "postgres") as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _addresses(server, name):
    return {
        "DATABASE_URL": server.url("clinic_app", name),
        "DATABASE_DIRECT_URL": server.url("clinic_app", name),
        "DATABASE_OWNER_URL": server.url("clinic_owner", name),
        "DATABASE_KEEPER_URL": server.url("clinic_keeper", name),
    }


def application_for_drawing():
    """The application without a database behind it: enough to read its routes."""
    return create_app(Config(DATABASE_URL="postgresql+psycopg://nobody@/nowhere", SECRET_KEY="x"))


class DebianServer(EmbeddedServer):
    """The same server run from the programs of Debian's own PostgreSQL, which has the contrib extensions."""

    def _reachable(self, binaries):
        return debians_binaries()


def debians_binaries() -> Binaries | None:
    """Debian's newest PostgreSQL, or None where the package is not installed."""
    folder = debian_postgres()
    return Binaries(int(folder.parent.name), folder) if folder else None


@contextmanager
def debian_server() -> Iterator[EmbeddedServer]:
    """Yield a running server of Debian's PostgreSQL with the three roles and an empty database."""
    with scratch_folder() as folder, DebianServer(folder, durable=False) as server:
        yield server


# The job queue's tables and the log's partitions are reached by other names.
TABLES = """
SELECT string_agg(format('DELETE FROM %I', tablename), ';') FROM pg_tables
 WHERE schemaname = 'public' AND tablename <> 'alembic_version' AND tablename NOT LIKE 'audit_entries_%'
   AND tablename NOT LIKE 'procrastinate_%'
"""


def emptied(app, superuser) -> None:
    """Delete every row of the application's database, past every rule."""
    with app.app_context():
        db.session.remove()
    with superuser.connect() as connection:
        wipe = connection.execute(text(TABLES)).scalar()
        connection.execute(text("SET session_replication_role = replica"))
        connection.exec_driver_sql(wipe)
        connection.exec_driver_sql("DELETE FROM procrastinate_events; DELETE FROM procrastinate_jobs")
        connection.execute(text("SET session_replication_role = origin"))
