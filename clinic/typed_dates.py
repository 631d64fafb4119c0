"""Dates as people type them: in the order of the clinic's locale, with dots always day first, and ISO everywhere."""

import re
from datetime import date
from functools import lru_cache

from babel import Locale, dates

EARLIEST = date(1880, 1, 1)
NUMBERS = re.compile(r"^\s*(\d{1,4})\s*([/.\-\s])\s*(\d{1,2})\s*\2\s*(\d{1,4})\s*\.?\s*$")
# Marks of direction that dates of right-to-left locales are written with.
UNSEEN = re.compile("[\u200e\u200f\u061c]")
BEGUN = re.compile(r"^\d{1,4}[/.](\d{0,2}([/.]\d{0,4})?)?$")


@lru_cache
def order(locale: str) -> str:
    """The order of year, month and day in the locale's short dates, such as ``dMy``."""
    pattern = dates.get_date_format("short", Locale.parse(locale)).pattern
    letters = [each for each in pattern if each in "yMd"]
    return "".join(dict.fromkeys(letters))


def write(day: date, locale: str) -> str:
    """A date in digits, in the locale's order, with all four digits of its year: what ``read`` reads back."""
    return dates.format_skeleton("yMd", day, locale=Locale.parse(locale))


def example(locale: str) -> str:
    """The last day of 1990, as somebody there writes it: its day cannot be taken for a month."""
    return write(date(1990, 12, 31), locale)


def read_all(text: str, locale: str, today: date) -> list[date]:
    """Every date the text can mean, none in the future: two digits of a year stand for any century since 1880."""
    found = NUMBERS.match(UNSEEN.sub("", text))
    if not found:
        return []
    first, mark, second, third = found.groups()
    if len(first) == 4:
        parts = {"y": first, "M": second, "d": third}
    else:
        parts = dict(zip("dMy" if mark == "." else _year_last(locale), (first, second, third), strict=True))
    return [each for each in _dates(parts) if EARLIEST <= each <= today]


def read(text: str, locale: str, today: date) -> date | None:
    """The one date the text means, or None: it is no date, lies ahead, or leaves the century open."""
    found = read_all(text, locale, today)
    return found[0] if len(found) == 1 and re.search(r"\d{4}", text) else None


def is_begun(text: str) -> bool:
    """Whether the text looks like the beginning of a date somebody is still typing."""
    return BEGUN.match(text) is not None


def _year_last(locale):
    """The order of day and month before a year; where people begin with the year, a day comes first otherwise."""
    written = order(locale)
    return "dMy" if written.startswith("y") else written.replace("y", "") + "y"


def _dates(parts):
    year = parts["y"]
    years = [int(year)] if len(year) == 4 else [c + int(year) for c in (1800, 1900, 2000)] if len(year) == 2 else []
    for each in years:
        try:
            yield date(each, int(parts["M"]), int(parts["d"]))
        except ValueError:
            continue
