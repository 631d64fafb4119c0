"""A visit's note: kept as it is typed, nobody's words written over, signed once and for good."""

from dataclasses import replace
from uuid import uuid4

import pytest
import sqlalchemy as sa

from clinic.actions import consultations, erasures, visits
from clinic.actions.acting import Refused
from clinic.actions.consultations import NoteChanged, Sending, Words
from clinic.actions.legal_holds import place
from clinic.models.audit import AuditEntry
from clinic.models.consultations import Consultation, ConsultationAddendum
from clinic.models.note_templates import NoteTemplate
from clinic.models.visits import CancelReason
from clinic.scope import Scope
from clinic.work.handlers import run
from clinic.work.keeper import keeper
from tests.noting import COUGH, begun, signed, written

OTHER = replace(COUGH, treatment="Antibiotics")
LONGER = replace(COUGH, complaints="Cough for a week, worse at night")


def _entries(session, visit):
    wanted = sa.select(AuditEntry.action).where(
        AuditEntry.action.like("consultations.%"), AuditEntry.patient_id == visit.patient_id
    )
    return sorted(session.scalars(wanted.order_by(AuditEntry.created_at)))


class TestAutosave:
    def test_words_are_kept_with_who_wrote_them_and_the_version_grows(self, cast, session):
        visit, page = begun(cast), uuid4()
        first = written(visit, by=cast.osei, page=page)
        assert (first.version, first.complaints, first.diagnosis_codes) == (1, "Cough for a week", ["J00"])
        second = written(visit, LONGER, by=cast.osei, version=1, page=page, number=2)
        assert second.version == 2 and second.edited_by_id == cast.osei.user.id and second.edited_at
        assert second.provider_id == visit.provider_id and not second.is_signed

    def test_who_saw_an_older_text_writes_over_nothing(self, cast, session):
        visit = begun(cast)
        written(visit, by=cast.osei)
        with pytest.raises(NoteChanged):
            written(visit, OTHER, by=cast.lind, version=0)
        session.rollback()
        assert session.scalars(sa.select(Consultation.treatment)).one() == "Rest and tea"

    def test_the_same_text_from_two_pages_is_no_quarrel(self, cast, session):
        visit = begun(cast)
        written(visit, by=cast.osei)
        assert written(visit, by=cast.lind, version=0).version == 1

    def test_a_page_whose_answer_was_lost_goes_on(self, cast, session):
        visit, page = begun(cast), uuid4()
        written(visit, by=cast.osei, page=page, number=1)
        assert written(visit, LONGER, by=cast.osei, version=0, page=page, number=2).complaints == LONGER.complaints

    def test_a_sending_that_was_overtaken_changes_nothing(self, cast, session):
        visit, page = begun(cast), uuid4()
        written(visit, LONGER, by=cast.osei, page=page, number=2)
        assert written(visit, COUGH, by=cast.osei, version=0, page=page, number=1).complaints == LONGER.complaints

    def test_the_same_sending_with_other_words_is_another_page(self, cast, session):
        """A tab that was doubled has the same page in it twice."""
        visit, page = begun(cast), uuid4()
        written(visit, by=cast.osei, page=page, number=1)
        with pytest.raises(NoteChanged):
            written(visit, OTHER, by=cast.osei, version=0, page=page, number=1)

    def test_unsent_words_go_on_where_their_former_page_left_off(self, cast, session):
        visit, former, page = begun(cast), uuid4(), uuid4()
        written(visit, by=cast.osei, page=former)
        sending = Sending(version=0, page=page, number=1, resumes=former)
        assert consultations.autosave(visit, LONGER, sending, by=cast.osei.actor).version == 2

    def test_one_sitting_is_one_line_of_the_log(self, cast, session):
        visit, page = begun(cast), uuid4()
        for number in range(1, 4):
            words = replace(COUGH, notes="x" * number)
            written(visit, words, by=cast.osei, version=number - 1, page=page, number=number)
        assert _entries(session, visit) == ["consultations.autosave"]
        written(visit, LONGER, by=cast.lind, version=3)
        assert _entries(session, visit) == ["consultations.autosave"] * 2

    def test_a_visit_that_did_not_take_place_has_no_note(self, cast, session):
        visit = cast.booked()
        visits.cancel(visit, CancelReason.CLINIC, by=cast.amara.actor)
        with pytest.raises(Refused, match="did not take place"):
            written(visit, by=cast.osei)


class TestSign:
    def test_the_visits_own_doctor_signs_what_stands_there(self, cast, session):
        visit, note = signed(cast)
        assert note.is_signed and note.signed_by_id == cast.osei.user.id and note.duration_minutes == 0
        assert note.provider_id == visit.provider_id and _entries(session, visit) == ["consultations.sign"]

    def test_nobody_elses_hand_signs(self, cast, session):
        visit = begun(cast)
        with pytest.raises(Refused, match="own doctor"):
            written(visit, by=cast.lind, verb=consultations.sign)

    def test_an_empty_note_and_one_before_the_visit_are_not_signed(self, cast, session):
        with pytest.raises(Refused, match="nothing to sign"):
            written(begun(cast), Words(), by=cast.osei, verb=consultations.sign)
        session.rollback()
        booked = cast.booked(cast.tomorrow_at(11))
        with pytest.raises(Refused, match="Start the visit"):
            written(booked, by=cast.osei, verb=consultations.sign)

    def test_what_another_saved_meanwhile_is_looked_at_before_signing(self, cast, session):
        visit = begun(cast)
        written(visit, OTHER, by=cast.lind)
        with pytest.raises(NoteChanged):
            written(visit, COUGH, by=cast.osei, version=0, verb=consultations.sign)

    def test_twice_is_refused_and_changes_nothing(self, cast, session):
        visit, note = signed(cast)
        with pytest.raises(Refused, match="is signed"):
            written(visit, OTHER, by=cast.osei, version=note.version, verb=consultations.sign)


