"""The database's roles, their passwords, and the one database they work in."""

import json
import os
import secrets
from pathlib import Path

import psycopg
from psycopg import sql

SUPERUSER = "postgres"
OWNER = "clinic_owner"
APPLICATION = "clinic_app"
KEEPER = "clinic_keeper"
DATABASE = "clinic"


def load_passwords(file: Path) -> dict[str, str]:
    """Return every role's password from `file`, readable by its owner only; written on the first start."""
    if file.exists():
        return json.loads(file.read_text())
    passwords = {role: secrets.token_urlsafe(24) for role in (SUPERUSER, OWNER, APPLICATION, KEEPER)}
    unfinished = file.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        json.dump(passwords, handle, indent=1)
    unfinished.rename(file)
    return passwords


def ensure_roles(connection: psycopg.Connection, passwords: dict[str, str]) -> None:
    """Create what is missing of the three roles and the database; `connection` is a superuser's, in autocommit."""
    known = {name for (name,) in connection.execute("select rolname from pg_roles")}
    for role in (OWNER, APPLICATION, KEEPER):
        if role not in known:
            connection.execute(
                sql.SQL(
                    "create role {} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password {}"
                ).format(sql.Identifier(role), sql.Literal(passwords[role]))
            )
    # Migrations and one-off commands log in as the owner and take the other two roles on when they need them.
    connection.execute(f"grant {APPLICATION}, {KEEPER} to {OWNER}")
    if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
        connection.execute(f"create database {DATABASE} owner {OWNER}")
    # Nobody but these three has business in it. Said at every start, in case the first one was cut short here.
    connection.execute(f"revoke all on database {DATABASE} from public")
    connection.execute(f"grant connect on database {DATABASE} to {APPLICATION}, {KEEPER}")
