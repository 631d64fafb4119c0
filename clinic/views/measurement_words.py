"""Measured values as people read them: in the units of the clinic's country, with what is unusual said in a word."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace

from babel import numbers
from flask_babel import gettext as _

from clinic import filters
from clinic.current import current
from clinic.db import db
from clinic.filters import locale, zone
from clinic.models.measurements import Kind
from clinic.models.measures import GROWN_UP, MEASURES, at_home, mark_of
from clinic.queries import measurements as queries

MARKS = {"high": "bad", "low": "warn"}


@dataclass(frozen=True, slots=True)
class Shown:
    """One value as it is read: ``mark`` is the word for what is unusual, or None, ``tone`` its colour."""

    kind: Kind
    label: str
    value: str
    unit: str
    mark: str | None
    tone: str | None
    at: datetime
    before: str | None = None


def strip_of(patient) -> list[Shown]:
    """The latest value of each kind for `staff/measurements/_strip.html`; one statement."""
    latest = queries.latest(db.session(), current.clinic.id, patient.id)
    return [shown(found[0], patient, found[1] if found[1:] else None) for found in latest.values()]


def shown(value, patient, before=None) -> Shown:
    """A value (of a table's row or of the strip) in words; ``before`` is the one that it is compared with."""
    judged = is_grown_up(patient, value.measured_at)
    mark = mark_of(value.kind, value.value, _number(value.diastolic)) if judged else None
    words = {"high": _("High"), "low": _("Low"), None: None}
    number, unit = in_words(value)
    return Shown(
        value.kind, label_of(value), number, unit, words[mark], MARKS.get(mark), value.measured_at,
        in_words(before)[0] if before else None,
    )  # fmt: skip


def lines_of(rows, patient) -> list:
    """Rows of the table as lines: when, what, by whom, and which reading they belong to."""
    lines, marked = [], set()
    for row in rows:
        each = shown(row, patient)
        lines.append(
            SimpleNamespace(
                when=f"{filters.day_short(row.measured_at)}, {filters.clock(row.measured_at)}", label=each.label,
                value=f"{each.value} {each.unit}".strip(), mark=each.mark, tone=each.tone,
                is_mistaken=row.mistaken_at is not None,
                who=row.entered_by.name if row.entered_by else _(row.source.label),
                # What was measured together is marked together: one button, on its first line.
                reading_id=row.reading_id if row.reading_id not in marked else None,
            )
        )  # fmt: skip
        marked.add(row.reading_id)
    return lines


def label_of(value):
    """What was measured; of an unlisted kind the source's own word."""
    other = getattr(value, "details", {}).get("type") if value.kind == Kind.OTHER else None
    return other or _(value.kind.label)


def in_words(value) -> tuple[str, str]:
    """The number or the words of a value, and its unit as people write it."""
    if value.value is None:
        return value.value_text or "", ""
    if value.kind not in MEASURES:
        return number(value.value, None), value.unit or ""
    unit = at_home(value.kind, locale().territory)
    text = number(unit.of(value.value), unit.digits)
    if value.diastolic is not None:
        text += "/" + number(unit.of(value.diastolic), unit.digits)
    return text, unit.shown


def number(value, digits) -> str:
    """A number in the clinic's way of writing, with so many digits after the point; None for as many as it has."""
    pattern = "#,##0.###" if digits is None else "#,##0" + ("." + "0" * digits if digits else "")
    return numbers.format_decimal(value, pattern, locale=locale())


def is_grown_up(patient, at: datetime) -> bool:
    """Whether what is usual for grown-ups says anything of the patient; where no date of birth is known, it does."""
    born = patient.date_of_birth
    if born is None:
        return True
    day = at.astimezone(zone()).date()
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day)) >= GROWN_UP


def _number(value):
    return None if value is None else Decimal(str(value))
