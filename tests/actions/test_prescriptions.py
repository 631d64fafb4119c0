"""Prescribing: issued once and never changed, corrected by another, stopped for a reason, held against allergies."""

import pytest
import sqlalchemy as sa

from clinic.actions import prescriptions
from clinic.actions.acting import Refused
from clinic.actions.prescriptions import Medicine
from clinic.models.audit import AuditEntry
from clinic.models.prescriptions import MOST_ITEMS, Prescription, PrescriptionItem, PrescriptionState, PrescriptionStop
from clinic.models.recorded import RecordSource
from clinic.queries import prescriptions as queries
from clinic.scope import Scope
from tests.at_once import rush
from tests.prescribing import AMOXICILLIN, ARNICA, prescribed

S = PrescriptionState


def again(session, issued):
    """The prescription as the database has it."""
    session.rollback()
    return queries.one(session, issued.clinic_id, issued.id)


class TestIssue:
    def test_every_medicine_stands_on_it_as_it_was_written(self, session, cast):
        issued = again(session, prescribed(session, cast, advice="Rest"))
        assert [(each.position, each.medicine_name, each.potency) for each in issued.items] == [
            (1, "Amoxicillin", "500 mg"), (2, "Arnica montana", "30C"),
        ]  # fmt: skip
        assert (issued.state, issued.advice, issued.source) == (S.ACTIVE, "Rest", RecordSource.CLINIC)
        assert (issued.prescriber, issued.provider_id) == ("Dr Kwame Osei", cast.dr_osei.id)

    def test_the_database_lets_nobody_change_or_remove_it(self, session, cast):
        issued = prescribed(session, cast)
        prescriptions.stop(issued, "A rash", by=cast.osei.actor)
        session.commit()
        for statement in (
            "UPDATE prescriptions SET advice = 'x'", "DELETE FROM prescription_items",
            "UPDATE prescription_items SET potency = '200C'", "DELETE FROM prescription_stops",
            "UPDATE prescription_stops SET reason = 'x'", "DELETE FROM prescriptions",
        ):  # fmt: skip
            with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
                session.execute(sa.text(statement))
            session.rollback()

    def test_it_belongs_to_the_visit_it_was_written_at(self, session, cast):
        visit = cast.booked()
        assert prescribed(session, cast, visit=visit).visit_id == visit.id

    def test_the_log_tells_that_it_was_issued_and_nothing_of_what(self, session, cast):
        issued = prescribed(session, cast, AMOXICILLIN, advice="Rest well")
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.resource_id == issued.id)).one()
        assert (entry.action, entry.patient_id) == ("prescriptions.issue", cast.tom.id)
        assert "moxi" not in str(entry.changes) and "Rest" not in str(entry.changes)

    def test_what_is_another_patients_stays_theirs(self, session, cast):
        mayas = {"visit": cast.booked(patient=cast.maya_patient)}
        mayas["replaces"] = prescribed(session, cast, patient=cast.maya_patient)
        for name, theirs in mayas.items():
            with pytest.raises(Refused, match="another patient"):
                prescriptions.issue(cast.tom, [ARNICA], by=cast.osei.actor, **{name: theirs})

    def test_nothing_is_no_prescription(self, session, cast):
        with pytest.raises(Refused, match="at least one"):
            prescriptions.issue(cast.tom, [], by=cast.osei.actor)
        with pytest.raises(Refused, match="at most 20"):
            prescriptions.issue(cast.tom, [ARNICA] * (MOST_ITEMS + 1), by=cast.osei.actor)

    def test_only_an_approved_doctor_prescribes(self, session, cast):
        cast.dr_lind.approved_at = None
        session.flush()
        for who in (cast.lind, cast.amara):
            with pytest.raises(Refused, match="approved"):
                prescriptions.issue(cast.tom, [ARNICA], by=who.actor)

    def test_not_to_who_has_died(self, session, cast):
        cast.tom.deceased_at = sa.func.now()
        session.flush()
        with pytest.raises(Refused, match="died"):
            prescriptions.issue(cast.tom, [ARNICA], by=cast.osei.actor)

    def test_an_imported_one_may_lack_everything_but_its_patient(self, session, cast):
        came = Prescription(clinic_id=cast.rose.id, patient_id=cast.tom.id, source=RecordSource.IMPORT, is_dated=False)
        session.add(came)
        session.flush()
        ids = {"clinic_id": cast.rose.id, "prescription_id": came.id}
        session.add(PrescriptionItem(**ids, position=1, medicine_name="Ibuprofen"))
        session.add(PrescriptionStop(**ids, source=RecordSource.IMPORT))
        session.commit()
        assert again(session, came).state == S.STOPPED

    def test_one_issued_here_has_its_doctor_and_its_date(self, session, cast):
        for facts in ({"is_dated": False, "provider_id": cast.dr_osei.id}, {}):
            session.add(Prescription(clinic_id=cast.rose.id, patient_id=cast.tom.id, **facts))
            with pytest.raises(sa.exc.IntegrityError):
                session.flush()
            session.rollback()


