"""``flask audit``: seal the audit log, verify its seals, and print the anchor that is kept elsewhere."""

import json
import sys

import click
from flask import Flask
from flask.cli import AppGroup

from clinic.actions import seals as verbs
from clinic.db import now
from clinic.models.audit import NO_CLINIC
from clinic.queries import seals
from clinic.work.keeper import keeper_of_the_log

audit = AppGroup("audit", help="The audit log's seals.")


@audit.command("seal")
def seal():
    """Seal everything that is older than a minute and not sealed yet."""
    with keeper_of_the_log() as keeper:
        click.echo(f"{verbs.seal(keeper, everything=True)} entries sealed.")


@audit.command("anchor")
def anchor():
    """Print one line with the end of every chain. Keep it where whoever can change the database cannot."""
    with keeper_of_the_log() as keeper:
        click.echo(json.dumps({"made_at": now().isoformat(), "chains": seals.heads(keeper)}))


@audit.command("verify")
@click.option("--anchor", "file", type=click.File("r", encoding="utf-8"), help="A file of lines that anchor printed.")
def verify(file):
    """Look for anything changed, taken out of or put into the audit log; ends with 1 where there is something."""
    anchors, troubles = _read(file), 0
    with keeper_of_the_log() as keeper, keeper.transaction():
        keeper.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for found in (*seals.unsealed(keeper), *seals.verify(keeper, anchors)):
            if isinstance(found, seals.Unsealed):
                click.echo(
                    f"{_chain(found)}: {found.count} entries are not sealed yet, the oldest {_age(found.oldest)}"
                )
            else:
                troubles += 1
                click.echo(f"trouble: {_chain(found)}: {found.sentence}")
        chains = seals.heads(keeper)
    links = sum(head["number"] for head in chains.values())
    compared = (
        f", compared with {len(anchors)} anchors" if anchors else "; without an anchor a rewritten end goes unseen"
    )
    click.echo(f"{len(chains)} chains of {links} seals verified{compared}: {troubles} troubles.")
    sys.exit(1 if troubles else 0)


def _read(file):
    try:
        return [json.loads(line)["chains"] for line in file if line.strip()] if file else []
    except (ValueError, KeyError, TypeError) as error:
        raise click.UsageError(
            "That is no file of anchors: each line is one that `flask audit anchor` printed"
        ) from error


def _chain(found):
    return "outside of any clinic" if found.clinic_id == NO_CLINIC else f"clinic {found.clinic_id}"


def _age(moment):
    minutes = int((now() - moment).total_seconds() // 60)
    return f"{minutes} minutes old" if minutes < 180 else f"{minutes // 60} hours old"


def init_app(app: Flask):
    """Add the commands."""
    app.cli.add_command(audit)
