"""Laboratory results in FHIR R4: Observations, alone, in bundles or inside a DiagnosticReport, as findings of ours.

Pure: no database. What cannot be taken is counted by its reason, which never quotes the file.
"""

import hashlib
import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from clinic.actions.lab_results import Finding, Reported
from clinic.db import word
from clinic.integrations import fhir_files
from clinic.integrations.fhir_mapping import Skip, dicts, reference, text
from clinic.integrations.fhir_values import (
    analyte_of,
    flag_of_interpretation,
    laboratory_of,
    moment_of,
    range_of,
    value_of,
)

MOST_RESULTS = 500
FINAL = ("final", "amended", "corrected")
TAKEN_BACK = ("entered-in-error", "cancelled")
LABORATORY = ("laboratory", "LAB")


@dataclass
class Reading:
    """What a file says: results, whom it is about, and how much was left out for which reason."""

    reported: list[Reported] = field(default_factory=list)
    # The names in the file by which its results call their patient.
    subjects: set[str] = field(default_factory=set)
    # (full name, date of birth as written) of the patients the file brings along or names.
    people: set[tuple[str, str | None]] = field(default_factory=set)
    skipped: Counter = field(default_factory=Counter)

    @property
    def is_of_several(self):
        """Whether its results are about more than one patient."""
        return len(self.subjects) > 1

    def is_about(self, full_name: str, born: date | None) -> bool | None:
        """Whether somebody in the file may be this patient; None where it names nobody.

        A date of birth that differs is somebody else's, whatever the name; without one some part of the name is alike.
        """
        if not self.people:
            return None
        # A patient whom the file brings along tells more than a name beside a result.
        known = [each for each in self.people if each[1]] or self.people
        return any(_alike(name, theirs, full_name, born) for name, theirs in known)


def read(file, name: str, zone: ZoneInfo) -> Reading:
    """Every laboratory result of an open file of bundles, resources or lines of them."""
    reading, reports = Reading(), {}
    for found in fhir_files.read_open(Path(name), file):
        if isinstance(found, fhir_files.Broken):
            reading.skipped[word("It could not be read.")] += 1
            continue
        _resource(reading, reports, found.resource, zone)
    return _with_laboratories(reading, reports)


def result_of(resource: dict, zone: ZoneInfo, within: str = "") -> list[Reported]:
    """One Observation as findings, one for each of its components; raises Skip where it is none of a laboratory's."""
    if not _is_laboratory(resource):
        raise Skip(word("It is not a laboratory result."))
    key, status = _key(resource, within), resource.get("status")
    if status in TAKEN_BACK:
        return [Reported(key, b"", None)]
    if status not in FINAL:
        raise Skip(word("The laboratory has not finished it."))
    at = moment_of(resource, zone)
    if at is None:
        raise Skip(word("It has no date."))
    parts = [(key, resource)] if value_of(resource) else []
    parts += [(f"{key}#{number}", each) for number, each in enumerate(dicts(resource.get("component")))]
    findings = [(name, _finding(part, resource, at)) for name, part in parts if value_of(part)]
    if not findings:
        grouping = resource.get("hasMember") and not resource.get("dataAbsentReason")
        raise Skip(word("It only groups others.") if grouping else word("It has no value."))
    return [Reported(name[:300], _digest(finding), finding) for name, finding in findings]


def _resource(reading, reports, resource, zone):
    """Take one resource in: a result, a report with what it contains, or whom the results are about."""
    kind = resource["resourceType"]
    if kind == "Patient":
        name = next(dicts(resource.get("name")), {})
        whole = text(name.get("text")) or " ".join([*_strings(name.get("given")), text(name.get("family")) or ""])
        reading.people.add((whole.strip(), text(resource.get("birthDate"))))
    elif kind == "DiagnosticReport":
        reports.update({each: laboratory_of(resource) for each in _results(resource)})
        for each in dicts(resource.get("contained")):
            if each.get("resourceType") == "Observation":
                _observation(reading, {"subject": resource.get("subject"), **each}, zone, _key(resource, ""))
    elif kind == "Observation":
        _observation(reading, resource, zone)


def _observation(reading, resource, zone, within=""):
    try:
        reported = result_of(resource, zone, within)
    except Skip as why:
        reading.skipped[str(why)] += 1
        return
    except (AttributeError, TypeError, ValueError, KeyError, OverflowError, ArithmeticError):
        reading.skipped[word("It is not well-formed.")] += 1
        return
    if len(reading.reported) + len(reported) > MOST_RESULTS:
        reading.skipped[word("There were too many in one file.")] += 1
        return
    reading.reported += reported
    subject = resource.get("subject") if isinstance(resource.get("subject"), dict) else {}
    if whose := reference(subject, "Patient") or text(subject.get("reference")):
        reading.subjects.add(whose)
    if display := text(subject.get("display")):
        reading.people.add((display, None))


def _with_laboratories(reading, reports):
    """A result that does not name its laboratory is of the one whose report names the result."""
    named = []
    for each in reading.reported:
        laboratory = reports.get(each.key.partition("#")[0].removeprefix("Observation/"))
        if each.finding and laboratory and not each.finding.laboratory:
            finding = Finding(**{**asdict(each.finding), "laboratory": laboratory})
            each = Reported(each.key, _digest(finding), finding)
        named.append(each)
    reading.reported = named
    return reading


def _is_laboratory(resource):
    """By its category; one without any is taken for what the file is."""
    codes = [text(each.get("code")) for category in dicts(resource.get("category"))
             for each in dicts(category.get("coding"))]  # fmt: skip
    return not codes or any(code in LABORATORY for code in codes)


def _finding(part, whole, at):
    value, comparator, words, unit = value_of(part)
    analyte, code = analyte_of(part.get("code"))
    if not analyte:
        raise Skip(word("It does not say what was measured."))
    low, high, said = range_of(part, unit)
    notes = [text(each.get("text")) for each in dicts(whole.get("note"))]
    return Finding(
        analyte=analyte[:300], code=code, value=value, comparator=comparator, value_text=words and words[:1000],
        unit=unit, range_low=low, range_high=high, range_text=said and said[:300],
        flag=flag_of_interpretation(part.get("interpretation")), sampled_at=at,
        laboratory=(laboratory_of(whole) or "")[:200] or None,
        remark=" ".join(each for each in notes if each)[:1000] or None,
    )  # fmt: skip


def _key(resource, within):
    """What the laboratory calls it: its number there, else the id in the file."""
    for each in dicts(resource.get("identifier")):
        if number := text(each.get("value")):
            return f"{text(each.get('system')) or ''}|{number}"[:300]
    own = text(resource.get("id"))
    if not own:
        raise Skip(word("It has no id."))
    return f"{within}#{own}"[:300] if within else f"{resource['resourceType']}/{own}"[:300]


def _digest(finding):
    said = json.dumps(asdict(finding), default=str, sort_keys=True)
    return hashlib.sha256(said.encode()).digest()


def _alike(name, born_as_written, full_name, born):
    dated = born_as_written and len(born_as_written) == 10 and born
    if dated and born_as_written != born.isoformat():
        return False
    return bool({*name.casefold().split()} & {*full_name.casefold().split()})


def _results(report):
    return [each for each in (reference(one, "Observation") for one in dicts(report.get("result"))) if each]


def _strings(values):
    return [each for each in map(text, values if isinstance(values, list) else []) if each]
