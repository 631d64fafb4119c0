"""FHIR R4 files into one clinic: patients, providers, visits that were, and what stands in the patients' charts.

Three readings, since an Encounter may stand before its Patient: people first, then encounters, then the charts; what
they refer to is looked up in the database batch by batch, so that memory stays flat however large the files are. A
name in the source (an id) stands for the same row for ever; two sources that number alike need different ``source``
labels.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from clinic.actions.acting import Refused
from clinic.actions.chart_imports import ENTRIES, ChartImporting
from clinic.actions.document_imports import write_document
from clinic.actions.imports import integration_for
from clinic.integrations import fhir_files
from clinic.integrations.fhir_chart import allergy, condition, immunization, procedure
from clinic.integrations.fhir_documents import document_reference
from clinic.integrations.fhir_mapping import MAPPINGS, Mapped, Skip, mapped
from clinic.integrations.fhir_medications import medication_request
from clinic.integrations.fhir_observations import diagnostic_report, observation
from clinic.integrations.storage import StorageAway
from clinic.models.integrations import IntegrationKind
from clinic.uploads import NoRoom

BATCH = 300
CHART = {
    "Condition": condition, "AllergyIntolerance": allergy, "Immunization": immunization, "Procedure": procedure,
    "MedicationRequest": medication_request, "Observation": observation, "DiagnosticReport": diagnostic_report,
    "DocumentReference": document_reference,
}  # fmt: skip
ALL = MAPPINGS | CHART
READINGS = (("Patient", "Practitioner"), ("Encounter",), tuple(CHART))
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
    """One import; ``tell(bytes, resources)`` hears how far it is, in bytes of all files over all readings.

    ``storage`` is where documents are kept, and ``room`` how many bytes of them the clinic may have.
    """

    def __init__(self, session, clinic, *, by, source="", tell=lambda *_: None, storage=None, room=0):
        self.session, self.source, self.tell, self.storage, self.room = session, source, tell, storage, room
        self.timezone, self.zone = clinic.timezone, ZoneInfo(clinic.timezone)
        self.importing = ChartImporting(
            session, integration_for(session, clinic.id, IntegrationKind.FHIR_IMPORT), by=by
        )
        self.report = Report()
        # By kind and, where the kind alone does not say, by table.
        self.waiting: dict[tuple, list[Mapped]] = defaultdict(list)
        self.keys: dict[tuple, set] = defaultdict(set)

    def run(self, files: Iterable[Path]) -> Report:
        """Read the files, write what is new, and commit batch after batch; returns what became of everything."""
        done, kinds_in = 0, defaultdict(set)
        for kinds in READINGS:
            for path in files:
                if kinds is READINGS[0] or kinds_in[path] & set(kinds):
                    for found in fhir_files.read(path, lambda at, done=done: self.tell(done + at, self.report.read)):
                        if kinds is READINGS[0]:
                            kinds_in[path].add(self._first_reading(found))
                        self._take(found, kinds)
                done += path.stat().st_size
            self._write_all()
        self.tell(done, self.report.read)
        return self.report

    def _first_reading(self, found):
        """Count it; returns what it is."""
        if isinstance(found, fhir_files.Broken):
            self.report.break_at(found)
            return None
        kind = found.resource["resourceType"]
        # A made-up name must not become a line of the report, nor may a million of them.
        kind = kind if kind in self.report.counts or (PLAIN.match(kind) and len(self.report.counts) < 200) else "other"
        self.report.counts[kind]["read"] += 1
        if kind not in ALL:
            self.report.skip(kind, "this kind is not imported")
        return kind

    def _take(self, found, kinds):
        if isinstance(found, fhir_files.Broken) or found.resource["resourceType"] not in kinds:
            return
        kind = found.resource["resourceType"]
        try:
            those = mapped(found, self.zone, ALL)
        except Skip as skip:
            self.report.skip(kind, _reason(skip))
            return
        for each in those if isinstance(those, list) else [those]:
            self._wait(kind, each)

    def _wait(self, kind, each):
        """Let it wait for its batch."""
        line = kind, each.into
        each.keys = [self._name(key) for key in each.keys]
        # The same resource twice: the later one counts, and meets the earlier one in the database.
        if self.keys[line] & set(each.keys) or len(self.waiting[line]) >= (1 if each.into == "documents" else BATCH):
            self._write(line)
        self.waiting[line].append(each)
        self.keys[line] |= set(each.keys)
        self.report.remarks.update((kind, remark) for remark in each.remarks)

    def _name(self, key):
        return f"{self.source}|{key}" if self.source else key

    def _write_all(self):
        for line in list(self.waiting):
            self._write(line)

    def _write(self, line):
        batch, self.waiting[line], self.keys[line] = self.waiting[line], [], set()
        if batch:
            self._write_batch(line, batch)

    def _write_batch(self, line, batch):
        """Write and commit a batch; one that the database refuses is tried again row by row."""
        kind, _into = line
        try:
            counts = self._put(line, batch)
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
                self._write_batch(line, [each])
        self.report.counts[kind].update(counts)

    def _put(self, line, batch):
        kind, into = line
        if kind == "Patient":
            return self.importing.write_patients(_items(batch))
        if kind == "Practitioner":
            return self.importing.write_providers(_items(batch))
        items = self._with_people(batch)
        if kind == "Encounter":
            counts = self.importing.write_visits(items, self.timezone)
        elif into == "documents":
            counts = sum((self._keep(kind, item) for item in items), Counter())
        elif into in ENTRIES:
            counts = self.importing.write_entries(into, items)
        else:
            counts = getattr(self.importing, f"write_{into}")(items)
        for _ in range(len(batch) - len(items)):
            self.report.skip(kind, "its patient is not known here")
        return counts

    def _keep(self, kind, item):
        """Keep one document's file; why not, where it is not taken."""
        try:
            return write_document(self.importing, item, self.storage, self.room)
        except Refused:
            self.report.skip(kind, "it is not taken here: too large, or into a closed record")
        except NoRoom:
            self.report.skip(kind, "there is no room left for its file")
        except StorageAway:
            self.report.skip(kind, "the storage did not take its file; the same import again tries once more")
        return Counter()

    def _with_people(self, batch):
        """Those whose patient is known, with the rows of the people and the visit they name."""
        patients = self.importing.people({self._name(each.patient) for each in batch})
        providers = self._ids("providers", {self._name(name) for each in batch for name in each.providers})
        visits = self._ids("visits", {self._name(each.visit) for each in batch if each.visit})
        whose = self.importing.visits_of(list(visits.values()))
        items = []
        for each in batch:
            patient = patients.get(self._name(each.patient))
            if patient is None:
                continue
            provider = next((found for name in each.providers if (found := providers.get(self._name(name)))), None)
            columns = {**each.columns, "patient_id": patient[0], **NAMES.get(each.into, {"provider_id": provider})}
            visit = visits.get(self._name(each.visit)) if each.visit else None
            items.append(Item(each.keys, _at_visit(columns, each.into, visit, whose)))
        return items

    def _ids(self, table, names):
        return {name: row_id for name, (row_id, _digest) in self.importing.known(table, names).items()}


# These name nobody but the patient.
NAMES = {"measurements": {}, "documents": {}}


def _at_visit(columns, into, visit, whose):
    """The columns with the visit it belongs to, where that is this patient's; and with the visit's doctor."""
    if into in (None, "lab_results"):
        return columns
    patient_id, provider_id = whose.get(visit, (None, None))
    if patient_id != columns["patient_id"]:
        return {**columns, "visit_id": None}
    if "provider_id" in columns:
        columns["provider_id"] = columns["provider_id"] or provider_id
    return {**columns, "visit_id": visit}


def _items(batch):
    return [Item(each.keys, dict(each.columns)) for each in batch]


def _reason(skip):
    """Why it was skipped, as a clause of a table: reasons that are sentences elsewhere are none here."""
    said = str(skip)
    return f"{said[0].lower()}{said[1:]}".removesuffix(".") if said.endswith(".") else said
