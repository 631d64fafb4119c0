"""Copies to take along: everything about one patient, or everything of one clinic, as JSON in a zip file."""

import json
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field

import sqlalchemy as sa

from clinic.db import Base, now
from clinic.queries.about_patients import tables_about_patients
from clinic.queries.timeline import records_of

ROWS_AT_ONCE = 500
NAMED = {
    "visits": (
        "(SELECT p.display_name FROM providers AS p WHERE p.clinic_id = visits.clinic_id AND p.id = visits.provider_id)"
        " AS doctor, (SELECT t.name FROM visit_types AS t WHERE t.clinic_id = visits.clinic_id"
        " AND t.id = visits.visit_type_id) AS visit_type"
    )
}
# What the same is called in FHIR R4, for whoever reads the file with another program.
FHIR = {"conditions": "Condition", "allergies": "AllergyIntolerance", "immunizations": "Immunization",
        "procedures": "Procedure", "measurements": "Observation", "patients": "Patient",
        "patient_access": "RelatedPerson", "patient_tags": "Flag", "insurance_policies": "Coverage",
        "visits": "Encounter", "prescription_items": "MedicationRequest",
        "lab_orders": "ServiceRequest", "lab_results": "Observation",
        "referrals": "ServiceRequest", "excuse_notes": "DocumentReference", "audit_entries": "AuditEvent"}  # fmt: skip
# Tables about a patient that are in no copy, and why. Every other one is; a rule test holds us to it.
LEFT_OUT = {
    "patient_words": "Made out of the name and the numbers, which are in the copy.",
    "user_tokens": "Hashes of links, worth nothing to anybody; the links are dead within days.",
    "visit_links": "The address of a visit's page, sealed; the visit itself is in the copy.",
    "calendar_feeds": "Hashes of addresses that calendar programs read; the visits themselves are in the copy.",
    "legal_holds": "That a record is held is between the clinic and whoever asked for it.",
    "patient_merges": "Which records are of one person is the clinic's own paper; what they say is in the copy.",
    "open_notes": "Who has the note of a visit open at this minute; the note itself is in the copy.",
    "erasures": "A request to erase is the clinic's own paper; once it is done there is nothing left to copy.",
}
# What a patient's own copy holds: what the portal shows them, and no note of the clinic's.
RELEASED = {
    "patients": (
        "mrn", "full_name", "first_name", "last_name", "date_of_birth", "phone", "email", "address_line", "city",
        "state", "postal_code", "country", "timezone", "language", "preferred_contact_method", "created_at",
    ),
    "patient_access": ("relation", "until", "created_at"),
    "insurance_policies": (
        "insurer_name", "plan_name", "member_id", "group_id", "policy_holder_name", "policy_holder_phone", "priority",
        "eligibility_status", "last_verified_at", "ended_at", "created_at",
    ),
    "notifications": ("kind", "channel", "state", "sent_at", "delivered_at", "subject", "text", "created_at"),
    "visits": (
        "id", "starts_at", "ends_at", "timezone", "status", "kind", "visit_mode", "reason", "doctor", "visit_type",
        "confirmed_at", "checked_in_at", "started_at", "ended_at", "cancelled_at", "created_at",
    ),
    "conditions": ("name", "icd10", "onset_on", "ended_on", "recorded_at"),
    "allergies": ("substance", "category", "criticality", "reaction", "status", "is_none_known", "recorded_at"),
    "immunizations": ("vaccine", "status", "given_at", "dose_number", "lot_number"),
    "procedures": ("name", "status", "performed_at", "ended_at", "site", "outcome"),
    "measurements": ("kind", "value", "value_text", "components", "unit", "measured_at"),
    "prescriptions": (
        "id", "issued_at", "is_dated", "prescriber", "licence_number", "advice", "replaces_id", "source",
    ),
    "prescription_items": (
        "id", "prescription_id", "position", "medicine_name", "potency", "dosage", "frequency", "duration", "notes",
    ),
    "prescription_stops": ("prescription_id", "item_id", "reason", "stopped_at"),
    "intake_answers": ("asked", "answer", "created_at"),
    "visit_feedback": ("rating", "comment", "created_at"),
    "consultations": (
        "id", "visit_id", "complaints", "diagnosis", "diagnosis_codes", "treatment", "duration_minutes", "signed_at",
    ),
    "consultation_addenda": ("consultation_id", "text", "created_at"),
    "lab_orders": ("id", "tests", "ordered_at", "completed_at", "comment", "released_at"),
    "lab_results": (
        "order_id", "analyte", "code", "value", "comparator", "value_text", "unit", "range_low", "range_high",
        "range_text", "flag", "sampled_at", "laboratory", "remark", "released_at",
    ),
    # The portal's own rows: what was not sent yet the database keeps to itself.
    "referrals": (
        "id", "referred_to", "specialty", "priority", "reason", "notes", "status", "sent_to", "sent_at", "accepted_at",
        "completed_at", "outcome", "cancelled_at", "cancel_note",
    ),
    "excuse_notes": ("id", "kind", "starts_on", "ends_on", "restrictions", "sent_at", "check_code", "withdrawn_at"),
    # The files themselves are saved one by one from the portal's page of documents.
    "documents": (
        "id", "category", "category_text", "title", "description", "recorded_at", "file_name", "mime_type", "file_size",
        "sha256", "created_at",
    ),
}  # fmt: skip
NEVER = ("_encrypted", "_hash")


