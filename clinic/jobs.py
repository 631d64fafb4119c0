"""The job queue: a job is written in the transaction of the change that causes it, or not at all."""

from datetime import datetime

import procrastinate
from psycopg.conninfo import make_conninfo

# The connector is never opened by the web: jobs are put through the session's own connection.
queue = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())


def put(session, name: str, at: datetime | None = None, **arguments):
    """Put the named job, to run at once or at a time, if and only if the session's transaction commits.

    Arguments are ids and other plain values that JSON can carry, never a patient's words.
    """
    connection = session.connection().connection.driver_connection
    deferrer = queue.configure_task(name, allow_unknown=True, schedule_at=at, connection=connection)
    deferrer.defer(**{key: str(value) for key, value in arguments.items()})


def put_many(session, name: str, many: list[dict]):
    """Put the named job once for each set of arguments, in one statement, if the session's transaction commits."""
    if many:
        connection = session.connection().connection.driver_connection
        deferrer = queue.configure_task(name, allow_unknown=True, connection=connection)
        deferrer.batch_defer(*({key: str(value) for key, value in arguments.items()} for arguments in many))


def for_worker(database_url: str) -> procrastinate.App:
    """The same queue as the worker runs it, on its own connections to the address (libpq's form)."""
    # An app of its own: a job that puts another job does so like everybody, through its session's connection.
    connector = procrastinate.PsycopgConnector(conninfo=make_conninfo(database_url), min_size=1, max_size=3)
    return procrastinate.App(connector=connector)
