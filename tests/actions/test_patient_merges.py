"""Making two records of one person one, and two again."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import booking, erasures, insurance, legal_holds, patient_merges, patients, visits
from clinic.actions.acting import Refused
from clinic.actions.patients import add_tag, register
from clinic.models.accounts import Membership, Role
from clinic.models.audit import AuditEntry
from clinic.models.patient_changes import PatientChange
from clinic.models.patient_merges import PatientMerge
from clinic.models.patients import Patient, PatientAccess, PatientTag, TagKind
from clinic.models.people import Relation
from clinic.models.visits import CancelReason, Visit
from clinic.queries import finding
from clinic.queries.exports import write_patient
from clinic.queries.patient_keys import keys_to_patients
from clinic.queries.patients import understand
from clinic.queries.timeline import records_of
from clinic.work.handlers import run
from tests.actions.merging import WHY, merged
from tests.at_once import rush


@pytest.fixture
def twice(session, cast):
    """Maya, registered once more by mistake, with what the first record does not know and a visit of its own."""
    again = register(
        session, by=cast.amara.actor, full_name="Maya Okafor-Bell", email="maya@mail.example", notes="Has moved",
        allergies="Latex",
    )  # fmt: skip
    add_tag(again, TagKind.FLAG, "Wheelchair", by=cast.amara.actor)
    session.flush()
    again.visit_id = cast.booked(patient=again).id
    session.commit()
    return again


class TestMerge:
    def test_takes_along_what_may_move_and_leaves_a_way_to_the_record_that_stays(self, session, cast, twice):
        maya, visit_id = cast.maya_patient, twice.visit_id
        line = merged(session, cast, maya, twice)
        assert session.get(Visit, (cast.rose.id, visit_id)).patient_id == maya.id
        assert [tag.tag for tag in maya.tags] == ["Wheelchair"]
        assert session.get(Patient, (cast.rose.id, twice.id)).merged_into_id == maya.id
        assert line.moved["visits.patient_id"] == [str(visit_id)] and line.merged_at
        assert set(records_of(session, cast.rose.id, maya.id)) == {maya.id, twice.id}

    def test_fills_what_the_record_that_stays_lacks_and_loses_no_allergy(self, session, cast, twice):
        maya = cast.maya_patient
        maya.allergies, maya.phone = "Penicillin", "+44 20 7946 0123"
        session.commit()
        line = merged(session, cast, maya, twice)
        assert maya.email == "maya@mail.example" and maya.full_name == "Maya Okafor"
        assert maya.allergies == "Penicillin\nLatex" and set(line.filled) == {"email", "notes", "allergies"}
        history = session.scalars(sa.select(PatientChange).where(PatientChange.patient_id == maya.id)).all()
        assert {(row.field, row.before, row.after) for row in history} == {
            ("email", None, "maya@mail.example"), ("notes", None, "Has moved"),
        }  # fmt: skip

    def test_what_may_be_there_once_only_stays_where_it_was(self, session, cast, twice):
        add_tag(cast.maya_patient, TagKind.FLAG, "Wheelchair", by=cast.amara.actor)
        add_tag(twice, TagKind.TAG, "Prefers mornings", by=cast.amara.actor)
        session.commit()
        merged(session, cast, cast.maya_patient, twice)
        where = {(tag.patient_id, tag.tag) for tag in session.scalars(sa.select(PatientTag))}
        assert where == {
            (cast.maya_patient.id, "Wheelchair"), (cast.maya_patient.id, "Prefers mornings"), (twice.id, "Wheelchair"),
        }  # fmt: skip

    def test_is_found_by_either_name_and_number(self, session, cast, twice):
        number = twice.mrn
        merged(session, cast, cast.maya_patient, twice)
        for typed in ("Okafor-Bell", number):
            question = understand(typed, "en_GB", cast.tomorrow_at(9).date())
            found = finding.find(session, cast.rose.id, question, size=9)
            assert [row.id for row in found] == [cast.maya_patient.id]

    def test_the_copy_of_the_record_holds_what_could_not_move(self, session, cast, twice, tmp_path):
        patients.update(twice, by=cast.amara.actor, phone="+44 20 7946 0999")
        merged(session, cast, cast.maya_patient, twice)
        with (tmp_path / "copy.zip").open("wb") as file:
            counts = write_patient(session, file, cast.rose, cast.maya_patient)
        assert counts["patients.json"]["rows"] == 2 and counts["patient_changes.json"]["rows"] >= 1

    def test_an_earlier_merge_comes_along(self, session, cast, twice):
        third = register(session, by=cast.amara.actor, full_name="M Okafor")
        session.commit()
        merged(session, cast, twice, third)
        merged(session, cast, cast.maya_patient, twice)
        assert session.get(Patient, (cast.rose.id, third.id)).merged_into_id == cast.maya_patient.id

    def test_nothing_is_written_into_the_record_that_went(self, session, cast, twice):
        merged(session, cast, cast.maya_patient, twice)
        with pytest.raises(Refused, match="another"):
            patients.update(twice, by=cast.amara.actor, phone="1")
        with pytest.raises(Refused):
            insurance.add(twice, by=cast.amara.actor, insurer_name="Acme")

    def test_whoever_sees_both_in_the_portal_sees_the_one(self, session, cast, twice):
        for patient, user in ((twice, cast.maya.user), (twice, cast.lind.user)):
            session.add(
                PatientAccess(clinic_id=cast.rose.id, patient_id=patient.id, user_id=user.id, relation=Relation.CARER)
            )
        session.commit()
        line = merged(session, cast, cast.maya_patient, twice)
        live = {(row.user_id, row.patient_id) for row in session.scalars(sa.select(PatientAccess)) if row.is_live}
        assert live == {(cast.maya.user.id, cast.maya_patient.id), (cast.lind.user.id, cast.maya_patient.id)}
        patient_merges.undo(line, by=cast.ines.actor)
        session.commit()
        session.expire_all()
        assert sum(row.is_live for row in session.scalars(sa.select(PatientAccess))) == 3

    def test_is_refused_for_what_is_held_erased_merged_or_the_same(self, session, cast, twice):
        with pytest.raises(Refused, match="same"):
            patient_merges.merge(twice, twice, WHY, by=cast.ines.actor)
        hold = legal_holds.place(twice, "A letter of the court", by=cast.ines.actor)
        with pytest.raises(Refused, match="legal hold"):
            patient_merges.merge(cast.maya_patient, twice, WHY, by=cast.ines.actor)
        legal_holds.end(hold, by=cast.ines.actor)
        asked = erasures.ask(cast.tom, WHY, by=cast.ines.actor)
        with pytest.raises(Refused, match="erased"):
            patient_merges.merge(cast.maya_patient, cast.tom, WHY, by=cast.ines.actor)
        erasures.withdraw(asked, by=cast.ines.actor)
        session.commit()
        merged(session, cast, cast.maya_patient, twice)
        with pytest.raises(Refused, match="already"):
            patient_merges.merge(cast.tom, twice, WHY, by=cast.ines.actor)

    def test_every_way_to_a_patient_moves_or_says_why_not(self, session, cast):
        keys = keys_to_patients(session)
        stay = {key.table for key in keys if not key.may_move}
        assert {"visits", "patient_access", "insurance_policies", "patients"} <= {
            key.table for key in keys if key.may_move
        }
        # Only ever added to, immutable once issued, made anew, or the journal itself: read through the merged record.
        assert {"patient_changes", "patient_words", "patient_merges"} <= stay
        assert stay <= {"patient_changes", "patient_words", "patient_merges", "prescriptions", "lab_results",
                        "consultations", "measurements"}  # fmt: skip


class TestUndo:
    def test_makes_two_records_of_it_as_they_were(self, session, cast, twice):
        before = {"email": cast.maya_patient.email, "notes": cast.maya_patient.notes}
        line = merged(session, cast, cast.maya_patient, twice)
        patient_merges.undo(line, by=cast.amara.actor)
        session.commit()
        session.expire_all()
        again = session.get(Patient, (cast.rose.id, twice.id))
        assert again.merged_into_id is None and [tag.tag for tag in again.tags] == ["Wheelchair"]
        assert session.scalars(sa.select(Visit)).one().patient_id == twice.id
        assert {name: getattr(cast.maya_patient, name) for name in before} == before
        assert records_of(session, cast.rose.id, cast.maya_patient.id) == (cast.maya_patient.id,)
        with pytest.raises(Refused, match="two already"):
            patient_merges.undo(line, by=cast.amara.actor)

    def test_leaves_what_was_written_since_and_what_somebody_has_changed(self, session, cast, twice):
        line = merged(session, cast, cast.maya_patient, twice)
        later = cast.booked(cast.tomorrow_at(12), patient=cast.maya_patient)
        patients.update(cast.maya_patient, by=cast.amara.actor, email="newer@mail.example")
        session.commit()
        patient_merges.undo(line, by=cast.ines.actor)
        session.commit()
        session.expire_all()
        assert session.get(Visit, (cast.rose.id, later.id)).patient_id == cast.maya_patient.id
        assert cast.maya_patient.email == "newer@mail.example"

    def test_ends_after_thirty_days(self, session, cast, twice):
        line = merged(session, cast, cast.maya_patient, twice)
        line.merged_at -= timedelta(days=30)
        session.commit()
        with pytest.raises(Refused, match="30 days"):
            patient_merges.undo(line, by=cast.ines.actor)

    def test_of_a_record_that_went_into_a_third_waits_for_that_one(self, session, cast, twice):
        third = register(session, by=cast.amara.actor, full_name="M Okafor")
        session.commit()
        first = merged(session, cast, twice, third)
        second = merged(session, cast, cast.maya_patient, twice)
        with pytest.raises(Refused, match="Undo that first"):
            patient_merges.undo(first, by=cast.ines.actor)
        patient_merges.undo(second, by=cast.ines.actor)
        session.commit()
        session.expire_all()
        patient_merges.undo(first, by=cast.ines.actor)
        assert session.get(Patient, (cast.rose.id, third.id)).merged_into_id is None


class TestAsking:
    def test_needs_another_pair_of_eyes(self, session, cast, twice):
        line = patient_merges.ask(cast.maya_patient, twice, WHY, by=cast.amara.actor)
        session.commit()
        with pytest.raises(Refused, match="colleague"):
            patient_merges.approve(line, by=cast.amara.actor)
        session.rollback()
        patient_merges.approve(line, by=cast.ines.actor)
        session.commit()
        session.expire_all()
        assert twice.merged_into_id == cast.maya_patient.id and line.looked_over_by_id == cast.ines.user.id
        with pytest.raises(Refused, match="answered"):
            patient_merges.decline(line, by=cast.ines.actor)

    def test_the_database_itself_refuses_one_pair_of_eyes(self, session, cast, twice):
        line = patient_merges.ask(cast.maya_patient, twice, WHY, by=cast.amara.actor)
        session.flush()
        with pytest.raises(sa.exc.IntegrityError):
            session.execute(
                sa.update(PatientMerge).where(PatientMerge.id == line.id).values(looked_over_by_id=cast.amara.user.id)
            )
        session.rollback()

    def test_is_once_for_a_record_and_can_be_asked_again_after_a_no(self, session, cast, twice):
        line = patient_merges.ask(cast.maya_patient, twice, WHY, by=cast.amara.actor)
        for pair in ((cast.maya_patient, twice), (twice, cast.maya_patient)):
            with pytest.raises(Refused, match="already"):
                patient_merges.ask(*pair, WHY, by=cast.amara.actor)
        patient_merges.decline(line, by=cast.ines.actor)
        assert patient_merges.ask(cast.maya_patient, twice, WHY, by=cast.amara.actor).is_open


class TestAtOnce:
    def test_two_merges_of_the_same_pair_the_other_way_round_make_one(self, app, session, cast, twice):
        ids = cast.maya_patient.id, twice.id

        def act(kept, other):
            def merge(own):
                rows = [own.get(Patient, (cast.rose.id, row_id)) for row_id in (kept, other)]
                patient_merges.merge(*rows, WHY, by=cast.ines.actor)

            return merge

        session.rollback()
        assert rush(app, cast, act(*ids), act(*ids[::-1])) == ["done", "refused"]
        session.expire_all()
        gone = session.scalars(sa.select(Patient).where(Patient.merged_into_id.is_not(None))).all()
        assert len(gone) == 1 and gone[0].id in ids

    def test_a_visit_booked_meanwhile_is_of_the_one_record_or_refused(self, app, session, cast, twice):
        key, other = (cast.rose.id, cast.maya_patient.id), (cast.rose.id, twice.id)

        def merge(own):
            patient_merges.merge(own.get(Patient, key), own.get(Patient, other), WHY, by=cast.ines.actor)

        def book(own):
            booking.book(own, cast.wish(cast.tomorrow_at(14), patient=twice), by=cast.amara.actor)

        session.rollback()
        assert "done" in rush(app, cast, merge, book)
        session.expire_all()
        assert {visit.patient_id for visit in session.scalars(sa.select(Visit))} == {cast.maya_patient.id}

    def test_what_came_late_to_the_record_that_went_is_fetched(self, app, session, cast, twice):
        line = merged(session, cast, cast.maya_patient, twice)
        session.add(PatientTag(clinic_id=cast.rose.id, patient_id=twice.id, kind=TagKind.TAG, tag="Late"))
        session.commit()
        for _ in range(2):
            run(app, "patient_merges.sweep", {"clinic_id": str(cast.rose.id), "merge_id": str(line.id)})
        session.rollback()
        session.expire_all()
        late = session.scalars(sa.select(PatientTag).where(PatientTag.tag == "Late")).one()
        assert late.patient_id == cast.maya_patient.id and str(late.id) in line.moved["patient_tags.patient_id"]


def test_erasing_the_record_takes_the_words_out_of_the_journal_and_the_history(app, session, cast, twice):
    session.add(Membership(clinic_id=cast.rose.id, user_id=cast.lind.user.id, role=Role.ADMIN))
    for visit in session.scalars(sa.select(Visit)):
        visits.cancel(visit, CancelReason.PATIENT, by=cast.amara.actor)
    policy = insurance.add(twice, by=cast.amara.actor, insurer_name="Acme", member_id="Canary 7")
    patients.update(cast.maya_patient, by=cast.amara.actor, phone="+44 20 7946 0777")
    session.commit()
    line = merged(session, cast, cast.maya_patient, twice)
    asked = erasures.ask(cast.maya_patient, WHY, by=cast.ines.actor)
    erasures.confirm(asked, by=cast.lind.actor)
    session.commit()
    for row_id in (cast.maya_patient.id, twice.id):
        run(app, "erasures.finish", {"clinic_id": str(cast.rose.id), "patient_id": str(row_id)})
    session.rollback()
    session.expire_all()
    assert line.reason == "" and policy.member_id is None and policy.insurer_name == "–"
    assert {(row.before, row.after) for row in session.scalars(sa.select(PatientChange))} == {(None, None)}
    with pytest.raises(Refused):
        patient_merges.undo(line, by=cast.ines.actor)


def test_a_merge_leaves_one_entry_in_the_audit_log_without_a_word_of_anybody(session, cast, twice):
    merged(session, cast, cast.maya_patient, twice)
    entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "patient_merges.merge")).one()
    assert entry.patient_id == cast.maya_patient.id and "identity card" not in str(entry.changes)