@dataclass
class Copy:
    """A zip file being written, and what is in it so far."""

    zip: zipfile.ZipFile
    files: dict = field(default_factory=dict)

    def add(self, table, rows: Iterable[dict]):
        """Write the rows as a JSON array, one row a line, as they come."""
        count = 0
        with self.zip.open(f"{table}.json", "w") as file:
            for row in rows:
                file.write((",\n" if count else "[\n").encode())
                file.write(json.dumps(row, ensure_ascii=False).encode())
                count += 1
            file.write(b"\n]\n" if count else b"[]\n")
        self.files[f"{table}.json"] = {"rows": count, **({"fhir": FHIR[table]} if table in FHIR else {})}

    def close(self, **facts):
        """Write what is in it, last."""
        contents = {**facts, "made_at": now().isoformat(), "files": self.files}
        self.zip.writestr("contents.json", json.dumps(contents, ensure_ascii=False, indent=1) + "\n")
        self.zip.close()


def write_patient(session, file, clinic, patient) -> dict:
    """Write everything the clinic holds about the patient; returns what is in the file."""
    copy = Copy(zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED))
    for each in tables_about_patients():
        if each.table not in LEFT_OUT:
            copy.add(each.table, _rows(session, each.table, each.condition, _which(session, patient)))
    outside = "external_ids.clinic_id = :clinic_id AND resource_type = 'patients' AND resource_id = ANY (:ids)"
    copy.add("external_ids", _rows(session, "external_ids", outside, _which(session, patient)))
    acts = (
        "audit_entries.clinic_id = :clinic_id AND (patient_id = ANY (:ids) OR resource_id = ANY (:ids) OR"
        " resource_id IN (SELECT v.id FROM visits AS v WHERE v.clinic_id = :clinic_id AND v.patient_id = ANY (:ids)))"
    )
    copy.add("audit_entries", _rows(session, "audit_entries", acts, _which(session, patient)))
    copy.close(clinic=clinic.name, patient=patient.full_name, left_out=LEFT_OUT)
    return copy.files


def write_released(session, file, clinic, patient) -> dict:
    """Write what the portal shows the patient of themselves; returns what is in the file."""
    copy = Copy(zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED))
    for each in tables_about_patients():
        if each.table in RELEASED:
            condition = each.condition
            if each.table == "visits":
                condition += " AND visits.cancel_reason IS DISTINCT FROM 'entered_in_error'"
            rows = _rows(session, each.table, condition, _which(session, patient))
            copy.add(each.table, ({name: row[name] for name in RELEASED[each.table]} for row in rows))
    copy.close(clinic=clinic.name, patient=patient.full_name)
    return copy.files


def write_clinic(session, file, clinic) -> dict:
    """Write every row of the clinic, the audit log too; the session is in the clinic's scope."""
    copy, which = Copy(zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)), {"clinic_id": clinic.id}
    copy.add("clinics", _rows(session, "clinics", "clinics.id = :clinic_id", which))
    for table in clinics_tables():
        copy.add(table, _rows(session, table, f"{table}.clinic_id = :clinic_id", which))
    people = "users.id IN (SELECT m.user_id FROM memberships AS m WHERE m.clinic_id = :clinic_id)"
    copy.add("users", _rows(session, "users", people, which, "id", "email", "first_name", "last_name", "phone"))
    copy.close(clinic=clinic.name, slug=clinic.slug)
    return copy.files


def clinics_tables() -> list[str]:
    """Every table whose rows are a clinic's, parents before children."""
    return [table.name for table in Base.metadata.sorted_tables if "clinic_id" in table.primary_key.columns]


def _which(session, patient):
    """The record and those that became part of it: what could not move along is in the copy all the same."""
    return {"clinic_id": patient.clinic_id, "ids": list(records_of(session, patient.clinic_id, patient.id))}


def _rows(session, table, condition, which, *columns):
    """The rows as the database writes them in JSON, a few at a time, without what is a secret."""
    more = f", {NAMED[table]}" if table in NAMED else ""
    wanted = ", ".join(f"{table}.{name}" for name in columns) or f"{table}.*"
    statement = sa.text(f"SELECT to_jsonb(r) FROM (SELECT {wanted}{more} FROM {table} WHERE {condition}) AS r")
    # Said of the statement: said of the connection it would hold for everything after it.
    statement = statement.execution_options(yield_per=ROWS_AT_ONCE)
    for (row,) in session.connection().execute(statement, which):
        yield {name: value for name, value in row.items() if not name.endswith(NEVER)}
