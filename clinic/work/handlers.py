"""The handlers by the name of their job, and how one is run: in one transaction, in the scope of its clinic."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from clinic.actions.acting import Actor
from clinic.db import db
from clinic.scope import Scope


@dataclass(frozen=True, slots=True)
class Handler:
    """One kind of job: its name, what it does, when it is due by itself (a crontab line, UTC), how often to try it."""

    name: str
    act: Callable
    cron: str | None
    attempts: int | None = None


HANDLERS: dict[str, Handler] = {}


def handles(name, cron=None, attempts=None):
    """Register the handler of the job ``name``; a job may come twice, so a handler looks before it acts."""

    def register(act):
        HANDLERS[name] = Handler(name, act, cron, attempts)
        return act

    return register


def run(app, name, arguments):
    """Do one job: all of it is committed, or nothing. ``arguments`` are the ids that were put with it."""
    ids = {key: UUID(value) for key, value in arguments.items()}
    clinic_id = ids.pop("clinic_id", None)
    with app.app_context():
        session = db.session()
        session.enter(Scope.staff(clinic_id) if clinic_id else Scope.person())
        try:
            HANDLERS[name].act(session, by=Actor.job(clinic_id, name), **ids)
            session.commit()
        except BaseException:
            session.rollback()
            raise
