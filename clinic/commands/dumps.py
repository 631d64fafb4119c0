"""What backup and restore share: the role that sees every row, PostgreSQL's own programs, and the counts to compare."""

import hashlib
import re
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import click
import psycopg
from flask import current_app
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from clinic.keyring import SEALED
from clinic.server.binaries import find_binaries
from clinic.server.errors import ServerError

DUMP, MANIFEST = "database.dump", "manifest.json"
FORM = 1
TABLES = """
SELECT c.relname FROM pg_class AS c
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY c.relname
"""
POWER = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
UNREADABLE = """
SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'S')
   AND NOT CASE c.relkind WHEN 'S' THEN has_sequence_privilege(c.oid, 'SELECT')
                          ELSE has_table_privilege(c.oid, 'SELECT') END ORDER BY c.relname
"""
# A sealed secret begins with its form, the length of its key's id, and the id.
KEY_IDS = "SELECT DISTINCT convert_from(substring({column} FROM 3 FOR get_byte({column}, 1)), 'UTF8') FROM {table}"


def address() -> str:
    """Where the role that sees every row logs in, as libpq reads it; refuses where nobody said."""
    url = current_app.config["DATABASE_BACKUP_URL"]
    if not url:
        raise click.ClickException(
            "DATABASE_BACKUP_URL is not set. Backups need a role that row-level security does not stop: a superuser, "
            "or one with BYPASSRLS that may read every table."
        )
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


@contextmanager
def connected():
    """A connection of that role's; refuses a role that row-level security would stop."""
    try:
        connection = psycopg.connect(address(), connect_timeout=10, autocommit=True)
    except psycopg.OperationalError as error:
        raise click.ClickException(f"The database of DATABASE_BACKUP_URL does not answer: {error}") from None
    with connection:
        if not connection.execute(POWER).fetchone()[0]:
            raise click.ClickException(
                f"The role {connection.info.user} of DATABASE_BACKUP_URL may not see past row-level security: its dump "
                "would fail, or hold empty tables. Name a superuser, or one with BYPASSRLS that may read all."
            )
        yield connection


def refuse_unreadable(connection):
    """Refuse a role that passes row-level security and yet may not read some table."""
    if names := [name for (name,) in connection.execute(UNREADABLE)]:
        raise click.ClickException(f"The role {connection.info.user} may not read {', '.join(names[:5])}.")


def run_program(connection, name, *arguments):
    """Run pg_dump or pg_restore of the server's own version on the connection's database."""
    parameters = conninfo_to_dict(address())
    password = parameters.pop("password", None)
    # The password goes where no list of processes shows it.
    environment = {"PATH": "/usr/bin:/bin", **({"PGPASSWORD": password} if password else {})}
    command = [_program(name, connection.info.server_version // 10000), "--dbname", make_conninfo(**parameters)]
    finished = subprocess.run(
        [*command, *map(str, arguments)], env=environment, capture_output=True, text=True, check=False
    )
    if finished.returncode != 0:
        raise click.ClickException(f"{name} failed:\n{finished.stderr.strip()}")


def _program(name, major):
    """The program on PATH if it is of the server's version, otherwise the one that came with the packages."""
    found = shutil.which(name)
    if found:
        told = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
        version = re.search(r"(\d+)", told)
        if version and int(version[1]) == major:
            return found
    try:
        return find_binaries(major).program(name)
    except ServerError:
        raise click.ClickException(f"There is no {name} of PostgreSQL {major} here, the server's version.") from None


def rows_of(connection) -> dict[str, int]:
    """How many rows each table has, in this connection's snapshot."""
    names = [name for (name,) in connection.execute(TABLES)]
    count = sql.SQL("SELECT count(*) FROM {}")
    return {name: connection.execute(count.format(sql.Identifier(name))).fetchone()[0] for name in names}


def key_ids(connection) -> list[str]:
    """The ids of the keys that sealed anything in the database."""
    found = set()
    for place in SEALED:
        names = {"table": sql.Identifier(place.table), "column": sql.Identifier(place.column)}
        found |= {key for (key,) in connection.execute(sql.SQL(KEY_IDS).format(**names)) if key}
    return sorted(found)


def digest(file: Path) -> str:
    """The file's SHA-256."""
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
