"""Laboratory results in FHIR R4: what is read of an Observation, what is left out and why, and published files."""

import gzip
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from clinic.integrations import fhir_labs
from clinic.models.lab_results import Comparator, Flag

LONDON = ZoneInfo("Europe/London")
SHARED = Path(__file__).parents[3] / "shared" / "data"
EXAMPLES, SYNTHEA = SHARED / "fhir-r4-examples", SHARED / "synthea-r4" / "ndjson" / "Observation.ndjson.gz"


def observation(**more):
    """Glucose as a laboratory sends it."""
    return {
        "resourceType": "Observation", "id": "g", "status": "final", "subject": {"reference": "Patient/p"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "15074-8", "display": "Glucose in blood"}]},
        "effectiveDateTime": "2026-07-02T09:30:00+02:00",
        "valueQuantity": {"value": 6.3, "unit": "mmol/l", "system": "http://unitsofmeasure.org", "code": "mmol/L"},
        **more,
    }  # fmt: skip


def reading(*resources, name="report.ndjson"):
    """What a file of these resources, a line for each, is read as."""
    return fhir_labs.read(io.BytesIO("\n".join(map(json.dumps, resources)).encode()), name, LONDON)


def finding(**more):
    """What is read of glucose, when something about it is otherwise."""
    (reported,) = reading(observation(**more)).reported
    return reported.finding


def test_a_value_comes_with_its_unit_range_code_and_moment():
    found = finding(referenceRange=[{"low": {"value": 3.1}, "high": {"value": 6.2, "unit": "mmol/L"}}])
    assert (found.analyte, found.code) == ("Glucose in blood", "15074-8")
    assert (found.value, found.unit, found.range_low, found.range_high) == (
        Decimal("6.3"), "mmol/L", Decimal("3.1"), Decimal("6.2"),
    )  # fmt: skip
    assert found.sampled_at == datetime(2026, 7, 2, 7, 30, tzinfo=UTC)


def test_a_day_without_a_time_begins_on_the_clinics_clock():
    assert finding(effectiveDateTime="2026-07-02").sampled_at == datetime(2026, 7, 1, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"valueString": "Staph. aureus"}, "Staph. aureus"), ({"valueBoolean": False}, "no"),
        ({"valueCodeableConcept": {"text": "negative"}}, "negative"),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}, "1:128"),
        ({"valueRange": {"low": {"value": 2}, "high": {"value": 5}}}, "2–5"),
        ({"valueQuantity": {"value": 1e18, "unit": "g"}}, "1e+18"),
    ],
)  # fmt: skip
def test_what_is_no_number_within_reach_is_kept_in_words(value, words):
    found = finding(**({"valueQuantity": None} | value))
    assert (found.value, found.value_text) == (None, words)


@pytest.mark.parametrize(
    ("unit", "kept"),
    [({"unit": "mg/dl"}, "mg/dl"), ({"unit": "per field"}, "{per_field}"), ({}, None),
     ({"unit": "x", "code": "g/L", "system": "urn:other"}, "x")],
)  # fmt: skip
def test_a_unit_is_ucum_or_becomes_an_annotation_of_it(unit, kept):
    assert finding(valueQuantity={"value": 1, **unit}).unit == kept


@pytest.mark.parametrize(
    ("code", "flag"), [("H", Flag.HIGH), ("LL", Flag.VERY_LOW), ("AA", Flag.CRITICAL), ("POS", None)]
)
def test_the_laboratorys_own_flag_is_taken_where_it_tells_how_a_value_lies(code, flag):
    assert finding(interpretation=[{"coding": [{"code": code}]}]).flag == flag


@pytest.mark.parametrize(
    ("ranges", "words"),
    [
        ([{"low": {"value": 60, "unit": "mg/dL"}}], "≥ 60 mg/dL"),
        ([{"low": {"value": 4}, "high": {"value": 5}, "appliesTo": [{"text": "men"}]}], "4–5 (men)"),
        ([{"text": "below 5"}, {"text": "women below 4"}], "below 5; women below 4"),
        ([{"low": {"value": 9}, "high": {"value": 2}}], "9–2"),
    ],
)
def test_a_range_in_another_unit_or_for_some_only_is_told_in_words_and_judges_nothing(ranges, words):
    found = finding(referenceRange=ranges)
    assert (found.range_low, found.range_high, found.range_text) == (None, None, words)


