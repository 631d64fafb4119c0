"""``flask import fhir``: records of another system into one clinic."""

import sys
from contextlib import contextmanager

import click
import sqlalchemy as sa
from flask import Flask, current_app
from flask.cli import AppGroup

from clinic.actions.acting import Actor
from clinic.db import db
from clinic.integrations.fhir_files import files_in
from clinic.integrations.fhir_import import ALL, READINGS, FhirImport, Report
from clinic.models.organizations import Clinic
from clinic.scope import Scope
from clinic.stored import storage

imports = AppGroup("import", help="Take in the records of another system.")
COLUMNS = ("read", "created", "unchanged", "updated", "skipped")
RESOURCES_A_LINE = 10_000


@imports.command("fhir")
@click.option("--clinic", "slug", required=True, help="The clinic's name in its address: /c/SLUG.")
@click.option("--source", default="", help="A label for the system, where two number their records alike.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True))
def fhir(slug, source, paths):
    """Take in FHIR R4 bundles and NDJSON, plain or gzip; folders with all below them.

    Patients, practitioners and encounters come in, and of their charts conditions, allergies, vaccinations, procedures,
    medication, vital signs, laboratory results and documents whose file is there. The same files again change nothing.
    """
    session = db.session()
    session.enter(Scope.person())
    clinic = session.scalars(sa.select(Clinic).where(Clinic.slug == slug)).one_or_none()
    if clinic is None:
        raise click.ClickException(f"There is no clinic with the address {slug}.")
    session.enter(Scope.staff(clinic.id))
    files = files_in(paths)
    # Once for each reading: people, then encounters, then charts.
    with _progress(len(READINGS) * sum(path.stat().st_size for path in files)) as tell:
        by = Actor(clinic_id=clinic.id, role="operator", user_agent="flask import fhir")
        kept = {"storage": storage(), "room": current_app.config["DOCUMENTS_ROOM"]}
        report = FhirImport(session, clinic, by=by, source=source, tell=tell, **kept).run(files)
    _print(report)
    if not report.read:
        raise click.ClickException("Nothing could be read from these files.")


@contextmanager
def _progress(total_bytes):
    """A bar on a terminal, elsewhere a line now and then."""
    if sys.stderr.isatty():
        with click.progressbar(length=total_bytes, label="Reading", file=sys.stderr) as bar:
            yield lambda at, _: bar.update(at - bar.pos)
        return
    said = 0

    def tell(at, read):
        nonlocal said
        if read >= said + RESOURCES_A_LINE:
            said = read
            click.echo(f"{read:,} resources read ({100 * at // max(total_bytes, 1)} % of the work)", err=True)

    yield tell


def _print(report: Report):
    click.echo(_line("", COLUMNS))
    for kind, counts in sorted(report.counts.items(), key=lambda each: (each[0] not in ALL, each[0])):
        click.echo(_line(kind, [f"{counts[name]:,}" for name in COLUMNS]))
    _print_counted("Skipped:", report.reasons)
    _print_counted("Taken in with a remark:", report.remarks)
    _print_broken(report)
    if report.read and not report.changed:
        click.echo("\nNothing was changed: all that can be imported was here already.")


def _line(kind, cells):
    return f"{kind:<24}" + "".join(f"{cell:>11}" for cell in cells)


def _print_counted(title, counted):
    if counted:
        click.echo(f"\n{title}")
    for (kind, sentence), count in sorted(counted.items()):
        click.echo(f"  {count:>8,}  {kind}: {sentence}")


def _print_broken(report):
    if report.broken:
        click.echo("\nBroken:")
    for place in report.broken:
        click.echo(f"  {place.file}{f', line {place.line}' if place.line else ''}: {place.why}")
    if report.broken_count > len(report.broken):
        click.echo(f"  and {report.broken_count - len(report.broken):,} more")


def init_app(app: Flask):
    """Add the commands."""
    app.cli.add_command(imports)