class TestAgainstAnAllergy:
    @pytest.fixture(autouse=True)
    def _penicillin(self, session, cast):
        cast.tom.allergies = "Penicillin, rash as a child"
        session.commit()

    def test_it_is_refused_without_a_reason(self, session, cast):
        with pytest.raises(Refused, match="recorded allergy: Penicillin"):
            prescriptions.issue(cast.tom, [AMOXICILLIN], by=cast.osei.actor)

    def test_the_warning_and_the_reason_stay_on_it(self, session, cast):
        bold = Medicine("Amoxicillin", allergy_reason="Tested in May: no allergy")
        issued = again(session, prescribed(session, cast, bold, ARNICA))
        assert [(each.allergy_warning, each.allergy_reason) for each in issued.items] == [
            ("Penicillin, rash as a child", "Tested in May: no allergy"), (None, None),
        ]  # fmt: skip

    def test_a_reason_without_a_warning_is_not_kept(self, session, cast):
        issued = prescribed(session, cast, Medicine("Arnica montana", allergy_reason="Never mind"))
        assert again(session, issued).items[0].allergy_reason is None


class TestReplace:
    def test_the_former_counts_no_more_and_both_know_of_each_other(self, session, cast):
        former = prescribed(session, cast, AMOXICILLIN)
        later = prescribed(session, cast, ARNICA, replaces=former)
        former, later = again(session, former), queries.one(session, cast.rose.id, later.id)
        assert (former.state, later.state) == (S.REPLACED, S.ACTIVE)
        assert (former.replaced_by.id, later.replaces.id) == (later.id, former.id)

    def test_once_only(self, session, cast):
        former = prescribed(session, cast)
        prescribed(session, cast, ARNICA, replaces=former)
        with pytest.raises(Refused, match="replaced already"):
            prescriptions.issue(cast.tom, [ARNICA], by=cast.osei.actor, replaces=former)

    def test_one_that_was_stopped_is_not_corrected(self, session, cast):
        former = prescribed(session, cast)
        prescriptions.stop(former, "Enough", by=cast.osei.actor)
        session.commit()
        with pytest.raises(Refused, match="Write a new one"):
            prescriptions.issue(cast.tom, [ARNICA], by=cast.osei.actor, replaces=former)

    def test_of_two_corrections_at_once_one_counts(self, app, session, cast):
        former = prescribed(session, cast)

        def correct(session):
            mine = queries.one(session, cast.rose.id, former.id)
            patient = session.get(type(cast.tom), (cast.rose.id, cast.tom.id))
            prescriptions.issue(patient, [ARNICA], by=cast.osei.actor, replaces=mine)

        assert rush(app, cast, correct, correct) == ["done", "refused"]


class TestStop:
    def test_one_medicine_or_all_that_are_left(self, session, cast):
        issued = prescribed(session, cast)
        first = issued.items[0]
        prescriptions.stop(issued, "A rash", by=cast.osei.actor, item=first)
        session.commit()
        issued = again(session, issued)
        assert issued.state == S.ACTIVE and [issued.is_taken(each) for each in issued.items] == [False, True]
        prescriptions.stop(issued, "Well again", by=cast.osei.actor)
        session.commit()
        issued = again(session, issued)
        assert issued.state == S.STOPPED
        assert [issued.stop_of(each).reason for each in issued.items] == ["A rash", "Well again"]

    def test_what_is_stopped_is_not_stopped_again(self, session, cast):
        issued = prescribed(session, cast)
        prescriptions.stop(issued, "A rash", by=cast.osei.actor, item=issued.items[0])
        session.commit()
        with pytest.raises(Refused, match="already"):
            prescriptions.stop(issued, "Again", by=cast.osei.actor, item=issued.items[0])

    def test_what_was_replaced_is_stopped_in_its_place(self, session, cast):
        former = prescribed(session, cast)
        prescribed(session, cast, ARNICA, replaces=former)
        with pytest.raises(Refused, match="took its place"):
            prescriptions.stop(former, "Enough", by=cast.osei.actor)

    def test_stopped_and_corrected_at_once_has_one_outcome(self, app, session, cast):
        issued = prescribed(session, cast)

        def stop(session):
            prescriptions.stop(queries.one(session, cast.rose.id, issued.id), "A rash", by=cast.osei.actor)

        def correct(session):
            mine = queries.one(session, cast.rose.id, issued.id)
            patient = session.get(type(cast.tom), (cast.rose.id, cast.tom.id))
            prescriptions.issue(patient, [ARNICA], by=cast.osei.actor, replaces=mine)

        assert rush(app, cast, stop, correct) == ["done", "refused"]


class TestWhoSees:
    def test_the_patient_from_its_issue_on_and_nobody_elses_portal(self, session, cast):
        mayas = prescribed(session, cast, patient=cast.maya_patient)
        prescribed(session, cast)
        session.enter(Scope.portal(cast.rose.id, cast.maya.user.id, {cast.maya_patient.id}))
        assert session.execute(sa.text("SELECT id FROM prescriptions")).scalars().all() == [mayas.id]
        assert len(session.execute(sa.text("SELECT id FROM prescription_items")).all()) == 2
        session.enter(Scope.public(cast.rose.id))
        assert session.execute(sa.text("SELECT count(*) FROM prescription_items")).scalar() == 0
