"""``flask users``: whether somebody may sign in at all, in whatever clinics they are, and a second step they lost."""

import click
from flask import Flask
from flask.cli import AppGroup

from clinic.actions import factors
from clinic.actions import users as actions
from clinic.actions.acting import Actor, Refused
from clinic.actions.emails import normal
from clinic.db import db
from clinic.scope import Scope

users = AppGroup("users", help="Suspend people, let them back in, reset a lost second step.")


@users.command("suspend")
@click.argument("email")
@click.option("--even-the-last-admin", is_flag=True, help="Also where a clinic is left with no administrator.")
def suspend(email, even_the_last_admin):
    """Sign the person out everywhere and let them in nowhere, at once."""
    _done(actions.suspend, email, "flask users suspend", None if even_the_last_admin else actions.keep_admins)
    click.echo(f"{email} is suspended: signed out everywhere, and cannot sign in.")


@users.command("activate")
@click.argument("email")
def activate(email):
    """Let the person sign in again."""
    _done(actions.activate, email, "flask users activate")
    click.echo(f"{email} can sign in again.")


@users.command("reset-factors")
@click.argument("email")
def reset_factors(email):
    """Forget the second step of somebody who lost it, at once. Make sure first that it is they who ask."""
    _done(factors.reset_now, email, "flask users reset-factors")
    click.echo(f"{email} signs in with the password alone, and is told by mail.")


def _done(verb, email, name, first=None):
    session, email = db.session(), normal(email) or email.lower()
    session.enter(Scope.person())
    try:
        if first:
            first(session, email)
        verb(actions.with_email(session, email), by=Actor(role="operator", user_agent=name))
    except Refused as refusal:
        raise click.ClickException(str(refusal)) from None
    session.commit()


def init_app(app: Flask):
    """Add the commands."""
    app.cli.add_command(users)
