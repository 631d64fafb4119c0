"""``flask worker``: does what was put into the job queue, and what is due by the clock."""

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from clinic.work.running import run_worker


@click.command("worker")
@with_appcontext
def worker():
    """Do the jobs of all clinics until told to stop."""
    if not run_worker(current_app._get_current_object()):
        raise click.ClickException("The worker lost the database. Start it again.")


def init_app(app: Flask):
    """Add the command."""
    app.cli.add_command(worker)
