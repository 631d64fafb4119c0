"""What an address asks for after its question mark: ids, days, moments, pages; one that cannot be read is a 404."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from flask import abort, request, url_for

MOST_PAGES = 10_000


def an_id(name: str, facts=None) -> UUID | None:
    """The id of that name, or None where there is none; out of other ``facts`` where the address is not asked."""
    return _read(name, UUID, facts)


def a_day(name: str, facts=None) -> date | None:
    """The ISO date of that name, or None where there is none."""
    found = _read(name, date.fromisoformat, facts)
    if found and not 1900 <= found.year <= 2900:
        abort(404)
    return found


def a_moment(name: str) -> datetime | None:
    """The ISO moment of that name, with its offset from UTC, or None where there is none."""
    found = _read(name, datetime.fromisoformat)
    if found and found.tzinfo is None:
        abort(404)
    return found


def a_word(name: str, facts=None, most: int = 80) -> str | None:
    """The words of that name, without spaces around them, or None where there are none."""
    return facts_or_address(facts).get(name, "").strip()[:most] or None


def facts_or_address(facts):
    """The ``facts``, by name, or those of the address where there are none."""
    return request.args if facts is None else facts


def page_number() -> int:
    """The page asked for; the first where none is named."""
    number = _read("page", int)
    if number is not None and not 1 <= number <= MOST_PAGES:
        abort(404)
    return number or 1


def own_path(name: str = "next") -> str | None:
    """A path on our own site, or None: nothing that a browser could take for another host."""
    path = request.values.get(name, "")
    plain = path.startswith("/staff/") and "\\" not in path and "//" not in path and path.isprintable()
    return path if plain and len(path) <= 2000 else None


@dataclass(frozen=True)
class Page:
    """One page of a longer list: its rows, its number, whether there are more."""

    rows: list
    number: int
    has_next: bool

    @classmethod
    def of(cls, found, number, size):
        """The page out of a result with one row more than fits, if there is a next page."""
        found = list(found)
        return cls(found[:size], number, len(found) > size)

    @property
    def has_prev(self):
        """Whether this is not the first page."""
        return self.number > 1

    def url(self, number):
        """The address of another page of the same list."""
        asked = {**request.args.to_dict(), **(request.view_args or {}), "page": number}
        return url_for(request.endpoint, **asked)


def _read(name, kind, facts=None):
    text = facts_or_address(facts).get(name, "")
    try:
        return kind(text) if text else None
    except ValueError:
        abort(404)
