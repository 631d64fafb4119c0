"""How laboratory results are written: numbers in the clinic's way, units in letters, ranges and flags in words."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from clinic.models.lab_results import Comparator, Flag, LabResult
from clinic.queries.analytes import ANALYTES, known_as
from clinic.views.lab_lines import lines, numeral, unit_in_letters


def line(**facts):
    """The line of one result."""
    result = LabResult(analyte="Sodium", sampled_at=datetime(2026, 3, 4, tzinfo=UTC), **facts)
    return lines([result])[0]


@pytest.fixture(autouse=True)
def request_of_nobodys(app):
    """Words and numbers are written in a request's language."""
    with app.test_request_context():
        yield


@pytest.mark.parametrize(
    ("value", "shown"),
    [("6.30", "6.30"), ("1234.5", "1,234.5"), ("0.00012", "0.00012"), ("4.736528041686558", "4.7365"), ("150", "150")],
)
def test_a_number_keeps_its_digits_but_not_what_arithmetic_left_behind(value, shown):
    assert numeral(Decimal(value)) == shown


@pytest.mark.parametrize(
    ("ucum", "shown"),
    [
        ("10*3/uL", "10³/µL"), ("m[IU]/L", "mIU/L"), ("mL/min/{1.73_m2}", "mL/min/1.73 m2"), ("%", "%"),
        ("umol/L", "µmol/L"), ("{per_field}", "per field"), (None, ""),
    ],
)  # fmt: skip
def test_a_unit_is_written_as_people_write_it(ucum, shown):
    assert unit_in_letters(ucum) == shown


def test_values_ranges_and_flags_are_words():
    low = line(value=Decimal("5"), comparator=Comparator.LESS, unit="mg/dL", range_low=Decimal("10"), flag=Flag.LOW)
    assert (low.value, low.usual, low.flag, low.tone) == ("<5 mg/dL", "10 or more mg/dL", "Low", "warn")
    assert low.plain == "Lower than the usual range."
    words = line(value_text="negative")
    assert (words.value, words.usual, words.flag, words.plain) == (
        "negative", None, None, "The laboratory gave no usual range.",
    )  # fmt: skip
    both = line(value=Decimal("5"), value_text="haemolysed", range_text="below 6", flag=Flag.VERY_HIGH)
    assert (both.value, both.usual, both.tone) == ("5 (haemolysed)", "below 6", "bad")


def test_every_known_analyte_has_a_loinc_code_whose_check_digit_is_right():
    def check_digit(body):
        # The mod 10 algorithm of LOINC's users' guide.
        digits = body[::-1]
        doubled = str(int(digits[0::2][::1][::-1]) * 2)
        return str(-(sum(map(int, doubled)) + sum(map(int, digits[1::2]))) % 10)

    for each in ANALYTES:
        body, digit = each.code.split("-")
        assert check_digit(body) == digit, each
    assert known_as("  c-reactive   Protein ").code == "1988-5" and known_as("Unobtainium") is None
