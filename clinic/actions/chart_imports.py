"""Taking in what an outside system holds of patients' charts, by the hundred; see imports.py for how a batch goes."""

from collections import Counter
from uuid import uuid5

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from clinic.actions.imports import Importing
from clinic.db import now
from clinic.models.allergies import Allergy, AllergyStatus
from clinic.models.conditions import Condition
from clinic.models.immunizations import Immunization
from clinic.models.lab_results import LabResult
from clinic.models.measurements import Measurement
from clinic.models.prescriptions import Prescription, PrescriptionItem, PrescriptionStop
from clinic.models.procedures import Procedure
from clinic.models.recorded import RecordSource
from clinic.models.visits import Visit

VISITS = Visit.__table__.c
ENTRIES = {each.__tablename__: each.__table__ for each in (Condition, Allergy, Immunization, Procedure)}
ALLERGIES, STOPS, RESULTS = Allergy.__table__, PrescriptionStop.__table__, LabResult.__table__
RENAME = sa.text(
    """UPDATE external_ids SET resource_id = :new_id, digest = :digest
        WHERE clinic_id = :clinic_id AND resource_type = 'lab_results' AND resource_id = :old_id"""
)


class ChartImporting(Importing):
    """One run of one kind of import into the charts of one clinic's patients."""

    def visits_of(self, ids) -> dict:
        """The visits with these ids: {id: (patient's id, doctor's id)}."""
        wanted = sa.select(VISITS.id, VISITS.patient_id, VISITS.provider_id).where(
            VISITS.clinic_id == self.clinic_id, VISITS.id.in_(ids)
        )
        return {row.id: (row.patient_id, row.provider_id) for row in self._execute(wanted)} if ids else {}

    def write_entries(self, table, items) -> Counter:
        """Add or update conditions, allergies, vaccinations or procedures."""
        counts, new, changed = self._write(ENTRIES[table], items, _date_what_has_no_date)
        if table == "allergies":
            self._end_none_known({item.columns["patient_id"] for item in (*new, *changed)})
        return counts

    def write_measurements(self, items) -> Counter:
        """Add or update measured values; what has one moment and one patient is one reading."""

        def prepare(new, changed):
            for item in (*new, *changed):
                at = item.columns["measured_at"].isoformat()
                item.columns["reading_id"] = uuid5(item.columns["patient_id"], f"{self.integration_id} {at}")

        return self._write(Measurement.__table__, items, prepare)[0]

    def write_lab_results(self, items) -> Counter:
        """Add results without an order; one that the source changed is withdrawn, and another takes its place."""
        replaced = []

        def prepare(new, changed):
            replaced.extend(changed)
            changed.clear()

        counts, _new, _changed = self._write(RESULTS, items, prepare)
        for item in replaced:
            old, item.row_id = item.row_id, uuid7()
            withdrawn = sa.update(RESULTS).where(RESULTS.c.clinic_id == self.clinic_id, RESULTS.c.id == old)
            self._execute(withdrawn.values(withdrawn_at=now(), withdrawn_by_id=self.by.user_id))
            stamp = {"clinic_id": self.clinic_id, "created_at": now(), "updated_at": now(), "id": item.row_id}
            self._insert(RESULTS, [{**stamp, **item.columns}])
            ids = {"clinic_id": self.clinic_id, "old_id": old, "new_id": item.row_id, "digest": item.digest}
            self._execute(RENAME, ids)
        return _replaced(counts, replaced)

    def write_prescriptions(self, items) -> Counter:
        """Add prescriptions with their one medicine. One that is here never changes: it can only be stopped."""
        parts, again = {}, []

        def prepare(new, changed):
            for item in (*new, *changed):
                parts[item.row_id] = item.columns.pop("item"), item.columns.pop("stop")
                item.columns["issued_at"] = item.columns["issued_at"] or now()
            again.extend(changed)
            changed.clear()

        # The rows themselves have no moment of change.
        counts, new, _changed = self._write(Prescription.__table__, items, prepare, stamped=("created_at",))
        own = {"clinic_id": self.clinic_id, "created_at": now()}
        self._insert(
            PrescriptionItem.__table__,
            [{**own, "id": uuid7(), "prescription_id": item.row_id, "position": 1, **parts[item.row_id][0]}
             for item in new],
        )  # fmt: skip
        self._stop([(item, parts[item.row_id][1]) for item in (*new, *again)])
        self._say_again(Prescription.__table__, again)
        return _replaced(counts, again)

    def _stop(self, ended):
        """Say of these prescriptions that they are over, once."""
        ids = [item.row_id for item, stop in ended if stop]
        known = sa.select(STOPS.c.prescription_id).where(
            STOPS.c.clinic_id == self.clinic_id, STOPS.c.prescription_id.in_(ids)
        )
        stopped = set(self._execute(known).scalars()) if ids else set()
        self._insert(STOPS, [
            {"clinic_id": self.clinic_id, "id": uuid7(), "prescription_id": item.row_id, "item_id": None,
             "stopped_at": None, "source": RecordSource.IMPORT, "created_at": now(), **stop}
            for item, stop in ended if stop and item.row_id not in stopped
        ])  # fmt: skip

    def _end_none_known(self, patient_ids):
        """Where a live allergy came in, nobody knows of none any more."""
        live = sa.exists().where(
            (other := ALLERGIES.alias()).c.clinic_id == ALLERGIES.c.clinic_id,
            other.c.patient_id == ALLERGIES.c.patient_id, ~other.c.is_none_known,
            other.c.status == AllergyStatus.ACTIVE, other.c.mistaken_at.is_(None),
        )  # fmt: skip
        stated = sa.and_(
            ALLERGIES.c.clinic_id == self.clinic_id, ALLERGIES.c.patient_id.in_(patient_ids),
            ALLERGIES.c.is_none_known, ALLERGIES.c.status == AllergyStatus.ACTIVE,
        )  # fmt: skip
        if patient_ids:
            self._execute(sa.update(ALLERGIES).where(stated, live).values(status=AllergyStatus.INACTIVE))


def _date_what_has_no_date(new, changed):
    """What its source does not date is of the moment in which it came."""
    for item in (*new, *changed):
        if "recorded_at" in item.columns:
            item.columns["recorded_at"] = item.columns["recorded_at"] or now()


def _replaced(counts, items):
    """The counts with those that were changed in another way than by an update."""
    counts["updated"] += len(items)
    counts["unchanged"] -= len(items)
    return counts
