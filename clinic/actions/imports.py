"""Taking in what an outside system holds, by the hundred.

A batch is one transaction and leaves one audit entry with its counts, not one for each row: an import of a million rows
would otherwise bury the log. Each visit still gets its history. Rows are known by ``external_ids``, whose digest tells
whether the source has said anything new; what the clinic changed meanwhile is overwritten only where it has. COPY
would be quicker, but PostgreSQL has none under row-level security.
"""

import hashlib
import json
from collections import Counter

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from clinic import bell
from clinic.actions import patient_changes
from clinic.actions.acting import audit
from clinic.actions.patient_words import words_of
from clinic.db import now
from clinic.models.integrations import ExternalId, Integration
from clinic.models.patient_changes import PatientChange
from clinic.models.patients import DAY_UNKNOWN, Patient, PatientWord
from clinic.models.providers import Provider
from clinic.models.visits import EventKind, Visit, VisitEvent, VisitKind, VisitSource

# One import at a time in a clinic: two that bring the same patient would each make one.
ALONE = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('import' || CAST(:clinic_id AS text), 0))")
NUMBERS = sa.text("SELECT nextval('patient_numbers') FROM generate_series(1, :count)")
KNOWN = sa.text(
    """SELECT external_id, resource_id, digest FROM external_ids
        WHERE clinic_id = :clinic_id AND integration_id = :integration_id AND resource_type = :kind
          AND external_id = ANY(CAST(:keys AS text[]))"""
)
DIGEST = sa.text(
    """UPDATE external_ids SET digest = :digest
        WHERE clinic_id = :clinic_id AND resource_type = :kind AND resource_id = :row_id"""
)
DROP_WORDS = sa.text("DELETE FROM patient_words WHERE clinic_id = :clinic_id AND patient_id = ANY(:ids)")
PATIENTS, VISITS = Patient.__table__.c, Visit.__table__.c
PATIENTS_BEFORE = sa.select(
    PATIENTS.id, PATIENTS.mrn, PATIENTS.demographics, *(PATIENTS[name] for name in patient_changes.FIELDS)
)
VISITS_BEFORE = sa.select(VISITS.id, VISITS.status, VISITS.starts_at, VISITS.slot_id)


