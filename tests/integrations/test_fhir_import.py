"""`flask import fhir`: what arrives, what a second run does, and what is said of the rest."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from clinic.models.audit import AuditEntry
from clinic.models.integrations import ExternalId
from clinic.models.lab_results import LabResult
from clinic.models.patients import Patient, PatientWord
from clinic.models.providers import Provider
from clinic.models.visits import EventKind, Visit, VisitEvent, VisitSource, VisitStatus
from tests.integrations.samples import bundle, encounter, lines, patient, practitioner, write

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
CHARTED = ("Observation", "Immunization", "Procedure")


@pytest.fixture
def take_in(app, cast, session):
    """Run the import into Rose Street and return its result, with the session ready to look."""

    def run(*paths, clinic="rose-street", **options):
        more = [part for name, value in options.items() for part in (f"--{name}", value)]
        result = app.test_cli_runner().invoke(args=["import", "fhir", "--clinic", clinic, *more, *map(str, paths)])
        session.rollback()
        session.expire_all()
        return result

    return run


@pytest.fixture
def imported(session):
    """The imported rows of a model."""

    def find(model):
        known = sa.select(ExternalId.resource_id).where(ExternalId.resource_type == model.__tablename__)
        return session.scalars(sa.select(model).where(model.id.in_(known)).order_by(model.id)).all()

    return find


def row_of(result, kind):
    """The counts of one kind in the printed table: read, created, unchanged, updated, skipped."""
    line = next(each for each in result.output.splitlines() if each.startswith(kind + " "))
    return [int(each.replace(",", "")) for each in line.split()[1:]]


class TestImport:
    def test_people_and_visits_arrive_whatever_their_order(self, take_in, imported, tmp_path, session):
        result = take_in(write(tmp_path / "a.ndjson", lines(encounter(), practitioner(), patient())))
        assert result.exit_code == 0, result.output
        (someone,), (doctor,), (visit,) = imported(Patient), imported(Provider), imported(Visit)
        assert someone.full_name == "Łucja Maria Zieliński" and someone.mrn.isdecimal()
        assert doctor.approved_at is None and doctor.user_id is None
        assert (visit.patient_id, visit.provider_id) == (someone.id, doctor.id)
        assert visit.status == VisitStatus.COMPLETED and visit.source == VisitSource.FHIR and visit.slot_id is None
        assert [(event.kind, event.to_status) for event in visit.events] == [(EventKind.BOOKED, VisitStatus.COMPLETED)]
        words = session.scalars(sa.select(PatientWord.word).where(PatientWord.patient_id == someone.id)).all()
        assert {"lucja", "zielinski", "#6747767555"} <= set(words)

    def test_a_second_run_changes_nothing_and_says_so(self, take_in, imported, tmp_path):
        path = write(tmp_path / "a.json.gz", bundle(patient(), practitioner(), encounter()))
        take_in(path)
        models = (Patient, Provider, Visit)
        before = [(each.id, each.updated_at) for model in models for each in imported(model)]
        result = take_in(path)
        assert "Nothing was changed" in result.output and row_of(result, "Patient") == [1, 0, 1, 0, 0]
        assert before == [(each.id, each.updated_at) for model in models for each in imported(model)]

    def test_what_the_source_says_anew_is_changed_and_found_by(self, take_in, imported, tmp_path, session):
        take_in(write(tmp_path / "a.ndjson", lines(patient(), encounter(status="in-progress"))))
        number = imported(Patient)[0].mrn
        married = patient(name=[{"family": "Kaya", "given": ["Łucja"]}])
        result = take_in(write(tmp_path / "a.ndjson", lines(married, encounter())))
        assert row_of(result, "Patient") == [1, 0, 0, 1, 0] and row_of(result, "Encounter") == [1, 0, 0, 1, 0]
        (someone,), (visit,) = imported(Patient), imported(Visit)
        assert someone.full_name == "Łucja Kaya" and someone.mrn == number
        words = session.scalars(sa.select(PatientWord.word).where(PatientWord.patient_id == someone.id)).all()
        assert "kaya" in words and "zielinski" not in words
        assert [event.to_status for event in visit.events] == [VisitStatus.IN_PROGRESS, VisitStatus.COMPLETED]

    def test_what_the_clinic_changed_stays_while_the_source_says_the_same(self, take_in, imported, tmp_path, session):
        path = write(tmp_path / "a.ndjson", lines(patient()))
        take_in(path)
        imported(Patient)[0].phone = "+44 20 7946 0999"
        session.commit()
        take_in(path)
        assert imported(Patient)[0].phone == "+44 20 7946 0999"

    def test_nobody_comes_back_to_life_nor_loses_a_known_day_by_what_the_source_says(
        self, take_in, imported, tmp_path, session
    ):
        take_in(write(tmp_path / "a.ndjson", lines(patient())))
        died_at = imported(Patient)[0].deceased_at = datetime(2024, 11, 20, tzinfo=UTC)
        session.commit()
        for has_died in (False, True):
            take_in(write(tmp_path / "a.ndjson", lines(patient(gender="male", deceasedBoolean=has_died))))
            (someone,) = imported(Patient)
            assert (someone.gender.value, someone.died_at) == ("male", died_at)

    def test_a_day_nobody_knows_is_known_as_soon_as_the_source_says_it(self, take_in, imported, tmp_path):
        take_in(write(tmp_path / "a.ndjson", lines(patient(deceasedBoolean=True))))
        first = imported(Patient)[0].deceased_at
        take_in(write(tmp_path / "a.ndjson", lines(patient(gender="male"))))
        (someone,) = imported(Patient)
        assert someone.deceased_at == first and someone.died_at is None
        take_in(write(tmp_path / "a.ndjson", lines(patient(deceasedDateTime="2024-11-20T14:05:00Z"))))
        assert imported(Patient)[0].died_at == datetime(2024, 11, 20, 14, 5, tzinfo=UTC)

    def test_the_same_patient_twice_in_one_file_is_one(self, take_in, imported, tmp_path):
        take_in(write(tmp_path / "a.ndjson", lines(patient(), patient(gender="male"))))
        assert [each.gender.value for each in imported(Patient)] == ["male"]

    def test_a_visit_without_a_known_doctor_arrives_without_one(self, take_in, imported, tmp_path):
        take_in(write(tmp_path / "a.ndjson", lines(patient(), encounter(doctor="urn:uuid:nobody"))))
        assert imported(Visit)[0].provider_id is None

    def test_references_meet_whether_by_id_or_by_address(self, take_in, imported, tmp_path):
        other = '{"resourceType":"Bundle","entry":[{"fullUrl":"urn:uuid:u-1","resource":%s}]}'
        take_in(write(tmp_path / "a.json", other % lines(patient())), write(
            tmp_path / "b.ndjson",
            lines(encounter(1, "urn:uuid:u-1"), encounter(2, "Patient/p1"), encounter(3, "https://a.example/Patient/p1")),
        ))  # fmt: skip
        assert len(imported(Visit)) == 3

    def test_two_sources_that_number_alike_are_kept_apart_by_their_labels(self, take_in, imported, tmp_path):
        path = write(tmp_path / "a.ndjson", lines(patient(), encounter()))
        take_in(path, source="north")
        take_in(path, source="south")
        assert len(imported(Patient)) == 2 and len({each.patient_id for each in imported(Visit)}) == 2

    def test_another_clinics_import_knows_nothing_of_it(self, take_in, imported, tmp_path):
        path = write(tmp_path / "a.ndjson", lines(patient()))
        take_in(path)
        assert row_of(take_in(path, clinic="harbour"), "Patient") == [1, 1, 0, 0, 0]

    def test_one_row_the_database_does_not_take_costs_only_itself(self, take_in, imported, tmp_path, superuser):
        refused = encounter(2, type=[{"text": "Refuse me"}])
        with superuser.connect() as connection:
            connection.execute(sa.text("ALTER TABLE visits ADD CONSTRAINT odd CHECK (reason <> 'Refuse me') NOT VALID"))
            try:
                result = take_in(write(tmp_path / "a.ndjson", lines(patient(), encounter(1), refused, encounter(3))))
            finally:
                connection.execute(sa.text("ALTER TABLE visits DROP CONSTRAINT odd"))
        assert result.exit_code == 0 and "Encounter: the database does not take it" in result.output
        assert row_of(result, "Encounter") == [3, 2, 0, 0, 1] and len(imported(Visit)) == 2

    def test_a_batch_leaves_one_audit_entry_with_its_counts(self, take_in, tmp_path, session):
        take_in(write(tmp_path / "a.ndjson", lines(*[patient(number) for number in range(5)])))
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "imports.write_patients")).one()
        assert entry.details["created"] == 5 and entry.actor_role == "operator"


class TestReport:
    def test_it_says_why_something_was_skipped_and_where_something_was_broken(self, take_in, tmp_path):
        path = write(tmp_path / "a.ndjson", lines(
            patient(), "{broken", patient(2, name=None), encounter(1, period=None), encounter(2, "Patient/none"),
            {"resourceType": "CarePlan", "id": "o1"}, patient(3, birthDate="1970"),
        ))  # fmt: skip
        result = take_in(path)
        assert result.exit_code == 0
        for sentence in (
            "Patient: it has no name", "Encounter: it has no beginning", "Encounter: its patient is not known here",
            "CarePlan: this kind is not imported", "the birth date is not complete",
            f"{path}, line 2: this is not JSON",
        ):  # fmt: skip
            assert sentence in result.output, result.output
        assert row_of(result, "Encounter") == [2, 0, 0, 0, 2]

    def test_it_holds_no_patients_data(self, take_in, tmp_path):
        broken = patient(2, birthDate="1984-02-31")
        result = take_in(write(tmp_path / "a.ndjson", lines(patient(), broken, '{"family": "Zieliński"')))
        for word in ("Zieli", "Łucja", "1984", "767-7476", "Doyle"):
            assert word not in result.output

    def test_where_nothing_could_be_read_it_ends_with_a_sentence(self, take_in, tmp_path):
        result = take_in(write(tmp_path / "a.ndjson", "nonsense\n"))
        assert result.exit_code == 1 and "Nothing could be read" in result.output

    def test_an_unknown_clinic_and_a_missing_file_are_refused(self, take_in, tmp_path):
        path = write(tmp_path / "a.ndjson", lines(patient()))
        assert "There is no clinic with the address nowhere" in take_in(path, clinic="nowhere").output
        assert take_in(tmp_path / "none.ndjson").exit_code == 2


FACTS = """
SELECT count(*), count(*) FILTER (WHERE provider_id IS NULL),
       count(*) FILTER (WHERE ends_at - starts_at >= interval '1 day'), extract(year FROM min(starts_at))::int,
       count(*) FILTER (WHERE NOT EXISTS (SELECT 1 FROM visit_events AS e WHERE e.visit_id = v.id))
  FROM visits AS v WHERE source = 'fhir'"""


@pytest.mark.skipif(not DATA.is_dir(), reason="The folder ../shared/data with real FHIR files is not here.")
class TestRealFiles:
    def test_all_of_synthea_arrives_and_a_second_run_changes_nothing(self, take_in, session, flask_check):
        result = take_in(DATA / "synthea-r4" / "ndjson")
        assert row_of(result, "Patient") == [150, 150, 0, 0, 0] and row_of(result, "Encounter") == [3299, 3299, 0, 0, 0]
        assert tuple(session.connection().execute(sa.text(FACTS)).one()) == (3299, 18, 87, 1921, 0)
        charts = {"Condition": 1018, "AllergyIntolerance": 91, "Immunization": 1760, "Procedure": 2478,
                  "MedicationRequest": 722}  # fmt: skip
        for kind, count in charts.items():
            assert row_of(result, kind) == [count, count, 0, 0, 0]
        # What is left are answers to questionnaires, and findings that are neither measured nor a laboratory's.
        assert row_of(result, "Observation") == [17625, 16206, 0, 0, 1419]
        dead = sa.select(sa.func.count()).select_from(Patient).where(Patient.deceased_at.is_not(None))
        assert session.scalar(dead) == 28
        # Without what takes longest to read: it is told as the others are.
        small = ("Patient", "Encounter", "Condition", "AllergyIntolerance", "MedicationRequest")
        again = take_in(*(DATA / "synthea-r4" / "ndjson" / f"{kind}.ndjson.gz" for kind in small))
        assert "Nothing was changed" in again.output and row_of(again, "Encounter") == [3299, 0, 3299, 0, 0]
        assert flask_check().exit_code == 0

    def test_whole_bundles_arrive_with_what_they_refer_to_and_a_second_run_changes_nothing(self, take_in, session):
        result = take_in(DATA / "synthea-r4" / "bundles")
        read, created, *_, skipped = row_of(result, "Encounter")
        assert read == created == 128 and skipped == 0
        assert [row_of(result, kind)[1] for kind in CHARTED] == [558, 101, 35]
        # Every report refers to its results, which stand in the chart one by one: its own name has no place there.
        assert row_of(result, "DiagnosticReport") == [29, 0, 0, 0, 29]
        assert "DiagnosticReport: it only groups results, which are taken in one by one" in result.output
        assert session.scalar(sa.select(sa.func.count()).select_from(LabResult)) == 276
        again = take_in(DATA / "synthea-r4" / "bundles")
        assert "Nothing was changed" in again.output
        assert [row_of(again, kind)[1:4] for kind in CHARTED] == [[0, 558, 0], [0, 101, 0], [0, 35, 0]]

    @pytest.mark.parametrize(("folder", "people", "visits"), [("fhir-r4-examples", 19, 3), ("us-core-examples", 4, 1)])
    def test_the_published_examples_arrive_or_are_skipped_with_a_reason(self, take_in, folder, people, visits):
        result = take_in(DATA / folder)
        assert result.exit_code == 0
        read, created, unchanged, updated, skipped = row_of(result, "Patient")
        assert created == people and read == created + unchanged + updated + skipped
        read, created, *_, skipped = row_of(result, "Encounter")
        assert created == visits and read == created + skipped
        if folder == "fhir-r4-examples":
            # The one there is names an address in place of its file, and nothing is fetched from anywhere.
            assert row_of(result, "DocumentReference") == [1, 0, 0, 0, 1]
            assert "DocumentReference: its file is not in it, only an address where it was" in result.output


@pytest.fixture
def flask_check(app):
    """Run `flask check`."""
    return lambda: app.test_cli_runner().invoke(args=["check"])


def test_every_visit_of_several_batches_has_its_history(take_in, tmp_path, session):
    take_in(write(tmp_path / "a.ndjson", lines(patient(), *[encounter(number) for number in range(700)])))
    assert session.scalar(sa.select(sa.func.count()).select_from(VisitEvent)) == 700
