"""`flask import fhir` into the charts: what each kind becomes, what a second run and a change do, what is left out."""

import base64
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from clinic.actions import allergies as allergy_verbs
from clinic.models.allergies import Allergy, AllergyStatus, Criticality
from clinic.models.conditions import Condition
from clinic.models.documents import Document, DocumentCategory, DocumentState
from clinic.models.immunizations import Immunization, ImmunizationStatus
from clinic.models.integrations import ExternalId
from clinic.models.lab_results import LabResult, ResultSource
from clinic.models.measurements import Kind, Measurement
from clinic.models.patients import Patient
from clinic.models.prescriptions import Prescription, PrescriptionState
from clinic.models.procedures import Procedure
from clinic.models.recorded import RecordSource
from clinic.models.visits import Visit
from clinic.queries import allergies as known
from clinic.work.handlers import run
from tests.integrations.samples import encounter, lines, patient, practitioner, write

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
WHOSE = {"subject": {"reference": "urn:uuid:p1"}, "encounter": {"reference": "urn:uuid:e1"}}
AT = "2012-09-10T15:29:24+00:00"
MOMENT = datetime(2012, 9, 10, 15, 29, 24, tzinfo=UTC)


def resource(kind, number=1, **facts):
    return {"resourceType": kind, "id": f"{kind}-{number}", **WHOSE, **facts}


def said(text, code="1", system="http://snomed.info/sct"):
    return {"text": text, "coding": [{"system": system, "code": code, "display": text}]}


def status(code):
    return {"coding": [{"code": code}]}


def condition(**facts):
    return resource(
        "Condition", **{"code": said("Asthma"), "recordedDate": AT, "clinicalStatus": status("active"), **facts}
    )


def allergy(**facts):
    about = {"patient": WHOSE["subject"], "code": said("Allergy to peanuts"), "recordedDate": AT, "criticality": "high"}
    return resource(
        "AllergyIntolerance", **{**about, "clinicalStatus": status("active"), "category": ["food"], **facts}
    )


def observed(number, code, category="vital-signs", **value):
    facts = {"category": [{"coding": [{"code": category}]}], "status": "final", "effectiveDateTime": AT}
    return resource("Observation", number, **facts, code=said(code, code, "http://loinc.org"), **value)


def quantity(value, unit):
    return {"valueQuantity": {"value": value, "unit": unit, "code": unit, "system": "http://unitsofmeasure.org"}}


def medication(**facts):
    about = {
        "status": "active",
        "intent": "order",
        "authoredOn": AT,
        "medicationCodeableConcept": said("Ibuprofen 400 MG"),
    }
    return resource("MedicationRequest", **{**about, "requester": {"reference": "urn:uuid:d1"}, **facts})


@pytest.fixture
def take_in(app, cast, session, tmp_path):
    """Import a patient, a doctor, a visit and these resources; what was printed."""

    def importing(*resources):
        path = write(tmp_path / "a.ndjson", lines(*resources, encounter(), practitioner(), patient()))
        result = app.test_cli_runner().invoke(args=["import", "fhir", "--clinic", "rose-street", str(path)])
        assert result.exit_code == 0, result.output
        session.rollback()
        session.expire_all()
        return result.output

    return importing


@pytest.fixture
def theirs(session):
    """The one patient of the import."""
    return lambda: session.scalars(
        sa.select(Patient).join(ExternalId, ExternalId.resource_id == Patient.id).where(ExternalId.external_id == "p1")
    ).one()


def row_of(output, kind):
    line = next(each for each in output.splitlines() if each.startswith(kind + " "))
    return [int(each.replace(",", "")) for each in line.split()[1:]]


