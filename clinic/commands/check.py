"""``flask check``: whether everything that must be true of the data is."""

import sys

import click
import sqlalchemy as sa
from flask import Flask
from flask.cli import with_appcontext

from clinic.db import db
from clinic.models.organizations import Clinic
from clinic.queries.invariants import broken, missing_months
from clinic.scope import Scope

IDS_SHOWN = 5


@click.command("check")
@with_appcontext
def check():
    """Look for rows of any clinic that break a rule; ends with 1 where there are some."""
    session = db.session()
    session.enter(Scope.person())
    faults = 0
    for month in missing_months(session):
        faults += 1
        click.echo(f"fault: the audit log has no place for {month}; the worker makes them")
    clinics = session.execute(sa.select(Clinic.id, Clinic.slug).order_by(Clinic.slug)).all()
    for clinic in clinics:
        session.enter(Scope.staff(clinic.id))
        for rule, ids in broken(session, clinic.id):
            faults += 0 if rule.is_warning else len(ids)
            shown = ", ".join(map(str, ids[:IDS_SHOWN])) + (" ..." if len(ids) > IDS_SHOWN else "")
            click.echo(f"{'warning' if rule.is_warning else 'fault'}: {clinic.slug}: {rule.sentence} ({shown})")
    session.rollback()
    click.echo(f"{len(clinics)} clinics checked, {faults} faults.")
    sys.exit(1 if faults else 0)


def init_app(app: Flask):
    """Add the command."""
    app.cli.add_command(check)
