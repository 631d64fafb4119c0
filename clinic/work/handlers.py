"""The handlers by the name of their job, and how one is run: in one transaction, in the scope of its clinic."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from clinic.actions.acting import Actor
from clinic.db import db
from clinic.queries.clinics import is_closed
from clinic.scope import Scope

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Handler:
    """One kind of job: its name, what it does, when it is due by itself (a crontab line, UTC), how often to try it.

    A job of a clinic that is closed is left out, but for those that are done even then.
    """

    name: str
    act: Callable
    cron: str | None
    attempts: int | None = None
    when_closed: bool = False


HANDLERS: dict[str, Handler] = {}


def handles(name, cron=None, attempts=None, when_closed=False):
    """Register the handler of the job ``name``; a job may come twice, so a handler looks before it acts."""

    def register(act):
        HANDLERS[name] = Handler(name, act, cron, attempts, when_closed)
        return act

    return register


def run(app, name, arguments):
    """Do one job: all of it is committed, or nothing. ``arguments`` are the ids and instants that were put with it."""
    ids = {key: _read(value) for key, value in arguments.items()}
    clinic_id = ids.pop("clinic_id", None)
    with app.app_context():
        session = db.session()
        session.enter(Scope.staff(clinic_id) if clinic_id else Scope.person())
        if clinic_id and is_closed(session, clinic_id) and not HANDLERS[name].when_closed:
            session.rollback()
            log.info("job of a closed clinic left out", kind=name)
            return
        try:
            HANDLERS[name].act(session, by=Actor.job(clinic_id, name), **ids)
            session.commit()
        except BaseException:
            session.rollback()
            raise


def _read(value):
    """An id, or an instant in ISO 8601."""
    try:
        return UUID(value)
    except ValueError:
        return datetime.fromisoformat(value)