class TestEntries:
    def test_a_condition_comes_with_its_visit_its_doctor_and_its_days(self, take_in, session, theirs):
        take_in(
            condition(
                onsetDateTime="2010-05-01",
                abatementDateTime=AT,
                code=said("Asthma", "J45.909", "http://hl7.org/fhir/sid/icd-10-cm"),
            )
        )
        entry, visit = session.scalars(sa.select(Condition)).one(), session.scalars(sa.select(Visit)).one()
        assert (entry.name, entry.icd10, entry.source) == ("Asthma", "J45.909", RecordSource.IMPORT)
        assert (entry.onset_on, entry.ended_on) == (date(2010, 5, 1), date(2012, 9, 10))
        assert (entry.patient_id, entry.visit_id, entry.provider_id) == (theirs().id, visit.id, visit.provider_id)

    def test_one_that_is_over_without_a_day_is_remarked_and_one_ruled_out_left_out(self, take_in, session):
        ruled_out = condition(verificationStatus=status("refuted")) | {"id": "other"}
        output = take_in(condition(clinicalStatus=status("resolved")), ruled_out)
        assert "over since it was recorded" in output and "it was ruled out" in output
        assert session.scalars(sa.select(Condition)).one().ended_on == date(2012, 9, 10)

    def test_what_was_entered_in_error_comes_as_a_mistake(self, take_in, session):
        take_in(condition(verificationStatus=status("entered-in-error")))
        assert session.scalars(sa.select(Condition)).one().is_mistaken

    def test_an_allergy_is_heeded_like_one_that_was_typed(self, take_in, session, theirs):
        reaction = [{"manifestation": [said("Hives"), said("Swelling")]}]
        output = take_in(allergy(reaction=reaction), allergy(code=said("No known allergies")) | {"id": "none"})
        (entry,) = known.live(session, theirs().id)
        assert (entry.substance, entry.source_text, entry.reaction) == (
            "Peanuts",
            "Allergy to peanuts",
            "Hives, Swelling",
        )
        assert entry.criticality == Criticality.HIGH and "ask the patient again" in output

    def test_an_allergy_that_comes_in_ends_that_none_is_known(self, take_in, session, theirs, cast):
        take_in()
        none_id = allergy_verbs.state_none(theirs(), by=cast.osei.actor).id
        session.commit()
        take_in(allergy())
        assert session.get(Allergy, (cast.rose.id, none_id)).status == AllergyStatus.INACTIVE

    def test_a_vaccination_and_a_procedure_arrive_and_what_was_not_done_does_not(self, take_in, session):
        shot = resource("Immunization", vaccineCode=said("Tetanus"), status="not-done", statusReason=said("Fever"),
                        patient=WHOSE["subject"], occurrenceDateTime=AT)  # fmt: skip
        cut = resource("Procedure", code=said("Appendectomy"), status="completed", performedPeriod={"start": AT})
        output = take_in(shot, cut, cut | {"id": "planned", "status": "preparation"})
        given, done = session.scalars(sa.select(Immunization)).one(), session.scalars(sa.select(Procedure)).one()
        assert (given.status, given.reason) == (ImmunizationStatus.NOT_DONE, "Fever")
        assert (done.name, done.performed_at) == ("Appendectomy", MOMENT) and "it was not done" in output

    def test_a_second_run_changes_nothing_and_a_change_of_the_source_comes_in(self, take_in, session):
        take_in(condition(), allergy())
        before = session.scalars(sa.select(Condition.updated_at)).one()
        assert "Nothing was changed" in take_in(condition(), allergy())
        assert session.scalars(sa.select(Condition.updated_at)).one() == before
        output = take_in(condition(abatementDateTime="2020-01-01"), allergy(clinicalStatus=status("resolved")))
        assert row_of(output, "Condition") == [1, 0, 0, 1, 0] == row_of(output, "AllergyIntolerance")
        assert session.scalars(sa.select(Condition)).one().ended_on == date(2020, 1, 1)

    def test_nothing_comes_to_another_patients_visit_or_without_its_patient(self, take_in, session):
        other = condition(subject={"reference": "urn:uuid:p9"}) | {"id": "lost"}
        output = take_in(patient(2), condition(subject={"reference": "urn:uuid:p2"}), other)
        assert "its patient is not known here" in output
        assert session.scalars(sa.select(Condition)).one().visit_id is None


