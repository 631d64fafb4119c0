"""FHIR R4 files into one clinic: Patient, Practitioner (a provider) and Encounter (a visit that was).

Two readings, since an Encounter may stand before its Patient: people first, then encounters, whose references are
looked up in the database batch by batch, so that memory stays flat however large the files are. A name in the source
(an id) stands for the same row for ever; two sources that number alike need different ``source`` labels.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from clinic.actions.imports import Importing, integration_for
from clinic.integrations import fhir_files
from clinic.integrations.fhir_mapping import MAPPINGS, Mapped, Skip, mapped
from clinic.models.integrations import IntegrationKind

BATCH = 300
READINGS = (("Patient", "Practitioner"), ("Encounter",))
MOST_BROKEN = 50
PLAIN = re.compile(r"[A-Z][A-Za-z]{2,40}$")


@dataclass
class Item:
    """A mapped resource on its way into the database."""

    keys: list[str]
    columns: dict
    row_id: object = None
    digest: bytes | None = None


@dataclass
class Report:
    """What became of everything that was read; numbers, reasons and places only, never what stood there."""

    counts: dict[str, Counter] = field(default_factory=lambda: defaultdict(Counter))
    reasons: Counter = field(default_factory=Counter)
    remarks: Counter = field(default_factory=Counter)
    broken: list[fhir_files.Broken] = field(default_factory=list)
    broken_count: int = 0

    def skip(self, kind, reason):
        """Count one resource that was not taken in."""
        self.counts[kind]["skipped"] += 1
        self.reasons[kind, reason] += 1

    def break_at(self, broken):
        """Count one broken place; the first ones are kept to be told."""
        self.broken_count += 1
        if len(self.broken) < MOST_BROKEN:
            self.broken.append(broken)

    @property
    def read(self):
        """How many resources were read."""
        return sum(each["read"] for each in self.counts.values())

    @property
    def changed(self):
        """How many rows were made or changed."""
        return sum(each["created"] + each["updated"] for each in self.counts.values())


class FhirImport:
    """One import; ``tell(bytes, resources)`` hears how far it is, in bytes of all files over both readings."""

    def __init__(self, session, clinic, *, by, source="", tell: Callable[[int, int], None] = lambda *_: None):
        self.session, self.source, self.tell = session, source, tell
        self.timezone, self.zone = clinic.timezone, ZoneInfo(clinic.timezone)
        self.importing = Importing(session, integration_for(session, clinic.id, IntegrationKind.FHIR_IMPORT), by=by)
        self.report = Report()
        self.waiting: dict[str, list[Mapped]] = defaultdict(list)
        self.keys: dict[str, set] = defaultdict(set)

    def run(self, files: Iterable[Path]) -> Report:
        """Read the files, write what is new, and commit batch after batch; returns what became of everything."""
        done, with_encounters = 0, set()
        for path in files:
            for found in fhir_files.read(path, lambda at, done=done: self.tell(done + at, self.report.read)):
                if self._first_reading(found) == "Encounter":
                    with_encounters.add(path)
            done += path.stat().st_size
        self._write_all()
        for path in files:
            if path in with_encounters:
                for found in fhir_files.read(path, lambda at, done=done: self.tell(done + at, self.report.read)):
                    self._take(found, READINGS[1])
            done += path.stat().st_size
        self._write_all()
        self.tell(done, self.report.read)
        return self.report

    def _first_reading(self, found):
        """Count it, take people in; returns what it is."""
        if isinstance(found, fhir_files.Broken):
            self.report.break_at(found)
            return None
        kind = found.resource["resourceType"]
        # A made-up name must not become a line of the report, nor may a million of them.
        kind = kind if kind in self.report.counts or (PLAIN.match(kind) and len(self.report.counts) < 200) else "other"
        self.report.counts[kind]["read"] += 1
        if kind not in MAPPINGS:
            self.report.skip(kind, "this kind is not imported")
        self._take(found, READINGS[0])
        return kind

    def _take(self, found, kinds):
        if isinstance(found, fhir_files.Broken) or found.resource["resourceType"] not in kinds:
            return
        kind = found.resource["resourceType"]
        try:
            each = mapped(found, self.zone)
        except Skip as skip:
            self.report.skip(kind, str(skip))
            return
        each.keys = [self._name(key) for key in each.keys]
        # The same resource twice: the later one counts, and meets the earlier one in the database.
        if self.keys[kind] & set(each.keys) or len(self.waiting[kind]) >= BATCH:
            self._write(kind)
        self.waiting[kind].append(each)
        self.keys[kind] |= set(each.keys)
        self.report.remarks.update((kind, remark) for remark in each.remarks)

    def _name(self, key):
        return f"{self.source}|{key}" if self.source else key

    def _write_all(self):
        for kind in list(self.waiting):
            self._write(kind)

    def _write(self, kind):
        batch, self.waiting[kind], self.keys[kind] = self.waiting[kind], [], set()
        if batch:
            self._write_batch(kind, batch)

    def _write_batch(self, kind, batch):
        """Write and commit a batch; one that the database refuses is tried again row by row."""
        try:
            counts = self._put(kind, batch)
            self.session.commit()
        except DBAPIError as error:
            self.session.rollback()
            if not isinstance(error, DataError | IntegrityError):
                raise
            if len(batch) == 1:
                # What the database says of it would quote the row.
                self.report.skip(kind, "the database does not take it")
                return
            counts = Counter()
            for each in batch:
                self._write_batch(kind, [each])
        self.report.counts[kind].update(counts)

    def _put(self, kind, batch):
        if kind == "Patient":
            return self.importing.write_patients(_items(batch))
        if kind == "Practitioner":
            return self.importing.write_providers(_items(batch))
        items, unknown = self._with_people(batch)
        counts = self.importing.write_visits(items, self.timezone)
        for _ in range(unknown):
            self.report.skip(kind, "its patient is not known here")
        return counts

    def _with_people(self, batch):
        """The encounters whose patient is known, with the rows of the people they name; and how many are not."""
        patients = self.importing.people({self._name(each.patient) for each in batch})
        named = {self._name(name) for each in batch for name in each.providers}
        providers = self.importing.known("providers", named)
        items, unknown = [], 0
        for each in batch:
            patient = patients.get(self._name(each.patient))
            if patient is None:
                unknown += 1
                continue
            provider = next((providers[self._name(name)] for name in each.providers
                             if self._name(name) in providers), (None,))  # fmt: skip
            items.append(Item(each.keys, {**each.columns, "patient_id": patient[0], "provider_id": provider[0]}))
        return items, unknown


def _items(batch):
    return [Item(each.keys, dict(each.columns)) for each in batch]
