"""Takes a page of the product apart, so that the bare view can put the same bytes together from the same rows."""

import re
from html import escape
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg

from tests.bench.bare import Page
from tests.bench.statements import libpq

ANY_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
SHORTEST = 3  # characters of a value that is looked for; shorter ones stand everywhere


def taken_apart(path, html, statements, url, marker, zone) -> Page:
    """The page as text around rows; ``marker`` says how a row's first value on the page is written."""
    answers = _answers(statements, url)
    places = [_places(html, rows, marker) for rows in answers]
    rows_of = max(range(len(places)), key=lambda number: len(places[number]))
    rows, begins = answers[rows_of], places[rows_of]
    if not begins:
        raise RuntimeError(f"no row of {path} was found on its page")
    ends = [begin for begin, _place in begins[1:]] + [len(html)]
    chunks = [
        _chunk(html[begin:end], rows[place], ZoneInfo(zone)) for (begin, place), end in zip(begins, ends, strict=True)
    ]
    order = tuple(place for _begin, place in begins)
    return Page(path.partition("?")[0], tuple(statements), rows_of, order, html[: begins[0][0]], tuple(chunks), zone)


def same(one, other):
    """Whether two pages are equal but for the ids that each answer makes anew."""
    return ANY_ID.sub("", one) == ANY_ID.sub("", other)


def _answers(statements, url):
    with psycopg.connect(libpq(url)) as connection:
        cursors = [connection.execute(statement, values) for statement, values in statements]
        answers = [cursor.fetchall() if cursor.description else [] for cursor in cursors]
        connection.rollback()
    return answers


def _places(html, rows, marker):
    marks = [(marker(row), place) for place, row in enumerate(rows)]
    return sorted((html.find(mark), place) for mark, place in marks if mark and mark in html)


def _chunk(text, row, zone):
    """The text with a numbered gap wherever a value of the row stands."""
    gaps = {}
    for number, value in enumerate(row):
        written = _written(value, zone)
        if written and len(written) >= SHORTEST:
            gaps.setdefault(written, f"{{{number}}}")
    text = text.replace("{", "{{").replace("}", "}}")
    if not gaps:
        return text
    wanted = re.compile("|".join(map(re.escape, sorted(gaps, key=len, reverse=True))))
    return wanted.sub(lambda found: gaps[found[0]], text)


def _written(value, zone):
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, UUID):
        return str(value)
    return value.astimezone(zone).strftime("%H:%M") if hasattr(value, "astimezone") else None
