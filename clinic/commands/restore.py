"""``flask restore``: a backup into an empty database, counted, checked, and with the erased erased again."""

import json
import sys
from pathlib import Path
from uuid import UUID

import click
import sqlalchemy as sa
from flask import Flask
from flask.cli import with_appcontext

from clinic import keyring
from clinic.actions import erasures
from clinic.actions.acting import Actor, audit
from clinic.commands import dumps, kept_files
from clinic.commands.check import tell_findings
from clinic.db import db
from clinic.models.patients import Patient
from clinic.scope import Scope

ROLES = ("clinic_app", "clinic_keeper")
WHERE = "SELECT pg_postmaster_start_time(), oid FROM pg_database WHERE datname = current_database()"
FILLED = """
SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'S'))
     + (SELECT count(*) FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'r')
"""
# Who signed out since stays out, a link that was used stays used; a job in a dead worker's hands is put back.
SETTLE = (
    "UPDATE user_sessions SET revoked_at = now() WHERE revoked_at IS NULL AND expires_at > now()",
    "UPDATE user_tokens SET expires_at = now() WHERE used_at IS NULL AND expires_at > now()",
    "UPDATE procrastinate_jobs SET status = 'todo', worker_id = NULL WHERE status = 'doing'",
    "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo' AND coalesce(scheduled_at, '-infinity')"
    " < now()",
    "ANALYZE",
)
OPERATOR = {"role": "operator", "user_agent": "flask restore"}


@click.command("restore")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--erasures", "later", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What `flask erasures` printed since, or a newer backup's manifest: these records are erased again.",
)  # fmt: skip
@with_appcontext
def restore(folder, later):
    """Bring the backup in FOLDER into the empty database of DATABASE_BACKUP_URL; ends with 1 on a fault."""
    manifest = _manifest(folder)
    again = {(each["clinic_id"], each["patient_id"]) for each in _read(later)["erasures"]} if later else set()
    with dumps.connected() as connection:
        _refuse_unless_empty(connection, manifest)
        dumps.run_program(
            connection, "pg_restore", "--exit-on-error", "--single-transaction", folder / dumps.DUMP
        )  # fmt: skip
        wrong = list(_differences(manifest["rows"], dumps.rows_of(connection)))
        for statement in SETTLE:
            connection.execute(statement)
        missing = kept_files.bring_back(connection, folder) if manifest.get("documents") else []
    wrong += [f"the file {key} is not in the storage as it was kept" for key in missing]
    for line in wrong:
        click.echo(f"fault: {line}")
    _tell_keys(manifest)
    _erase_again(again)
    faults = _check(manifest)
    click.echo(f"The backup of {manifest['made_at']} is back: {sum(manifest['rows'].values()):,} rows.")
    sys.exit(1 if wrong or faults else 0)


def _manifest(folder):
    if not (folder / dumps.MANIFEST).exists():
        raise click.ClickException(f"{folder} holds no whole backup: {dumps.MANIFEST} is missing.")
    manifest = _read(folder / dumps.MANIFEST)
    if manifest.get("form") != dumps.FORM:
        raise click.ClickException("This backup was written by another version of the product.")
    if dumps.digest(folder / dumps.DUMP) != manifest["sha256"]:
        raise click.ClickException(f"{folder / dumps.DUMP} is not what was backed up: its SHA-256 differs.")
    return manifest


def _read(file):
    try:
        return json.loads(file.read_text())
    except ValueError:
        raise click.ClickException(f"{file} cannot be read.") from None


def _refuse_unless_empty(connection, manifest):
    if connection.execute(FILLED).fetchone()[0]:
        raise click.ClickException("This database is not empty. A backup is restored into a new one only.")
    known = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
    if missing := sorted({manifest["owner"], *ROLES} - known):
        raise click.ClickException(f"Make these roles first, as they were: {', '.join(missing)}.")
    session = db.session()
    session.enter(Scope.person())
    if tuple(session.execute(sa.text(WHERE)).one()) != connection.execute(WHERE).fetchone():
        raise click.ClickException("DATABASE_URL and DATABASE_BACKUP_URL lead to two databases.")
    session.rollback()


def _differences(wanted, found):
    for name in sorted({*wanted, *found}):
        if wanted.get(name) != found.get(name):
            yield f"{name} had {wanted.get(name, 'no')} rows in the backup and has {found.get(name, 'no')} now"


def _tell_keys(manifest):
    if missing := sorted(set(manifest["keys"]) - keyring.ring().ids):
        click.echo(f"warning: secrets cannot be read until SECRET_KEYS has these keys again: {', '.join(missing)}")


def _erase_again(again):
    """What was erased after the backup was made is erased once more; a record that was made after it is not there."""
    session, done = db.session(), 0
    for clinic_id, patient_id in sorted(again):
        session.enter(Scope.staff(UUID(clinic_id)))
        patient = session.get(Patient, (UUID(clinic_id), UUID(patient_id)))
        if patient and not patient.erased_at:
            erasures.repeat(patient, by=Actor(clinic_id=patient.clinic_id, **OPERATOR))
            done += 1
        session.commit()
    if again:
        click.echo(f"{done} of {len(again)} erased records were erased again; the worker does the rest.")


def _check(manifest):
    session = db.session()
    session.enter(Scope.person())
    audit(session, "backups.restore", by=Actor(**OPERATOR), details={"made_at": manifest["made_at"]})
    session.commit()
    faults = tell_findings(session.connection())
    session.rollback()
    return faults


def init_app(app: Flask):
    """Add the command."""
    app.cli.add_command(restore)