class Importing:
    """One run of one kind of import into one clinic, writing batch by batch; the caller commits after each."""

    def __init__(self, session, integration: Integration, *, by):
        self.session, self.by = session, by
        self.clinic_id, self.integration_id = integration.clinic_id, integration.id

    def known(self, kind, keys):
        """The rows that the source's names stand for: {name: (row id, digest)}."""
        ids = {"clinic_id": self.clinic_id, "integration_id": self.integration_id, "kind": kind, "keys": list(keys)}
        return {row.external_id: (row.resource_id, row.digest) for row in self._execute(KNOWN, ids)}

    def people(self, keys):
        """The same of patients, as those read it who write about one: a record that went into another is that other."""
        known = self.known("patients", keys)
        merged = sa.select(PATIENTS.id, PATIENTS.merged_into_id).where(
            PATIENTS.clinic_id == self.clinic_id, PATIENTS.id.in_([row_id for row_id, _digest in known.values()]),
            PATIENTS.merged_into_id.is_not(None),
        )  # fmt: skip
        into = dict(tuple(row) for row in self._execute(merged))
        return {name: (into.get(row_id, row_id), digest) for name, (row_id, digest) in known.items()}

    def write_patients(self, items) -> Counter:
        """Register or update patients; each item has ``keys`` and ``columns``."""
        before = {}

        def prepare(new, changed):
            for item, number in zip(new, self._execute(NUMBERS, {"count": len(new)}).scalars(), strict=True):
                item.columns["mrn"] = f"{number:06d}"
            ids = [item.row_id for item in changed]
            before.update({row.id: row for row in self._execute(PATIENTS_BEFORE.where(PATIENTS.id.in_(ids)))})
            for item in (*new, *changed):
                _write_death(item.columns, before.get(item.row_id))

        counts, new, changed = self._write(Patient.__table__, items, prepare)
        self._write_words(new, changed, before)
        self._insert(PatientChange.__table__, [line for item in changed for line in self._changes(item, before)])
        return counts

    def write_providers(self, items) -> Counter:
        """Add or update providers: without an account, and not approved."""
        return self._write(Provider.__table__, items)[0]

    def write_visits(self, items, timezone) -> Counter:
        """Add or update visits that were somewhere else: without a slot, of any length."""
        fixed = {"source": VisitSource.FHIR, "kind": VisitKind.SCHEDULED, "timezone": timezone}
        before = {}

        def prepare(new, changed):
            for item in new:
                item.columns |= fixed
            ids = [item.row_id for item in changed]
            before.update({row.id: row for row in self._execute(VISITS_BEFORE.where(VISITS.id.in_(ids)))})
            # One that has got a time here is the clinic's own by now; the source no longer changes it.
            changed[:] = [item for item in changed if before[item.row_id].slot_id is None]

        counts, new, changed = self._write(Visit.__table__, items, prepare)
        self._insert(VisitEvent.__table__, [self._booked(item) for item in new])
        self._insert(VisitEvent.__table__, [line for item in changed for line in self._lines(item, before)])
        bell.ring(self.session, self.clinic_id, "visits")
        return counts

    def _write(self, table, items, prepare=lambda new, changed: None, stamped=("created_at", "updated_at")):
        """Insert what is new, update what the source changed, leave the rest; returns counts and what was written."""
        self._execute(ALONE, {"clinic_id": self.clinic_id})
        known = self.known(table.name, [key for item in items for key in item.keys])
        new, changed = [], []
        for item in items:
            digest, found = digest_of(item.columns), next((known[key] for key in item.keys if key in known), None)
            item.digest, item.row_id = digest, found[0] if found else uuid7()
            if found is None:
                new.append(item)
            elif found[1] != digest:
                changed.append(item)
        prepare(new, changed)
        stamp = {"clinic_id": self.clinic_id, **dict.fromkeys(stamped, now())}
        self._insert(table, [{**stamp, "id": item.row_id, **item.columns} for item in new])
        self._insert(ExternalId.__table__, [self._name(table, item, key) for item in items for key in item.keys
                                            if key not in known])  # fmt: skip
        self._update(table, changed)
        counts = Counter(created=len(new), updated=len(changed), unchanged=len(items) - len(new) - len(changed))
        audit(self.session, f"imports.write_{table.name}", by=self.by, resource=(table.name, None),
              details={**counts, "integration": str(self.integration_id)})  # fmt: skip
        return counts, new, changed

    def _update(self, table, changed):
        if not changed:
            return
        columns = changed[0].columns
        statement = (
            sa.update(table)
            .where(table.c.clinic_id == self.clinic_id, table.c.id == sa.bindparam("row_id"))
            .values({name: sa.bindparam(f"new_{name}", type_=table.c[name].type) for name in columns})
        )
        self._execute(statement, [
            {"row_id": item.row_id, **{f"new_{name}": value for name, value in item.columns.items()}}
            for item in changed
        ])  # fmt: skip
        self._say_again(table, changed)

    def _say_again(self, table, items):
        """Remember what the source last said of these rows."""
        ids = {"clinic_id": self.clinic_id, "kind": table.name}
        if items:
            self._execute(DIGEST, [{**ids, "row_id": item.row_id, "digest": item.digest} for item in items])

    def _write_words(self, new, changed, before):
        """Make the patients findable by their new names and numbers."""
        self._execute(DROP_WORDS, {"clinic_id": self.clinic_id, "ids": [item.row_id for item in changed]})
        for item in changed:
            item.columns["mrn"] = before[item.row_id].mrn
        rows = [
            {"clinic_id": self.clinic_id, "patient_id": item.row_id, "word": word}
            for item in (*new, *changed) for word in words_of(Patient(**item.columns))
        ]  # fmt: skip
        self._insert(PatientWord.__table__, rows)

    def _name(self, table, item, key):
        return {"clinic_id": self.clinic_id, "id": uuid7(), "integration_id": self.integration_id,
                "resource_type": table.name, "resource_id": item.row_id, "external_id": key, "digest": item.digest,
                "created_at": now(), "updated_at": now()}  # fmt: skip

    def _changes(self, item, before):
        """What the source changed of a patient, detail by detail."""
        old, new = before[item.row_id], item.columns
        details = [(name, getattr(old, name), new[name]) for name in patient_changes.FIELDS if name in new]
        return patient_changes.rows_of(self.clinic_id, item.row_id, details, by=self.by)

    def _booked(self, item):
        return self._line(item, EventKind.BOOKED, to_status=item.columns["status"],
                          new_starts_at=item.columns["starts_at"])  # fmt: skip

    def _lines(self, item, before):
        """What the source changed of a visit, as lines of its history."""
        old, new = before[item.row_id], item.columns
        if old.starts_at != new["starts_at"]:
            yield self._line(item, EventKind.MOVED, old_starts_at=old.starts_at, new_starts_at=new["starts_at"])
        if old.status != new["status"]:
            yield self._line(item, EventKind.STATUS, from_status=old.status, to_status=new["status"])

    def _line(self, item, kind, **facts):
        empty = dict.fromkeys(("from_status", "to_status", "old_starts_at", "new_starts_at"))
        return {"clinic_id": self.clinic_id, "id": uuid7(), "visit_id": item.row_id, "kind": kind,
                "created_at": now(), "changed_by_id": self.by.user_id, **empty, **facts}  # fmt: skip

    def _insert(self, table, rows):
        if rows:
            self._execute(sa.insert(table), rows)

    def _execute(self, statement, *values):
        return self.session.connection().execute(statement, *values)


def integration_for(session, clinic_id, kind) -> Integration:
    """The clinic's connection of this kind, made on its first use."""
    found = session.scalars(sa.select(Integration).where(Integration.kind == kind)).one_or_none()
    if found is None:
        found = Integration(clinic_id=clinic_id, id=uuid7(), kind=kind)
        session.add(found)
        session.flush()
    return found


def _write_death(columns, known):
    """When the patient died: as the source says; where it says no day, as the clinic knows; else since the import."""
    has_died = columns.pop("is_deceased")
    if columns["deceased_at"] is None and known and known.deceased_at:
        # Also where the source knows of no death: nobody comes back to life because an address changed there.
        columns["deceased_at"] = known.deceased_at
        note = {name: known.demographics[name] for name in DAY_UNKNOWN if name in known.demographics}
        others = {name: value for name, value in columns["demographics"].items() if name not in DAY_UNKNOWN}
        columns["demographics"] = others | note
    elif columns["deceased_at"] is None and has_died:
        columns["deceased_at"] = now()


def digest_of(columns) -> bytes:
    """What the source says, in 32 bytes."""
    return hashlib.sha256(json.dumps(columns, sort_keys=True, default=str).encode()).digest()
