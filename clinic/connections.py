"""Connections of the pool are looked at before they are lent out: at a glance always, with a question after a rest.

A ping before every request would cost each of them a round trip. A server that went away has closed its sockets, which
the kernel knows without asking; only a line that was cut silently needs the question, and that takes a while to happen.
"""

import select
import time

import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from clinic.db import db

# Seconds that a connection may have rested and still be lent out at a glance.
RESTED = 5


def _came_back(dbapi_connection, record):
    record.info["rests_since"] = time.monotonic()


def _lend(dbapi_connection, record, proxy):
    rested = time.monotonic() - record.info["rests_since"]
    if rested < RESTED and not _has_something_to_say(dbapi_connection):
        return
    if not _answers(dbapi_connection):
        # The pool throws the connection away, and the others that are as old, and opens another.
        raise sa.exc.InvalidatePoolError("the server went away")


def _has_something_to_say(dbapi_connection):
    """Whether the server sent something unasked: its good-bye, most often."""
    if dbapi_connection.closed:
        return True
    told = select.poll()
    told.register(dbapi_connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    return bool(told.poll(0))


def _answers(dbapi_connection):
    try:
        return db.engine.dialect.do_ping(dbapi_connection)
    except db.engine.dialect.dbapi.Error:
        return False


def init_app(app: Flask):
    """Look at every connection of the application's pool before it is used."""
    with app.app_context():
        event.listen(db.engine, "connect", _came_back)
        event.listen(db.engine, "checkin", _came_back)
        event.listen(db.engine, "checkout", _lend)
