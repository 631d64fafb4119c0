"""Charts of measured values: where each point, line and label lies in an SVG of our own, and the same as a table."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from flask import abort, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from clinic import filters
from clinic.clock import now
from clinic.current import current
from clinic.db import db
from clinic.models.measurements import Kind
from clinic.models.measures import MEASURES, at_home
from clinic.queries import measurements as queries
from clinic.views.measurement_words import in_words, is_grown_up, number

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 48, 16, 12, 28
LINES = 4  # of the grid, and one more
SPANS = {
    "3-months": (_l("3 months"), timedelta(days=92)), "year": (_l("A year"), timedelta(days=366)),
    "5-years": (_l("5 years"), timedelta(days=1827)), "all": (_l("Everything"), None),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Point:
    """One value: where it lies, and in words."""

    x: float
    y: float
    words: str


@dataclass
class Figure:
    """One chart: its lines of points, the usual range as (top, height), and the labels of both axes."""

    kind: Kind
    label: str
    unit: str
    lines: list[list[Point]]
    band: tuple[float, float] | None
    levels: list[tuple[float, str]]
    days: list[tuple[float, str, str]]
    table: list[tuple[str, str]] = field(default_factory=list)
    width, height, left, right, bottom = WIDTH, HEIGHT, LEFT, WIDTH - RIGHT, HEIGHT - BOTTOM


def span_asked() -> str:
    """The span of time that the address names; everything, where it names none."""
    asked = request.args.get("span", "all")
    return asked if asked in SPANS else abort(404)


def charts_of(patient, span) -> list[Figure]:
    """A chart of every kind with two values or more in the span; one statement, 200 values of a kind at most."""
    length = SPANS[span][1]
    since = now() - length if length else queries.EVER
    ids = current.clinic.id, patient.id
    found = queries.latest(db.session(), *ids, since=since, most=queries.MOST_POINTS)
    return [_figure(kind, values[::-1], patient) for kind, values in found.items() if len(values) > 1]


def _figure(kind, values, patient):
    measure, unit = MEASURES[kind], at_home(kind, filters.locale().territory)
    numbers = [v for each in values for v in (each.value, each.diastolic) if v is not None]
    low, high = min(measure.scale[0], *numbers), max(measure.scale[1], *numbers)
    across, down = _across(values[0].measured_at, values[-1].measured_at), _down(low, high)
    usual = measure.usual if is_grown_up(patient, values[-1].measured_at) else None
    if usual:
        usual = max(usual[0], low), min(usual[1], high)
    levels = [low + (high - low) * step / LINES for step in range(LINES + 1)]
    return Figure(
        kind, _(kind.label), unit.shown,
        [line for line in (_line(values, across, down, "value"), _line(values, across, down, "diastolic")) if line],
        (down(usual[1]), down(usual[0]) - down(usual[1])) if usual else None,
        [(down(level), number(unit.of(level), unit.digits)) for level in levels],
        _days(values, across),
        [(filters.day_short(each.measured_at), in_words(each)[0]) for each in reversed(values)],
    )  # fmt: skip


def _line(values, across, down, which):
    return [
        Point(
            across(each.measured_at), down(getattr(each, which)),
            f"{filters.day_short(each.measured_at)}: {' '.join(in_words(each))}",
        )
        for each in values if getattr(each, which) is not None
    ]  # fmt: skip


def _across(first: datetime, last: datetime):
    """A moment as a distance from the left; a single moment stands in the middle."""
    length, width = (last - first).total_seconds(), WIDTH - LEFT - RIGHT
    if not length:
        return lambda _moment: LEFT + width / 2
    return lambda moment: round(LEFT + width * (moment - first).total_seconds() / length, 1)


def _down(low: Decimal, high: Decimal):
    """A value as a distance from the top."""
    tall = HEIGHT - TOP - BOTTOM
    return lambda value: round(float(TOP + tall * (high - Decimal(value)) / (high - low)), 1)


def _days(values, across):
    """The first and the last day of a chart, each at its end of the axis."""
    first, last = values[0].measured_at.astimezone(UTC), values[-1].measured_at.astimezone(UTC)
    if first == last:
        return [(across(first), filters.day_short(first), "middle")]
    return [(LEFT, filters.day_short(first), "start"), (WIDTH - RIGHT, filters.day_short(last), "end")]
