"""``flask backup``: everything the database holds, in a folder, with a list of what has to come back."""

import json
import os
from pathlib import Path

import click
from flask import Flask
from flask.cli import with_appcontext

from clinic.actions.acting import Actor, audit
from clinic.commands import dumps, kept_files
from clinic.db import db, now
from clinic.scope import Scope

ROLES = "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'clinics'::regclass"
ERASED = """
SELECT clinic_id::text, patient_id::text, confirmed_at FROM erasures WHERE confirmed_at IS NOT NULL
 ORDER BY confirmed_at, id
"""


@click.command("backup")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--without-documents", is_flag=True, help="Leave out the files, where their storage is kept by itself.")
@with_appcontext
def backup(folder, without_documents):
    """Write a dump, the files of documents and a manifest into FOLDER, which is new or empty. The keys stay apart."""
    with dumps.connected() as connection:
        dumps.refuse_unreadable(connection)
        _make(folder)
        manifest = _dump(connection, folder, not without_documents)
    _note(manifest)
    click.echo(f"{sum(manifest['rows'].values()):,} rows of {len(manifest['rows'])} tables are in {folder}.")
    kept_files.tell(manifest["documents"])
    if manifest["keys"]:
        click.echo(
            f"To read its secrets keep, somewhere else, these keys of SECRET_KEYS: {', '.join(manifest['keys'])}."
        )


def _make(folder):
    if folder.exists() and any(folder.iterdir()):
        raise click.ClickException(f"{folder} is not empty. A backup goes into a folder of its own.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def _dump(connection, folder, with_documents):
    """Dump and count in one snapshot, so that the counts are the dump's; the manifest comes last and makes it whole."""
    file = folder / dumps.DUMP
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    snapshot, made_at = connection.execute("SELECT pg_export_snapshot(), now()").fetchone()
    dumps.run_program(connection, "pg_dump", "--format=custom", "--snapshot", snapshot, "--file", file)
    manifest = {
        "form": dumps.FORM,
        "made_at": made_at.isoformat(),
        "schema": connection.execute("SELECT version_num FROM alembic_version").fetchone()[0],
        "server": connection.info.server_version,
        "owner": connection.execute(ROLES).fetchone()[0],
        "sha256": dumps.digest(file),
        "rows": dumps.rows_of(connection),
        "keys": dumps.key_ids(connection),
        "erasures": erasures(connection),
        "documents": kept_files.copy_out(connection, folder) if with_documents else None,
    }
    connection.execute("COMMIT")
    unfinished = folder / f"{dumps.MANIFEST}.new"
    unfinished.write_text(json.dumps(manifest, indent=1) + "\n")
    unfinished.rename(folder / dumps.MANIFEST)
    return manifest


def erasures(connection) -> list[dict]:
    """Whose records were erased, by ids alone: what has to be done again after an older backup came back."""
    rows = connection.execute(ERASED).fetchall()
    return [{"clinic_id": clinic, "patient_id": patient, "at": at.isoformat()} for clinic, patient, at in rows]


def _note(manifest):
    session = db.session()
    session.enter(Scope.person())
    details = {"rows": sum(manifest["rows"].values()), "sha256": manifest["sha256"]}
    audit(session, "backups.make", by=Actor(role="operator", user_agent="flask backup"), details=details)
    session.commit()


@click.command("erasures")
@with_appcontext
def list_erasures():
    """Print whose records were erased, by ids alone, as `flask restore --erasures` reads it. Keep it apart, daily."""
    with dumps.connected() as connection:
        click.echo(json.dumps({"made_at": now().isoformat(), "erasures": erasures(connection)}, indent=1))


def init_app(app: Flask):
    """Add the commands."""
    app.cli.add_command(backup)
    app.cli.add_command(list_erasures)
