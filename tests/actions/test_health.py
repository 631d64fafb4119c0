"""Conditions, allergies, vaccinations and procedures: written down, changed, ended, marked as mistakes."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import allergies, conditions, immunizations, procedures
from clinic.actions.acting import Refused
from clinic.models.allergies import Allergy, AllergyStatus, Criticality
from clinic.models.audit import AuditEntry
from clinic.models.conditions import Condition
from clinic.models.immunizations import ImmunizationStatus
from clinic.models.patients import Patient
from clinic.models.recorded import RecordSource
from clinic.queries import allergies as known
from clinic.queries import conditions as suffered
from tests.at_once import rush

LONG_AGO = datetime(2019, 3, 1, tzinfo=UTC)


@pytest.fixture
def tom(session, cast):
    return session.get(Patient, (cast.rose.id, cast.tom.id))


@pytest.fixture
def doctor(cast):
    return cast.osei.actor


class TestConditions:
    def test_a_code_brings_its_words_and_is_kept_as_it_is_written(self, session, tom, doctor):
        entry = conditions.record(tom, by=doctor, icd10="e119", onset_on=date(2019, 3, 1))
        session.commit()
        assert (entry.icd10, entry.name) == ("E11.9", "Type 2 diabetes mellitus without complications")
        assert (entry.provider_id, entry.recorded_by_id) == (doctor.provider_id, doctor.user_id)
        assert entry.source == RecordSource.CLINIC and suffered.live(session, tom.id) == [entry]

    def test_the_doctors_own_words_stay_beside_the_code(self, tom, doctor):
        assert conditions.record(tom, by=doctor, icd10="I10", name="White-coat hypertension").name.startswith("White")

    def test_what_is_no_code_or_nothing_at_all_is_refused(self, tom, doctor):
        with pytest.raises(Refused, match="no such ICD-10 code") as refusal:
            conditions.record(tom, by=doctor, icd10="Q99.99")
        assert refusal.value.field == "icd10"
        with pytest.raises(Refused, match="Say what it is"):
            conditions.record(tom, by=doctor)

    def test_the_same_condition_is_not_written_twice_while_it_lasts(self, session, tom, doctor):
        first = conditions.record(tom, by=doctor, name="Asthma", icd10="J45.909")
        session.flush()
        for same in ({"name": "ASTHMA"}, {"icd10": "j45909", "name": "Wheezing"}):
            with pytest.raises(Refused, match="recorded already"):
                conditions.record(tom, by=doctor, **same)
        conditions.end(first, date(2020, 1, 1), by=doctor)
        again = conditions.record(tom, by=doctor, name="Asthma")
        session.flush()
        with pytest.raises(Refused, match="recorded already"):
            conditions.reopen(first, by=doctor)
        assert again.is_live and not first.is_live

    def test_it_does_not_end_before_it_began_nor_twice(self, session, tom, doctor):
        entry = conditions.record(tom, by=doctor, name="Cough", onset_on=date(2020, 2, 1))
        session.flush()
        with pytest.raises(Refused, match="before it began"):
            conditions.end(entry, date(2020, 1, 31), by=doctor)
        conditions.end(entry, date(2020, 3, 1), by=doctor)
        with pytest.raises(Refused, match="ended already"):
            conditions.end(entry, date(2020, 3, 2), by=doctor)
        assert conditions.reopen(entry, by=doctor).is_live

    def test_a_mistake_stays_says_who_and_can_be_taken_back(self, session, tom, doctor):
        entry = conditions.record(tom, by=doctor, name="Gout")
        session.flush()
        conditions.mark_mistaken(entry, by=doctor)
        session.flush()
        assert entry.mistaken_by_id == doctor.user_id and suffered.live(session, tom.id) == []
        for verb in (conditions.mark_mistaken, conditions.reopen):
            with pytest.raises(Refused):
                verb(entry, by=doctor)
        with pytest.raises(Refused, match="Take that back first"):
            conditions.change(entry, by=doctor, name="Pseudogout")
        assert conditions.restore(entry, by=doctor).is_live

    def test_the_audit_log_says_that_it_was_written_and_no_word_of_it(self, session, tom, doctor):
        conditions.record(tom, by=doctor, name="Secret illness", notes="Told in confidence")
        session.flush()
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "conditions.record")).one()
        assert (
            entry.patient_id == tom.id and "ecret" not in str(entry.changes) and "onfidence" not in str(entry.changes)
        )

    def test_nothing_is_written_into_an_erased_or_joined_record(self, session, tom, cast, doctor):
        tom.merged_into_id = cast.maya_patient.id
        with pytest.raises(Refused, match="joined with another"):
            conditions.record(tom, by=doctor, name="Cough")
        tom.merged_into_id, tom.erased_at = None, datetime.now(UTC)
        with pytest.raises(Refused, match="erased"):
            allergies.record(tom, by=doctor, substance="Latex")

    def test_two_who_write_the_same_at_one_moment_write_it_once(self, app, cast, session):
        def write(own):
            conditions.record(own.get(Patient, (cast.rose.id, cast.tom.id)), by=cast.osei.actor, icd10="I10")

        assert rush(app, cast, write, write, write) == ["done", "refused", "refused"]
        assert session.scalar(sa.select(sa.func.count()).select_from(Condition)) == 1


class TestAllergies:
    def test_the_dangerous_ones_come_first(self, session, tom, doctor):
        allergies.record(tom, by=doctor, substance="Dust", criticality=Criticality.LOW)
        allergies.record(tom, by=doctor, substance="Penicillin", criticality=Criticality.HIGH, reaction="Swelling")
        allergies.record(tom, by=doctor, substance="Cats")
        session.flush()
        assert [each.substance for each in known.live(session, tom.id)] == ["Penicillin", "Cats", "Dust"]

    def test_one_that_ended_was_ruled_out_or_was_a_mistake_is_not_heeded(self, session, tom, doctor):
        dust, cats, nuts = (allergies.record(tom, by=doctor, substance=each) for each in ("Dust", "Cats", "Nuts"))
        session.flush()
        allergies.change(dust, by=doctor, substance="Dust", status=AllergyStatus.RESOLVED)
        allergies.change(cats, by=doctor, substance="Cats", status=AllergyStatus.REFUTED)
        allergies.mark_mistaken(nuts, by=doctor)
        session.flush()
        assert known.live(session, tom.id) == []
        assert allergies.record(tom, by=doctor, substance="dust").is_live

    def test_none_known_is_a_statement_of_its_own_that_an_allergy_ends(self, session, tom, doctor):
        none = allergies.state_none(tom, by=doctor)
        session.flush()
        assert known.none_known(session, tom.id) == none and known.live(session, tom.id) == []
        with pytest.raises(Refused, match="already"):
            allergies.state_none(tom, by=doctor)
        allergies.record(tom, by=doctor, substance="Latex")
        session.flush()
        assert known.none_known(session, tom.id) is None
        with pytest.raises(Refused, match="An allergy is recorded"):
            allergies.state_none(tom, by=doctor)

    def test_none_known_and_an_allergy_at_one_moment_never_both_stand(self, app, cast, session):
        def patient(own):
            return own.get(Patient, (cast.rose.id, cast.tom.id))

        rush(
            app, cast, lambda own: allergies.state_none(patient(own), by=cast.osei.actor),
            lambda own: allergies.record(patient(own), by=cast.osei.actor, substance="Latex"),
        )  # fmt: skip
        assert [each.substance for each in known.live(session, cast.tom.id)] == ["Latex"]
        assert known.none_known(session, cast.tom.id) is None

    def test_the_same_twice_is_refused_also_when_a_mistake_is_taken_back(self, session, tom, doctor):
        first = allergies.record(tom, by=doctor, substance="Latex")
        session.flush()
        allergies.mark_mistaken(first, by=doctor)
        allergies.record(tom, by=doctor, substance="LATEX")
        session.flush()
        with pytest.raises(Refused, match="recorded already"):
            allergies.restore(first, by=doctor)

    def test_the_database_itself_keeps_a_substance_or_none(self, session, tom, doctor):
        allergies.state_none(tom, by=doctor).substance = "Latex"
        with pytest.raises(sa.exc.IntegrityError):
            session.flush()

    def test_a_long_list_is_bounded(self, session, tom, cast):
        row = {
            "clinic_id": cast.rose.id,
            "patient_id": tom.id,
            "source": "clinic",
            "status": "active",
            "recorded_at": LONG_AGO,
        }
        rows = [row | {"id": sa.func.gen_random_uuid(), "substance": f"Thing {number}"} for number in range(120)]
        session.execute(sa.insert(Allergy.__table__).values(rows))
        assert len(known.live(session, tom.id)) == known.MOST


class TestImmunizationsAndProcedures:
    def test_a_vaccination_is_written_changed_and_taken_back(self, session, tom, doctor):
        given = immunizations.record(
            tom, by=doctor, vaccine="Tetanus", given_at=LONG_AGO, dose_number=2, lot_number="A1"
        )
        session.flush()
        assert given.was_given
        immunizations.change(given, by=doctor, dose_number=3)
        immunizations.mark_mistaken(given, by=doctor)
        assert given.dose_number == 3 and not given.was_given
        assert immunizations.restore(given, by=doctor).was_given

    def test_one_that_was_not_given_says_why_and_one_that_was_does_not(self, session, tom, doctor):
        not_done = {"vaccine": "Measles", "given_at": LONG_AGO, "reason": "Fever"}
        with pytest.raises(Refused, match="no reason"):
            immunizations.record(tom, by=doctor, **not_done)
        entry = immunizations.record(tom, by=doctor, status=ImmunizationStatus.NOT_DONE, **not_done)
        session.flush()
        assert not entry.was_given

    def test_a_procedure_is_written_and_cannot_end_before_it_began(self, session, tom, doctor):
        entry = procedures.record(tom, by=doctor, name="Appendix taken out", performed_at=LONG_AGO, outcome="Healed")
        session.flush()
        with pytest.raises(sa.exc.IntegrityError):
            procedures.change(entry, by=doctor, ended_at=LONG_AGO - timedelta(minutes=1))
