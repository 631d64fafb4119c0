"""``flask clinics create``: a new clinic and the link with which its first administrator joins."""

import re

import click
from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.numbers import list_currencies
from email_validator import EmailNotValidError, validate_email
from flask import Flask
from flask.cli import AppGroup
from uuid_utils.compat import uuid7

from clinic.actions.accounts import INVITATION_HOURS, invite
from clinic.actions.acting import Actor, Refused
from clinic.actions.clinics import create as create_clinic
from clinic.db import db
from clinic.links import link
from clinic.models.accounts import Role
from clinic.scope import Scope
from clinic.walltime import known_zones

clinics = AppGroup("clinics", help="Make clinics.")


def _checked(test, sentence):
    def check(context, option, value):
        if not test(value):
            raise click.BadParameter(sentence.format(value))
        return value

    return check


def _is_locale(value):
    try:
        Locale.parse(value)
        return True
    except (ValueError, UnknownLocaleError):
        return False


def _email(context, option, value):
    try:
        return validate_email(value, check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise click.BadParameter(str(error)) from None


@clinics.command("create")
@click.option("--name", required=True, help="As patients read it.")
@click.option(
    "--slug", required=True, help="The name in its address: /c/SLUG.",
    callback=_checked(lambda value: re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", value),
                      "{!r} may hold small letters, digits and single hyphens between them only."),
)  # fmt: skip
@click.option(
    "--timezone", required=True, help="Such as Europe/London.",
    callback=_checked(lambda value: value in known_zones(), "There is no time zone {!r}."),
)  # fmt: skip
@click.option(
    "--locale", default="en_GB", show_default=True, help="How dates and numbers are written.",
    callback=_checked(_is_locale, "There is no locale {!r}."),
)  # fmt: skip
@click.option(
    "--currency", default="GBP", show_default=True, help="ISO 4217.",
    callback=_checked(lambda value: value in list_currencies(), "There is no currency {!r}."),
)  # fmt: skip
@click.option(
    "--country", default="GB", show_default=True, help="ISO 3166, two letters.",
    callback=_checked(lambda value: value in get_global("territory_currencies"), "There is no country {!r}."),
)  # fmt: skip
@click.option("--admin-email", required=True, callback=_email, help="Who gets the clinic going.")
@click.option("--admin-name", default="", help="First and last name of that person.")
@click.option("--address", help="Where people open this product, where it is not PUBLIC_URL.")
def create(admin_email, admin_name, address, **profile):
    """Make a clinic and print the one-time link of its first administrator."""
    session, by = db.session(), Actor(clinic_id=uuid7(), role="operator", user_agent="flask clinics create")
    session.enter(Scope.person())
    first_name, _, last_name = admin_name.strip().rpartition(" ")
    try:
        create_clinic(session, by=by, **profile)
        _, token = invite(
            session, by=by, email=admin_email, first_name=first_name or last_name or None,
            last_name=last_name if first_name else None, role=Role.ADMIN,
        )  # fmt: skip
    except Refused as refusal:
        session.rollback()
        raise click.ClickException(str(refusal)) from None
    session.commit()
    click.echo(f"{profile['name']} is there. {admin_email} joins by this link, once, within {INVITATION_HOURS} hours:")
    click.echo(link("public.accounts.join", token=token, at=address))


def init_app(app: Flask):
    """Add the commands."""
    app.cli.add_command(clinics)
