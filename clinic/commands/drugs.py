"""``flask import drugs``: a list of medicines that a clinic's doctors choose from."""

import csv
from pathlib import Path

import click
import sqlalchemy as sa
from flask import Flask

from clinic.actions.acting import Actor
from clinic.actions.drugs import take_in
from clinic.commands.imports import imports
from clinic.db import db
from clinic.integrations.drug_lists import DrugList, NotAList
from clinic.models.organizations import Clinic
from clinic.scope import Scope


@imports.command("drugs")
@click.option("--clinic", "slug", required=True, help="The clinic's name in its address: /c/SLUG.")
@click.option("--list", "list_name", default="", help="What the list is called; the file's name, if nothing is said.")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def drugs(slug, list_name, path):
    """Load a list of medicines to choose from: CSV with a heading, plain or gzip.

    One column is called name (or display); code (or rxcui, drugbank_id, abbreviation) and synonyms (apart by |) may be
    there. The same list again changes what has changed; what is no longer in it is offered no more.
    """
    session = db.session()
    session.enter(Scope.person())
    clinic = session.scalars(sa.select(Clinic).where(Clinic.slug == slug)).one_or_none()
    if clinic is None:
        raise click.ClickException(f"There is no clinic with the address {slug}.")
    session.enter(Scope.staff(clinic.id))
    by = Actor(clinic_id=clinic.id, role="operator", user_agent="flask import drugs")
    reading = DrugList(path)
    try:
        counts = take_in(session, clinic.id, list_name or path.name.partition(".")[0], reading.read(), by=by)
    except (NotAList, UnicodeDecodeError, csv.Error, EOFError, OSError) as error:
        session.rollback()
        why = error if isinstance(error, NotAList) else "it cannot be read as CSV in UTF-8"
        raise click.ClickException(f"This is no list of medicines: {why}.") from None
    session.commit()
    click.echo(", ".join(f"{count:,} {what}" for what, count in counts.items()))
    for why, count in sorted(reading.skipped.items()):
        click.echo(f"{count:>8,} left out: {why}")


def init_app(app: Flask):
    """The command joins the group of ``flask import``, which is added to the application by itself."""