class TestObservations:
    def test_vital_signs_become_measured_values_of_one_reading(self, take_in, session):
        upper = {"code": said("8480-6", "8480-6"), **quantity(138.123456, "mm[Hg]")}
        lower = {"code": said("8462-4", "8462-4"), **quantity(88, "mmHg")}
        take_in(
            observed(1, "85354-9", component=[upper, lower]), observed(2, "29463-7", **quantity(150, "[lb_av]")),
            observed(3, "8310-5", **quantity(98.6, "[degF]")), observed(4, "72514-3", **quantity(3, "{score}")),
        )  # fmt: skip
        rows = {row.kind: row for row in session.scalars(sa.select(Measurement))}
        assert len({row.reading_id for row in rows.values()}) == 1 and all(row.visit_id for row in rows.values())
        assert (rows[Kind.BLOOD_PRESSURE].value, rows[Kind.BLOOD_PRESSURE].diastolic) == (Decimal("138.12"), 88)
        assert (rows[Kind.WEIGHT].value, rows[Kind.WEIGHT].unit) == (Decimal("68.04"), "kg")
        assert rows[Kind.TEMPERATURE].value == 37 and rows[Kind.OTHER].details == {"type": "72514-3"}

    def test_laboratory_results_arrive_without_an_order_and_a_corrected_one_takes_the_old_ones_place(
        self, take_in, session
    ):
        take_in(observed(1, "4548-4", "laboratory", **quantity(6.1, "%")))
        first = session.scalars(sa.select(LabResult)).one()
        assert (first.value, first.order_id, first.source) == (Decimal("6.1"), None, ResultSource.IMPORT)
        assert first.released_at is None, "nobody here has looked at it"
        again = observed(1, "4548-4", "laboratory", **quantity(6.4, "%"))
        assert row_of(take_in(again), "Observation") == [1, 0, 0, 1, 0]
        values = {row.value: row.is_withdrawn for row in session.scalars(sa.select(LabResult))}
        assert values == {Decimal("6.1"): True, Decimal("6.4"): False}
        assert "Nothing was changed" in take_in(again)

    def test_a_report_brings_the_results_inside_it(self, take_in, session):
        within = {
            "resourceType": "Observation",
            "id": "r1",
            "status": "final",
            "code": said("HDL"),
            **quantity(50, "mg/dL"),
        }
        report = resource("DiagnosticReport", contained=[within], effectiveDateTime=AT, status="final")
        output = take_in(report, resource("DiagnosticReport", 2, result=[]))
        assert session.scalars(sa.select(LabResult)).one().analyte == "HDL"
        assert "it only groups results" in output

    def test_the_rest_is_left_out_with_a_reason(self, take_in, session):
        unfinished = observed(4, "8867-4", **quantity(70, "/min")) | {"status": "preliminary"}
        heavy = observed(3, "29463-7", **quantity(70, "stone"))
        output = take_in(
            observed(1, "72166-2", "survey", valueString="never"), observed(2, "29463-7"), heavy, unfinished
        )
        for reason in ("neither a vital sign nor", "it has no value", "its unit is not known", "it is not final"):
            assert reason in output
        assert row_of(output, "Observation") == [4, 0, 0, 0, 4] and session.scalars(sa.select(Measurement)).all() == []


