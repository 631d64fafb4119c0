"""Laboratory results as both faces show them: numbers as the clinic writes them, units in letters, words for flags.

Clinicians read the flag's own word; patients read a sentence about the usual range.
"""

import re
from dataclasses import dataclass
from decimal import Context, Decimal

from babel import numbers
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from clinic import filters
from clinic.models.lab_results import Comparator, Flag, LabResult

TONES = {Flag.NORMAL: "good", Flag.LOW: "warn", Flag.HIGH: "warn", Flag.ABNORMAL: "warn"}
PLAIN = {
    Flag.NORMAL: _l("In the usual range."), Flag.LOW: _l("Lower than the usual range."),
    Flag.HIGH: _l("Higher than the usual range."), Flag.ABNORMAL: _l("Not as usual."),
    Flag.VERY_LOW: _l("Much lower than the usual range."), Flag.VERY_HIGH: _l("Much higher than the usual range."),
    Flag.CRITICAL: _l("Far from what is usual."),
}  # fmt: skip
SIGNS = {Comparator.LESS: "<", Comparator.AT_MOST: "≤", Comparator.AT_LEAST: "≥", Comparator.MORE: ">"}
# More digits than any laboratory means: what another program's arithmetic left behind.
MOST_DIGITS = Context(prec=5)
ANNOTATION = re.compile(r"\{([^}]*)\}")
BRACKETS = re.compile(r"\[([A-Za-z]+)\]")
POWER = re.compile(r"10\*(\d+)")
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class Line:
    """One result as a template writes it; every word is ready."""

    result: LabResult
    value: str
    usual: str | None
    flag: str | None
    tone: str
    # The sentence for a patient.
    plain: str
    # What was found the last time before, and when.
    before: str | None
    day: str


def lines(found, before=None) -> list[Line]:
    """A line for each result; ``before`` are the earlier ones by the id of the later."""
    days, earlier = {}, before or {}
    for each in found:
        if each.sampled_at not in days:
            days[each.sampled_at] = filters.day_short(each.sampled_at)
    return [_line(each, earlier.get(each.id), days[each.sampled_at]) for each in found]


def _line(result, earlier, day):
    flag, usual = result.flag, usual_range(result)
    return Line(
        result=result, value=found_value(result), usual=usual, flag=_(flag.label) if flag else None,
        tone=TONES.get(flag, "bad") if flag else "plain", plain=_plain(flag, usual), day=day,
        before=_("%(value)s on %(day)s", value=found_value(earlier), day=filters.day_short(earlier.sampled_at))
        if earlier else None,
    )  # fmt: skip


def found_value(row) -> str:
    """What was found, with its unit: <0.5 mg/L, 5.6 mmol/L (fasting), negative."""
    sign = SIGNS[Comparator(row.comparator)] if row.comparator else ""
    value = f"{sign}{numeral(row.value)} {unit_in_letters(row.unit)}".strip() if row.value is not None else ""
    if row.value_text:
        return f"{value} ({row.value_text})" if value else row.value_text
    return value


def usual_range(result) -> str | None:
    """The usual range in words, in the value's unit, or None where nobody said."""
    low, high = (numeral(each) if each is not None else None for each in (result.range_low, result.range_high))
    if low is not None and high is not None:
        whole = _("%(low)s to %(high)s", low=low, high=high)
    elif low is not None:
        whole = _("%(low)s or more", low=low)
    elif high is not None:
        whole = _("up to %(high)s", high=high)
    else:
        return result.range_text
    whole = f"{whole} {unit_in_letters(result.unit)}".strip()
    return f"{whole} ({result.range_text})" if result.range_text else whole


def numeral(value: Decimal) -> str:
    """A number with the digits it was found with, in the clinic's locale."""
    if len(value.as_tuple().digits) > 2 * MOST_DIGITS.prec and value.as_tuple().exponent < 0:
        value = MOST_DIGITS.plus(value).normalize()
    places = max(0, -value.as_tuple().exponent)
    return numbers.format_decimal(
        value, format="#,##0" + ("." + "0" * places if places else ""), locale=filters.locale()
    )


def unit_in_letters(unit: str | None) -> str:
    """A UCUM unit as people write it: 10*3/uL is 10³/µL, m[IU]/L is mIU/L."""
    if not unit:
        return ""
    shown = POWER.sub(lambda found: "10" + found[1].translate(RAISED), BRACKETS.sub(r"\1", unit))
    shown = ANNOTATION.sub(lambda found: found[1].replace("_", " "), shown)
    return re.sub(r"\bu(?=(?:L|g|m|mol|U|IU)\b)", "µ", shown)


def _plain(flag, usual):
    if flag:
        return str(PLAIN[flag])
    return _("Your doctor can tell you what it means.") if usual else _("The laboratory gave no usual range.")