def test_a_value_below_what_can_be_measured_says_so():
    assert finding(valueQuantity={"value": 0.5, "comparator": "<"}).comparator == Comparator.LESS


def test_every_component_is_a_result_of_its_own():
    parts = [{"code": {"text": name}, "valueQuantity": {"value": 1}} for name in ("Free", "Bound")]
    found = reading(observation(valueQuantity=None, component=parts)).reported
    assert [(each.key, each.finding.analyte) for each in found] == [
        ("Observation/g#0", "Free"), ("Observation/g#1", "Bound"),
    ]  # fmt: skip


def test_a_report_brings_what_it_contains_and_names_its_laboratory():
    contained = {key: value for key, value in observation(id="c").items() if key != "subject"}
    report = {
        "resourceType": "DiagnosticReport", "id": "r", "subject": {"reference": "Patient/p"},
        "performer": [{"display": "City Lab"}], "result": [{"reference": "Observation/g"}], "contained": [contained],
    }  # fmt: skip
    found = reading(observation(), report)
    assert [each.finding.laboratory for each in found.reported] == ["City Lab", None]
    assert found.subjects == {"p"} and found.reported[1].key == "DiagnosticReport/r#c"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"status": "preliminary"}, "The laboratory has not finished it."),
        ({"category": [{"coding": [{"code": "vital-signs"}]}]}, "It is not a laboratory result."),
        ({"effectiveDateTime": "2026"}, "It has no date."), ({"id": None}, "It has no id."),
        ({"valueQuantity": None, "dataAbsentReason": {}}, "It has no value."),
        ({"valueQuantity": None, "hasMember": [{}]}, "It only groups others."),
        ({"code": None}, "It does not say what was measured."),
    ],
)  # fmt: skip
def test_what_is_not_taken_is_counted_by_its_reason(more, why):
    found = reading(observation(**more))
    assert (found.reported, dict(found.skipped)) == ([], {why: 1})


def test_what_the_laboratory_takes_back_is_known_by_its_name():
    (gone,) = reading(observation(status="entered-in-error", identifier=[{"system": "urn:l", "value": "7"}])).reported
    assert (gone.key, gone.finding) == ("urn:l|7", None)


def test_a_file_says_whom_it_is_about():
    patient = {"resourceType": "Patient", "id": "p", "name": [{"text": "Maya Okafor"}], "birthDate": "1990-04-12"}
    found = reading(patient, observation())
    assert found.is_about("Maya Ngozi Okafor", date(1990, 4, 12))
    assert found.is_about("Maya Okafor", date(1990, 4, 13)) is False
    assert found.is_about("Tom Baker", None) is False
    assert reading(observation()).is_about("Tom Baker", None) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"resourceType": 3}', "\x00"])
def test_what_is_no_fhir_yields_nothing_and_breaks_nothing(text):
    for name in ("x.json", "x.ndjson"):
        assert fhir_labs.read(io.BytesIO(text.encode()), name, LONDON).reported == []


@pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the published examples are not here")
def test_the_published_examples_are_read_or_left_out_with_a_reason():
    files = sorted(EXAMPLES.glob("Observation-*.json"))
    for path in files:
        with path.open("rb") as file:
            found = fhir_labs.read(file, path.name, LONDON)
        assert found.reported or found.skipped, path.name
    with (EXAMPLES / "Observation-f001.json").open("rb") as file:
        (glucose,) = fhir_labs.read(file, "f001.json", LONDON).reported
    assert glucose.finding.flag == Flag.HIGH and glucose.finding.range_high == Decimal("6.2")


@pytest.mark.skipif(not SYNTHEA.is_file(), reason="the synthetic patients are not here")
def test_synthetic_patients_laboratory_values_are_all_read():
    with gzip.open(SYNTHEA, "rt") as lines:
        some = [json.loads(line) for line in islice(lines, 400)]
    laboratory = [each for each in some if "laboratory" in json.dumps(each.get("category"))]
    found = reading(*laboratory)
    assert laboratory and len(found.reported) + found.skipped.total() >= len(laboratory)
    assert not set(found.skipped) - {"It only groups others.", "It has no value."}
