"""``flask keys``: a new key for the key ring, and everything that is kept sealed with it."""

import sys
import time
from dataclasses import dataclass, field

import click
import sqlalchemy as sa
from flask import Flask
from flask.cli import AppGroup

from clinic import keyring
from clinic.actions.acting import Actor, audit
from clinic.actions.keyring import left_behind, reseal_batch
from clinic.db import db, now
from clinic.models.organizations import Clinic
from clinic.scope import Scope

PASSES = 20  # over rows that somebody was changing at that moment
SECONDS_BETWEEN_PASSES = 0.2
IDS_SHOWN = 5

keys = AppGroup("keys", help="Change the keys that encrypt what is kept.")


@dataclass
class Told:
    """What became of one column."""

    sealed: int = 0
    left: int = 0
    unreadable: set = field(default_factory=set)


@keys.command("new")
def new():
    """Print a new key, as SECRET_KEYS takes it."""
    click.echo(keyring.new_key(now().date()))


@keys.command("rotate")
def rotate():
    """Seal everything that is kept with the first key of SECRET_KEYS; ends with 1 where something is left."""
    session, current = db.session(), keyring.ring().current
    if current is None:
        raise click.ClickException("SECRET_KEYS is not set: there is no key to seal with.")
    counts, failed = {}, False
    for place in keyring.SEALED:
        told = _rotate_column(session, place)
        counts[f"{place.table}.{place.column}"] = told.sealed
        failed = failed or bool(told.left)
        _tell(place, told)
    session.enter(Scope.person())
    audit(session, "keyring.rotate", by=Actor(role="operator", user_agent="flask keys rotate"),
          details={"key": current, "sealed": counts})  # fmt: skip
    session.commit()
    if not failed:
        click.echo(f"All is sealed with the key {current}. Older keys are needed for older backups only.")
    sys.exit(1 if failed else 0)


def _rotate_column(session, place):
    told = Told()
    for scope in _scopes(session, place):
        session.enter(scope)
        for _ in range(PASSES):
            unreadable = _pass_over(session, place, told)
            left = left_behind(session, place)
            session.commit()
            if left <= len(unreadable):
                break
            time.sleep(SECONDS_BETWEEN_PASSES)
        told.left += left
        told.unreadable |= unreadable
    return told


def _pass_over(session, place, told):
    """Seal anew what can be in this scope, a commit for each batch; returns the ids that no key opens."""
    unreadable, after = set(), None
    while True:
        batch = reseal_batch(session, place, after)
        session.commit()
        if batch.last is None:
            return unreadable
        told.sealed += batch.sealed
        unreadable.update(batch.unreadable)
        after = batch.last


def _scopes(session, place):
    """Every scope that must be entered to see all rows of the column: each clinic's, closed ones too, or none's."""
    if place.clinic_id is None:
        return [Scope.person()]
    session.enter(Scope.person())
    return [Scope.staff(clinic_id) for clinic_id in session.scalars(sa.select(Clinic.__table__.c.id))]


def _tell(place, told):
    click.echo(f"{place.table}.{place.column}: {told.sealed:,} sealed anew, {told.left:,} left under older keys")
    if told.unreadable:
        shown = ", ".join(str(row_id) for row_id in sorted(told.unreadable)[:IDS_SHOWN])
        click.echo(f"  {len(told.unreadable):,} of them no key opens, left as they are: {shown}", err=True)


def init_app(app: Flask):
    """Add the commands."""
    app.cli.add_command(keys)