class TestMedication:
    def test_a_request_becomes_a_prescription_with_what_its_source_knew(self, take_in, session):
        how = {"timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}}, "asNeededBoolean": True,
               "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "tablet"}}]}  # fmt: skip
        take_in(medication(dosageInstruction=[how]))
        prescription = session.scalars(sa.select(Prescription)).one()
        (item,) = prescription.items
        assert (item.medicine_name, item.dosage, item.frequency, item.notes) == (
            "Ibuprofen 400 MG", "1 tablet", "2 times a day", "as needed",
        )  # fmt: skip
        assert prescription.state == PrescriptionState.ACTIVE and prescription.issued_at == MOMENT
        assert prescription.provider_id and not prescription.is_own

    def test_a_stopped_one_is_stopped_now_or_later_and_only_once(self, take_in, session):
        take_in(medication())
        output = take_in(medication(status="stopped", statusReason=said("Rash")))
        assert row_of(output, "MedicationRequest") == [1, 0, 0, 1, 0]
        take_in(medication(status="completed"))
        prescription = session.scalars(sa.select(Prescription)).one()
        assert [stop.reason for stop in prescription.stops] == ["Rash"]
        assert prescription.state == PrescriptionState.STOPPED

    def test_what_it_lacks_is_said_and_what_was_never_issued_is_left_out(self, take_in, session):
        draft, plan = medication(status="draft") | {"id": "m2"}, medication(intent="plan") | {"id": "m3"}
        output = take_in(medication(), draft, plan)
        assert "shown as not recorded" in output and "not issued yet" in output and "it is not an order" in output
        assert len(session.scalars(sa.select(Prescription)).all()) == 1


ODD = ({}, {"code": 7}, {"subject": [], "patient": 3}, {"category": {"a": 1}}, {"component": ["x"]})


def test_what_is_malformed_is_skipped_and_breaks_nothing(take_in):
    kinds = ("Condition", "AllergyIntolerance", "Immunization", "Procedure", "Observation", "MedicationRequest")
    whose = {"patient": WHOSE["subject"], **WHOSE}
    numbered = [(kind, number, odd) for kind in kinds for number, odd in enumerate(ODD)]
    output = take_in(*({"resourceType": kind, "id": f"odd-{number}", **whose, **odd} for kind, number, odd in numbered))
    assert all(row_of(output, kind) == [len(ODD), 0, 0, 0, len(ODD)] for kind in kinds)


class TestDocuments:
    @staticmethod
    def paper(number=1, **attachment):
        data = base64.b64encode(b"Discharged in good health.").decode()
        content = [{"attachment": {"contentType": "text/plain", "title": "Summary", "data": data, **attachment}}]
        kind = said("Discharge summary", "18842-5", "http://loinc.org")
        return resource("DocumentReference", number, status="current", type=kind, date=AT, content=content)

    def test_a_file_that_is_there_is_kept_looked_through_and_not_shown_before(self, take_in, session, app, theirs):
        output = take_in(self.paper())
        (document,) = session.scalars(sa.select(Document)).all()
        assert row_of(output, "DocumentReference") == [1, 1, 0, 0, 0] and document.patient_id == theirs().id
        assert (document.title, document.category, document.state) == (
            "Summary", DocumentCategory.REPORT, DocumentState.CHECKING,
        )  # fmt: skip
        ids = {"clinic_id": str(document.clinic_id), "document_id": str(document.id)}
        assert row_of(take_in(self.paper()), "DocumentReference") == [1, 0, 1, 0, 0]
        run(app, "documents.check", ids)
        session.rollback()
        (document,) = session.scalars(sa.select(Document)).all()
        assert document.state == DocumentState.READY and document.file_size == 26 and document.released_at is None

    def test_what_is_not_there_or_not_taken_is_left_out_with_a_reason(self, take_in, session):
        elsewhere = self.paper(2, data=None, url="https://a.example/file")
        output = take_in(elsewhere, self.paper(3, contentType="text/html"), self.paper(4, data="%%%"),
                         self.paper(5) | {"status": "superseded"})  # fmt: skip
        for reason in ("only an address where it was", "files of its type", "cannot be read", "it was replaced"):
            assert reason in output
        assert session.scalars(sa.select(Document)).all() == []
