"""``flask clinics close`` and what comes after it: a copy of everything, and letting go of it when its time is over."""

import os
from pathlib import Path

import click
import sqlalchemy as sa
from flask import Flask
from flask.cli import with_appcontext

from clinic.actions import clinics as verbs
from clinic.actions.acting import Actor, Refused, audit
from clinic.commands.clinics import clinics
from clinic.db import db
from clinic.models.keeping import LegalHold
from clinic.models.organizations import Clinic
from clinic.models.visits import LIVE, Visit
from clinic.queries import exports
from clinic.scope import Scope
from clinic.work.closed_clinics import purge as purge_rows


def _entered(slug, command):
    """The clinic with this address, its scope entered, and who acts."""
    session = db.session()
    session.enter(Scope.person())
    clinic_id = session.scalar(sa.select(Clinic.id).where(Clinic.slug == slug))
    if clinic_id is None:
        raise click.ClickException(f"There is no clinic {slug}.")
    session.enter(Scope.staff(clinic_id))
    by = Actor(clinic_id=clinic_id, role="operator", user_agent=f"flask clinics {command}")
    return session, session.get(Clinic, clinic_id), by


@click.command("close")
@click.argument("slug")
@with_appcontext
def close(slug):
    """Close a clinic at once: sign-ins, links, jobs, its public page and its portal. Every row is kept."""
    session, clinic, by = _entered(slug, "close")
    coming = session.scalar(sa.select(sa.func.count()).select_from(Visit).where(Visit.status.in_(LIVE)))
    try:
        verbs.close(clinic, by=by)
    except Refused as refusal:
        session.rollback()
        raise click.ClickException(str(refusal)) from None
    session.commit()
    end, _over = verbs.may_be_purged_at(session, clinic)
    session.rollback()
    click.echo(f"{clinic.name} is closed. Its rows are kept until {end:%Y-%m-%d} at least.")
    if coming:
        click.echo(
            f"{coming} visits were still to come or not closed: tell these patients. `flask clinics export` has them."
        )


@click.command("export")
@click.argument("slug")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def export(slug, file):
    """Write every row of a clinic, the audit log too, into the new zip FILE, as JSON, one row a line."""
    session, clinic, by = _entered(slug, "export")
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}.") from None
    session.connection().execute(sa.text("SELECT set_config('statement_timeout', '0', true)"))
    with os.fdopen(descriptor, "wb") as handle:
        files = exports.write_clinic(session, handle, clinic)
    rows = sum(each["rows"] for each in files.values())
    audit(session, "clinics.export", by=by, record=clinic, details={"rows": rows})
    session.commit()
    click.echo(f"{rows:,} rows of {len(files)} tables are in {file}.")


@click.command("keep")
@click.argument("slug")
@click.option("--years", type=click.IntRange(1, 100), required=True, help="As the law of the clinic's country asks.")
@with_appcontext
def keep(slug, years):
    """Say how many years a clinic's deleted records are kept, and all of them once it is closed."""
    session, clinic, by = _entered(slug, "keep")
    verbs.keep_for(clinic, years, by=by)
    session.commit()
    click.echo(f"{clinic.name}: {years} years.")


@click.command("purge")
@click.argument("slug")
@with_appcontext
def purge(slug):
    """Remove every row of a clinic that was closed and whose time is over; its audit log goes by its own months."""
    session, clinic, by = _entered(slug, "purge")
    if clinic.closed_at is None:
        raise click.ClickException(f"{clinic.name} is not closed. `flask clinics close {slug}` comes first.")
    end, is_over = verbs.may_be_purged_at(session, clinic)
    if not is_over:
        raise click.ClickException(f"The rows of {clinic.name} are kept until {end:%Y-%m-%d}.")
    held = session.scalar(sa.select(sa.func.count()).select_from(LegalHold).where(LegalHold.ended_at.is_(None)))
    if held:
        raise click.ClickException(f"{held} records of {clinic.name} are under a legal hold.")
    removed = purge_rows(clinic.id)
    audit(session, "clinics.purge", by=by, record=clinic, details=removed)
    verbs.forget(clinic, by=by)
    session.commit()
    click.echo(f"{sum(removed.values()):,} rows of {clinic.name} are gone for good. Its address stays taken.")


def init_app(app: Flask):
    """Add the commands beside `flask clinics create`."""
    for command in (close, export, keep, purge):
        clinics.add_command(command)
