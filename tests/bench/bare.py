"""A plain Flask application that answers like the product with nothing in between: SQL, one loop, str.format.

What it says to the database and the pieces of the page were taken from the product beforehand; it fills the rows in.
"""

import os
import pickle
import queue
from dataclasses import dataclass
from html import escape
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
from flask import Flask
from psycopg.rows import tuple_row

from tests.bench.statements import anew, libpq

POOL = 16


@dataclass(frozen=True)
class Page:
    """One page: its statements, which of them brings the rows, and the text between and around the rows."""

    path: str
    statements: tuple
    rows_of: int
    order: tuple  # the place of a chunk's row among the rows
    head: str
    chunks: tuple
    zone: str


def application(database_url, pages):
    """The bare application over its own few connections."""
    app = Flask(__name__)
    free = queue.Queue()
    for _number in range(POOL):
        free.put(None)
    for page in pages:
        app.add_url_rule(page.path, page.path, _view(page, free, database_url))
    return app


def _view(page, free, database_url):
    zone = ZoneInfo(page.zone)

    def view():
        connection = free.get() or psycopg.connect(libpq(database_url), row_factory=tuple_row)
        try:
            with connection.transaction():
                rows = _rows(connection, page)
        finally:
            free.put(connection)
        parts = [page.head]
        for place, chunk in zip(page.order, page.chunks, strict=True):
            parts.append(chunk.format(*[_shown(value, zone) for value in rows[place]]))
        return "".join(parts)

    return view


def _rows(connection, page):
    with connection.cursor() as cursor:
        for number, (statement, values) in enumerate(page.statements):
            cursor.execute(statement, anew(statement, values))
            found = cursor.fetchall() if cursor.description else ()
            if number == page.rows_of:
                rows = found
    return rows


def _shown(value, zone):
    if isinstance(value, str):
        return escape(value)
    return value.astimezone(zone).strftime("%H:%M") if hasattr(value, "astimezone") else value


if "BARE_PAGES" in os.environ:
    app = application(os.environ["DATABASE_URL"], pickle.loads(Path(os.environ["BARE_PAGES"]).read_bytes()))