class TestImmutable:
    @pytest.mark.parametrize(
        "change", ["treatment = 'x'", "signed_at = NULL", "provider_id = NULL", "version = version + 1"]
    )
    def test_the_database_changes_no_signed_note_whoever_asks(self, cast, session, change):
        signed(cast)
        with pytest.raises(sa.exc.IntegrityError, match="never changed"):
            session.execute(sa.text(f"UPDATE consultations SET {change}"))

    @pytest.mark.parametrize("statement", [
        "DELETE FROM consultations", "DELETE FROM consultation_addenda", "UPDATE consultation_addenda SET text = 'x'",
    ])  # fmt: skip
    def test_nothing_is_removed_and_no_addendum_is_changed(self, cast, session, statement):
        signed(cast)
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            session.execute(sa.text(statement))

    def test_the_owner_of_the_tables_changes_none_either(self, cast, session, superuser):
        signed(cast)
        with superuser.connect() as connection, pytest.raises(sa.exc.IntegrityError, match="never changed"):
            connection.execute(sa.text("UPDATE consultations SET treatment = 'x'"))


class TestAddAddendum:
    def test_it_stands_below_with_who_wrote_it_and_the_note_stays(self, cast, session):
        visit, note = signed(cast)
        consultations.add_addendum(note, "The culture grew nothing.", by=cast.lind.actor)
        session.commit()
        [added] = session.scalars(sa.select(ConsultationAddendum)).all()
        assert added.text == "The culture grew nothing." and added.provider_id == cast.lind.provider_id
        assert _entries(session, visit) == ["consultations.add_addendum", "consultations.sign"]

    def test_a_draft_has_none_says_the_action_and_says_the_database(self, cast, session):
        note = written(begun(cast), by=cast.osei)
        with pytest.raises(Refused, match="not signed"):
            consultations.add_addendum(note, "More", by=cast.osei.actor)
        session.add(ConsultationAddendum(clinic_id=note.clinic_id, consultation_id=note.id, text="More"))
        with pytest.raises(sa.exc.IntegrityError, match="only a signed note"):
            session.flush()


class TestRelease:
    def test_the_database_shows_a_patient_nothing_before_the_signature(self, cast, session):
        visit = begun(cast, patient=cast.maya_patient)
        note = written(visit, by=cast.osei)
        seen = sa.text("SELECT (SELECT count(*) FROM consultations), (SELECT count(*) FROM consultation_addenda)")
        maya = Scope.portal(cast.rose.id, cast.maya.user.id, {cast.maya_patient.id})
        session.enter(maya)
        assert session.execute(seen).one() == (0, 0)
        session.enter(cast.scope)
        visit = session.get(type(visit), (visit.clinic_id, visit.id))
        signed_note = written(visit, by=cast.osei, version=note.version, verb=consultations.sign)
        consultations.add_addendum(signed_note, "More", by=cast.osei.actor)
        session.commit()
        session.enter(maya)
        assert session.execute(seen).one() == (1, 1)
        session.enter(Scope.portal(cast.rose.id, cast.maya.user.id, {cast.tom.id}))
        assert session.execute(seen).one() == (0, 0)


class TestErase:
    def _erased(self, app, cast, session):
        visit, note = signed(cast)
        consultations.add_addendum(note, "More of it", by=cast.osei.actor)
        visits.complete(visit, by=cast.osei.actor)
        asked = erasures.ask(cast.tom, "They asked for it", by=cast.ines.actor)
        session.flush()
        other = replace(cast.ines.actor, user_id=cast.amara.user.id)
        erasures.confirm(asked, by=other)
        session.commit()
        session.rollback()
        run(app, "erasures.finish", {"clinic_id": str(cast.rose.id), "patient_id": str(cast.tom.id)})
        session.expire_all()
        return session.scalars(sa.select(Consultation)).one()

    def test_the_words_of_a_signed_note_go_and_that_it_was_signed_stays(self, app, cast, session):
        note = self._erased(app, cast, session)
        assert note.is_empty and note.is_signed and not note.addenda

    def test_a_legal_hold_keeps_them_from_the_keeper_too(self, cast, session):
        signed(cast)
        place(cast.tom, "A letter of the court", by=cast.ines.actor)
        session.commit()
        with keeper(cast.rose.id) as connection:
            assert connection.execute("UPDATE consultations SET treatment = NULL").rowcount == 0
            assert connection.execute("DELETE FROM consultations").rowcount == 0


class TestTemplate:
    def test_it_fills_what_is_empty_and_stands_below_what_is_there(self):
        template = NoteTemplate(
            name="Cold", complaints="Runny nose?", diagnosis=None, diagnosis_codes=["J00", "R05.9"],
            treatment="Rest", notes="Sick note?",
        )  # fmt: skip
        found = Words(complaints="Cough", diagnosis_codes=("J00",)).begun_from(template)
        assert found.complaints == "Cough\n\nRunny nose?" and found.treatment == "Rest"
        assert found.diagnosis is None and found.diagnosis_codes == ("J00", "R05.9")
