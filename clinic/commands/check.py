"""``flask check``: whether everything that must be true of the data is."""

import sys

import click
from flask import Flask
from flask.cli import with_appcontext

from clinic.db import db
from clinic.queries.checking import findings
from clinic.queries.clinics import count_of_clinics
from clinic.scope import Scope


@click.command("check")
@with_appcontext
def check():
    """Look for anything that breaks a rule, in every clinic and in the database itself; ends with 1 where it does."""
    session = db.session()
    session.enter(Scope.person())
    faults = tell_findings(session.connection())
    session.rollback()
    sys.exit(1 if faults else 0)


def tell_findings(connection) -> int:
    """Print every finding and how many faults there were, which is returned."""
    faults = 0
    for finding in findings(connection):
        faults += 0 if finding.rule.is_warning else len(finding.ids)
        click.echo(str(finding))
    clinics = count_of_clinics(connection)
    click.echo(f"{clinics} clinics checked, {faults} faults.")
    return faults


def init_app(app: Flask):
    """Add the command."""
    app.cli.add_command(check)
