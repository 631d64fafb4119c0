"""What a FHIR R4 Observation is in a patient's chart: a measured value or a laboratory's result. Pure."""

from decimal import Decimal
from zoneinfo import ZoneInfo

from clinic.integrations import fhir_labs
from clinic.integrations.fhir_chart import NEVER_TRUE, Whose
from clinic.integrations.fhir_mapping import Mapped, Skip, concept, dicts, keys_of
from clinic.integrations.fhir_values import moment_of, number, unit, value_of
from clinic.models.lab_results import ResultSource, flag_of
from clinic.models.measurements import Context, Kind, MeasurementSource
from clinic.models.measures import MEASURES
from clinic.models.releasing import ReleaseRule

K = Kind
# LOINC's codes of what we have a kind for; anything else keeps its own name.
LOINC = {
    "85354-9": K.BLOOD_PRESSURE, "55284-4": K.BLOOD_PRESSURE, "8867-4": K.HEART_RATE, "9279-1": K.RESPIRATION,
    "59408-5": K.SPO2, "2708-6": K.SPO2, "8310-5": K.TEMPERATURE, "8331-1": K.TEMPERATURE, "29463-7": K.WEIGHT,
    "3141-9": K.WEIGHT, "8302-2": K.HEIGHT, "39156-5": K.BMI, "2339-0": K.GLUCOSE, "15074-8": K.GLUCOSE,
    "41653-7": K.GLUCOSE, "4548-4": K.A1C,
}  # fmt: skip
SYSTOLIC, DIASTOLIC = "8480-6", "8462-4"
# Units that mean one of ours, and by how much to multiply.
SAME = {
    "g": ("kg", "0.001"), "[lb_us]": ("[lb_av]", "1"), "m": ("cm", "100"), "[in_us]": ("[in_i]", "1"),
    "{beats}/min": ("/min", "1"), "{breaths}/min": ("/min", "1"), "mmHg": ("mm[Hg]", "1"), "mm[Hg]": ("mm[Hg]", "1"),
    "degC": ("Cel", "1"),
}  # fmt: skip
LABORATORY = [{"coding": [{"code": "laboratory"}]}]
VITAL = ("vital-signs", "vital-sign")
DONE = ("final", "amended", "corrected", NEVER_TRUE)
HUNDREDTH = Decimal("0.01")


def observation(resource, full_url, zone: ZoneInfo) -> list[Mapped]:
    """An Observation as one measured value, or as the results it holds."""
    categories = {
        each.get("code") for category in dicts(resource.get("category")) for each in dicts(category.get("coding"))
    }
    whose = Whose.of(resource, by=("performer",))
    if categories & set(VITAL):
        return [_measured(resource, full_url, whose, zone)]
    if categories & set(fhir_labs.LABORATORY):
        return _results(resource, full_url, whose, zone)
    raise Skip("it is neither a vital sign nor a laboratory's result")


def diagnostic_report(resource, full_url, zone: ZoneInfo) -> list[Mapped]:
    """The results that a DiagnosticReport brings along inside itself; those it refers to come by themselves."""
    within = [each for each in dicts(resource.get("contained")) if each.get("resourceType") == "Observation"]
    if not within:
        raise Skip("it only groups results, which are taken in one by one")
    shared = {
        name: resource[name] for name in ("subject", "encounter", "effectiveDateTime", "issued") if name in resource
    }
    own, found = keys_of(resource, full_url)[0], []
    for each in within:
        result = {**shared, "category": LABORATORY, **each, "id": f"{own}#{each.get('id')}"}
        found += _results(result, None, Whose.of(result), zone)
    return found


def _measured(resource, full_url, whose, zone):
    if resource.get("status") not in DONE:
        raise Skip("it is not final")
    at = moment_of(resource, zone)
    if at is None:
        raise Skip("it has no full date")
    kind = next((LOINC[code] for code in _codes(resource) if code in LOINC), K.OTHER)
    value, words, its_unit, components = _pressure(resource) if kind == K.BLOOD_PRESSURE else _value(resource, kind)
    columns = {
        "kind": kind, "value": value, "value_text": words and words[:500], "unit": its_unit, "components": components,
        "measured_at": at, "source": MeasurementSource.IMPORT, "context": Context.UNKNOWN,
        "metadata": {"type": (concept(resource.get("code")) or "?")[:200]} if kind == K.OTHER else {},
        "mistaken_at": at if resource.get("status") == NEVER_TRUE else None,
    }  # fmt: skip
    return Mapped(keys_of(resource, full_url), columns, [], whose.patient, [], whose.visit, "measurements")


def _value(resource, kind):
    said = value_of(resource)
    if said is None:
        raise Skip("it has no value")
    value, comparator, words, its_unit = said
    if comparator is not None:
        return None, f"{comparator.value} {value:g} {its_unit or ''}".strip(), None, {}
    if kind == K.OTHER or value is None:
        return value, words, its_unit, {}
    kept, code = _kept(kind, value, its_unit)
    return kept, None, code, {}


def _pressure(resource):
    parts = {code: each for each in dicts(resource.get("component")) for code in _codes(each)}
    upper, lower = (_quantity(parts.get(code)) for code in (SYSTOLIC, DIASTOLIC))
    if upper is None:
        raise Skip("a blood pressure without its upper value")
    return upper, None, "mm[Hg]", {} if lower is None else {"diastolic": float(lower) if lower % 1 else int(lower)}


def _quantity(part):
    quantity = part.get("valueQuantity") if part else None
    if not isinstance(quantity, dict) or (value := number(quantity.get("value"))) is None:
        return None
    return _kept(K.BLOOD_PRESSURE, value, unit(quantity))[0]


def _kept(kind, value, its_unit):
    """The value in the unit that is kept, to the hundredth, and that unit."""
    own = MEASURES[kind].units
    code, factor = SAME.get(its_unit, (its_unit, "1"))
    found = next((each for each in own if each.code == code), None)
    if found is None:
        raise Skip("its unit is not known for what it measures")
    return found.kept(value * Decimal(factor)).quantize(HUNDREDTH), own[0].code


def _results(resource, full_url, whose, zone):
    """Every finding of a laboratory's Observation, each with a name of its own."""
    keys, found = keys_of(resource, full_url), []
    for place, reported in enumerate(fhir_labs.result_of(resource, zone)):
        finding = reported.finding
        if finding is None:
            raise Skip("the laboratory took it back")
        columns = {name: getattr(finding, name) for name in finding.__slots__}
        columns |= {
            "flag": finding.flag or flag_of(finding.value, finding.comparator, finding.range_low, finding.range_high),
            # Read and shown like any result that nobody here has looked at.
            "release_rule": ReleaseRule.AFTER_REVIEW, "source": ResultSource.IMPORT,
        }  # fmt: skip
        names = [f"{key}#{place}" for key in keys] if place else keys
        found.append(Mapped(names, columns, [], whose.patient, whose.providers, None, "lab_results"))
    return found


def _codes(resource):
    code = resource.get("code")
    return [each.get("code") for each in dicts(code.get("coding"))] if isinstance(code, dict) else []
