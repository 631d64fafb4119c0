"""What one answer of the application says to the database, and saying the same without the application."""

import datetime as dt
import re
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import psycopg
from sqlalchemy import event
from uuid_utils.compat import uuid7

# An id that is written as text: a form's key, a request's.
KEY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@contextmanager
def heard(engine):
    """A list of (statement, parameters) as psycopg gets them, filled while the block runs."""
    said = []

    def hear(_connection, _cursor, statement, parameters, _context, _executemany):
        said.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", hear)


def libpq(url):
    """The address as psycopg reads it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


@dataclass(frozen=True)
class Repeating:
    """The limit of a read: its statements, between BEGIN and COMMIT, with everything they return fetched."""

    url: str
    statements: tuple

    def __call__(self, _place, _clients):
        connection = psycopg.connect(libpq(self.url))

        def say():
            _say(connection, [(statement, anew(statement, values)) for statement, values in self.statements])

        return say


@dataclass(frozen=True)
class Rebooking:
    """The limit of a booking: its statements, each time with new ids and for another doctor and time."""

    url: str
    statements: tuple
    known: frozenset
    doctor: UUID
    starts_at: dt.datetime
    wishes: object

    def __call__(self, place, clients):
        connection, ahead = psycopg.connect(libpq(self.url)), self.wishes.of(place, clients)

        def say():
            _say(connection, self._for(*next(ahead)))

        return say

    def _for(self, doctor, starts_at):
        fresh = {self.doctor: doctor} | {known: known for known in self.known}
        move = starts_at - self.starts_at
        return [(statement, _mapped(values, fresh, move, self.starts_at)) for statement, values in self.statements]


def _say(connection, statements):
    with connection.cursor() as cursor:
        for statement, values in statements:
            cursor.execute(statement, values)
            if cursor.description:
                cursor.fetchall()
    connection.commit()


def anew(statement, values):
    """The values with a new id where a row is inserted: of two alike in one microsecond the second would be refused."""
    return {**values, "id": uuid7()} if statement.startswith("INSERT") and "id" in values else values


def _mapped(value, fresh, move, starts_at):
    if isinstance(value, UUID):
        return fresh.setdefault(value, uuid7())
    if isinstance(value, str) and KEY.fullmatch(value):
        return str(_mapped(UUID(value), fresh, move, starts_at))
    if isinstance(value, dt.datetime):
        return value + move if abs(value - starts_at) < dt.timedelta(hours=23) else value
    if isinstance(value, dt.date):
        return (starts_at + move).date()
    if isinstance(value, dict):
        return {name: _mapped(each, fresh, move, starts_at) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_mapped(each, fresh, move, starts_at) for each in value)
    return value
