"""What FHIR R4 says in an Observation: a value in one of its many shapes, a range, a flag, a moment. Pure."""

import re
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from clinic.integrations.fhir_mapping import concept, dicts, instant, text
from clinic.models.lab_results import FARTHEST, LOINC, UNIT, Comparator, Flag

# The codes of v3-ObservationInterpretation that tell how a value lies; others are words about it.
INTERPRETED = {
    "N": Flag.NORMAL, "L": Flag.LOW, "LU": Flag.LOW, "LX": Flag.LOW, "H": Flag.HIGH, "HU": Flag.HIGH, "HX": Flag.HIGH,
    "A": Flag.ABNORMAL, "LL": Flag.VERY_LOW, "HH": Flag.VERY_HIGH, "AA": Flag.CRITICAL,
}  # fmt: skip
UCUM = ("http://unitsofmeasure.org", "urn:oid:2.16.840.1.113883.6.8")
COMPARATORS = {each.value: each for each in Comparator}
# What the range of a healthy person is called; ranges for treatment or pregnancy are told in words.
USUAL = (None, "normal", "recommended")


def value_of(part: dict):
    """The value as (number, comparator, words, unit), or None where there is none; raises where it is malformed."""
    quantity = part.get("valueQuantity")
    if isinstance(quantity, dict):
        value = number(quantity.get("value"))
        words = None if value is not None else _numeral(quantity.get("value"))
        found = value, COMPARATORS.get(quantity.get("comparator")) if value is not None else None, words, unit(quantity)
        return found if value is not None or words else None
    whole = part.get("valueInteger")
    if isinstance(whole, int) and not isinstance(whole, bool):
        return number(whole), None, None, None
    words = _words_of(part)
    return (None, None, words, None) if words else None


def _words_of(part):
    """A value that is no number, in words."""
    if isinstance(part.get("valueBoolean"), bool):
        return "yes" if part["valueBoolean"] else "no"
    for name in ("valueString", "valueDateTime", "valueTime"):
        if said := text(part.get(name)):
            return said
    if said := concept(part.get("valueCodeableConcept")):
        return said
    for name, between, ends in (
        ("valueRange", "–", ("low", "high")),
        ("valueRatio", ":", ("numerator", "denominator")),
    ):
        pair = part.get(name)
        if isinstance(pair, dict):
            said = [_quantity(pair.get(end)) for end in ends]
            return between.join(said) if all(said) else None
    return None


def number(value) -> Decimal | None:
    """A number as it was written, or None for what is none or lies out of all reach."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    found = Decimal(str(value))
    return found if found.is_finite() and abs(found) < FARTHEST and found.as_tuple().exponent > -15 else None


def unit(quantity: dict) -> str | None:
    """The unit in UCUM: the code where it is one, else its words as an annotation."""
    code, words = text(quantity.get("code")), text(quantity.get("unit"))
    if quantity.get("system") in UCUM and code and re.match(UNIT, code):
        return code
    if words and re.match(UNIT, words):
        return words
    annotated = "{" + re.sub(r"[^!-z|~]+", "_", words or "") + "}"
    return annotated[:60] if words and re.match(UNIT, annotated) else None


def range_of(part: dict, own_unit: str | None):
    """The usual range as (low, high, words); numbers only where there is one range, in the value's own unit."""
    ranges = [each for each in dicts(part.get("referenceRange")) if _kind(each) in USUAL]
    if len(ranges) == 1 and not ranges[0].get("appliesTo") and not ranges[0].get("age"):
        low, high = (_end(ranges[0].get(end), own_unit) for end in ("low", "high"))
        if not (low and high and low > high) and (low is not None or high is not None):
            return low, high, text(ranges[0].get("text"))
    said = [text(each.get("text")) or _range_in_words(each) for each in dicts(part.get("referenceRange"))]
    return None, None, "; ".join(each for each in said if each) or None


def flag_of_interpretation(concepts) -> Flag | None:
    """The first flag that a laboratory's interpretation names; None where it names none that we know."""
    codes = [text(each.get("code")) for one in dicts(concepts) for each in dicts(one.get("coding"))]
    return next((INTERPRETED[code] for code in codes if code in INTERPRETED), None)


def analyte_of(code):
    """What was measured, as (words, LOINC code or None)."""
    codings = list(dicts(code.get("coding"))) if isinstance(code, dict) else []
    loinc = [each for each in codings if each.get("system") == "http://loinc.org"]
    known = next((text(each.get("code")) for each in loinc), None)
    return concept(code), known if known and re.match(LOINC, known) else None


def laboratory_of(resource: dict) -> str | None:
    """The name of who did it, where the resource names anybody."""
    return next((said for each in dicts(resource.get("performer")) if (said := text(each.get("display")))), None)


def moment_of(resource: dict, zone: ZoneInfo):
    """When the sample was taken or, where that is not said, when the result was given out; None for no date."""
    period = resource.get("effectivePeriod") if isinstance(resource.get("effectivePeriod"), dict) else {}
    said = (resource.get("effectiveDateTime"), resource.get("effectiveInstant"), period.get("start"),
            period.get("end"), resource.get("issued"))  # fmt: skip
    return next((at for each in said if (at := instant(each, zone))), None)


def _kind(one_range):
    kind = one_range.get("type")
    coding = next(dicts(kind.get("coding")), {}) if isinstance(kind, dict) else {}
    return text(coding.get("code"))


def _end(quantity, own_unit):
    if not isinstance(quantity, dict):
        return None
    theirs = unit(quantity)
    return number(quantity.get("value")) if theirs is None or _alike(theirs, own_unit) else None


def _alike(one, other):
    return (one or "").lower() == (other or "").lower()


def _range_in_words(one_range):
    low, high = _quantity(one_range.get("low")), _quantity(one_range.get("high"))
    whom = [said for each in dicts(one_range.get("appliesTo")) if (said := concept(each))]
    whole = f"{low}–{high}" if low and high else f"≥ {low}" if low else f"≤ {high}" if high else None
    return f"{whole} ({', '.join(whom)})" if whole and whom else whole


def _quantity(quantity):
    if not isinstance(quantity, dict) or not (said := _numeral(quantity.get("value"))):
        return None
    return f"{said} {text(quantity.get('unit')) or ''}".strip()


def _numeral(value):
    try:
        plain = isinstance(value, int | float) and not isinstance(value, bool)
        return f"{Decimal(str(value)):g}"[:60] if plain else None
    except InvalidOperation:
        return None
