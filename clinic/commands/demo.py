"""``flask seed`` makes the demo, ``flask sign-ins`` says who may try it."""

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from clinic.db import db
from clinic.models.accounts import Role
from clinic.scope import Scope
from clinic.seed.cast import DEMOS, PASSWORD, address_of
from clinic.seed.sowing import others, present, sow


@click.command("seed")
@click.option("--beside-others", is_flag=True, help="Also where there are clinics that are not of the demo.")
@with_appcontext
def seed(beside_others):
    """Make the demo: two clinics, their people and a busy week around today.

    Everybody knows the password of its people, so it stays out of a database that real clinics work in.
    """
    session = db.session()
    if others(session) and not beside_others:
        raise click.ClickException("There are other clinics here. If the demo is to come beside them: --beside-others")
    made = sow(session, current_app.config["DATABASE_OWNER_URL"])
    click.echo(f"Made {' and '.join(made)}." if made else "The demo is here already; nothing was changed.")


@click.command("sign-ins")
@with_appcontext
def sign_ins():
    """Print who can sign in to the demo, where it was made."""
    session = db.session()
    session.enter(Scope.person())
    here = present(session)
    demos = [demo for demo in DEMOS if demo.profile["slug"] in here]
    if not demos:
        raise click.ClickException("There is no demo in this database. Make it with: flask seed")
    click.echo(f"Sign in with one of these addresses and the password: {PASSWORD}")
    for demo in demos:
        click.echo(f"\n{demo.profile['name']} (/c/{demo.profile['slug']})")
        for role, first_name in _who(demo):
            click.echo(f"  {role.label:<18} {address_of(first_name, demo.profile['slug'])}")


def _who(demo):
    wanted = (Role.ADMIN, Role.RECEPTIONIST)
    for role in wanted:
        yield role, next(first for first, _, its in demo.colleagues if its == role)
    yield Role.DOCTOR, demo.doctors[0].first_name
    yield Role.PATIENT, demo.portal[0].partition(" ")[0]


def init_app(app: Flask):
    """Add the commands."""
    app.cli.add_command(seed)
    app.cli.add_command(sign_ins)
