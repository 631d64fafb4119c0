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
SIGNED_STAYS = ["treatment = 'x'", "signed_at = NULL", "provider_id = NULL", "version = version + 1"]
NO_RIGHT = [
    "DELETE FROM consultations", "DELETE FROM consultation_addenda", "UPDATE consultation_addenda SET text = 'x'",
]  # fmt: skip


def _entries(session, visit):
    wanted = sa.select(AuditEntry.action).where(
        AuditEntry.action.like("consultations.%"), AuditEntry.patient_id == visit.patient_id
    )
    return sorted(session.scalars(wanted))


def _refused(session, error, words, act):
    with pytest.raises(error, match=words), session.begin_nested():
        act()


class TestAutosave:
    def test_words_are_kept_and_one_sitting_is_one_line_of_the_log(self, cast, session):
        visit, page = begun(cast), uuid4()
        first = written(visit, by=cast.osei, page=page)
        assert (first.version, first.complaints, first.diagnosis_codes) == (1, "Cough for a week", ["J00"])
        second = written(visit, LONGER, by=cast.osei, version=1, page=page, number=2)
        assert second.version == 2 and second.edited_by_id == cast.osei.user.id and second.edited_at
        assert second.provider_id == visit.provider_id and not second.is_signed
        assert _entries(session, visit) == ["consultations.autosave"]
        written(visit, OTHER, by=cast.lind, version=2)
        assert _entries(session, visit) == ["consultations.autosave"] * 2

    def test_who_saw_an_older_text_writes_over_nothing_but_the_same_text_is_no_quarrel(self, cast, session):
        visit = begun(cast)
        written(visit, by=cast.osei)
        assert written(visit, by=cast.lind, version=0).version == 1
        _refused(session, NoteChanged, "changed this note", lambda: written(visit, OTHER, by=cast.lind, version=0))
        session.rollback()
        assert session.scalars(sa.select(Consultation.treatment)).one() == "Rest and tea"

    def test_a_page_goes_on_after_a_lost_answer_and_is_not_put_back_by_what_comes_late(self, cast, session):
        visit, page = begun(cast), uuid4()
        written(visit, by=cast.osei, page=page, number=1)
        assert written(visit, LONGER, by=cast.osei, version=0, page=page, number=3).complaints == LONGER.complaints
        assert written(visit, COUGH, by=cast.osei, version=0, page=page, number=2).complaints == LONGER.complaints
        # A tab that was doubled has the same page in it twice.
        doubled = Sending(0, page, 3)
        with pytest.raises(NoteChanged):
            consultations.autosave(visit, OTHER, doubled, by=cast.osei.actor)
        session.rollback()
        # Unsent words of a page that was loaded again go on where it left off.
        sending = Sending(version=0, page=uuid4(), number=1, resumes=page)
        assert consultations.autosave(visit, OTHER, sending, by=cast.osei.actor).version == 3

    def test_a_visit_that_did_not_take_place_has_no_note(self, cast, session):
        visit = cast.booked()
        visits.cancel(visit, CancelReason.CLINIC, by=cast.amara.actor)
        with pytest.raises(Refused, match="did not take place"):
            written(visit, by=cast.osei)


class TestSign:
    def test_the_visits_own_doctor_signs_what_they_saw_and_once(self, cast, session):
        visit, sign = begun(cast), consultations.sign
        written(visit, OTHER, by=cast.lind)
        _refused(session, Refused, "own doctor", lambda: written(visit, by=cast.lind, version=1, verb=sign))
        _refused(session, Refused, "nothing to sign", lambda: written(visit, Words(), by=cast.osei, verb=sign))
        _refused(session, NoteChanged, "changed", lambda: written(visit, by=cast.osei, version=0, verb=sign))
        note = written(visit, by=cast.osei, version=1, verb=sign)
        assert note.is_signed and note.signed_by_id == cast.osei.user.id and note.duration_minutes == 0
        assert note.provider_id == visit.provider_id and "consultations.sign" in _entries(session, visit)
        _refused(session, Refused, "is signed", lambda: written(visit, OTHER, by=cast.osei, version=2, verb=sign))

    def test_not_before_the_visit_has_begun(self, cast, session):
        with pytest.raises(Refused, match="Start the visit"):
            written(cast.booked(), by=cast.osei, verb=consultations.sign)

    def test_the_database_changes_no_signed_note_whoever_asks(self, cast, session, superuser):
        signed(cast)
        for change in SIGNED_STAYS:
            statement = sa.text(f"UPDATE consultations SET {change}")
            _refused(session, sa.exc.IntegrityError, "never changed", lambda it=statement: session.execute(it))
        for each in NO_RIGHT:
            statement = sa.text(each)
            _refused(session, sa.exc.ProgrammingError, "permission", lambda it=statement: session.execute(it))
        session.rollback()
        with superuser.connect() as connection, pytest.raises(sa.exc.IntegrityError, match="never changed"):
            connection.execute(sa.text("UPDATE consultations SET treatment = 'x'"))


class TestAddAddendum:
    def test_it_stands_below_a_signed_note_and_below_no_draft(self, cast, session):
        visit = begun(cast)
        note = written(visit, by=cast.osei)
        _refused(
            session, Refused, "not signed", lambda: consultations.add_addendum(note, "More", by=cast.osei.actor)
        )  # fmt: skip
        more = ConsultationAddendum(clinic_id=note.clinic_id, consultation_id=note.id, text="More")

        def past_the_action():
            session.add(more)
            session.flush()

        _refused(session, sa.exc.IntegrityError, "only a signed note", past_the_action)
        note = written(visit, by=cast.osei, version=1, verb=consultations.sign)
        consultations.add_addendum(note, "The culture grew nothing.", by=cast.lind.actor)
        session.commit()
        [added] = session.scalars(sa.select(ConsultationAddendum)).all()
        assert added.text == "The culture grew nothing." and added.provider_id == cast.lind.provider_id
        assert "consultations.add_addendum" in _entries(session, visit)


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
    def test_the_words_of_a_signed_note_go_and_that_it_was_signed_stays(self, app, cast, session):
        visit, note = signed(cast)
        consultations.add_addendum(note, "More of it", by=cast.osei.actor)
        visits.complete(visit, by=cast.osei.actor)
        hold = place(cast.tom, "A letter of the court", by=cast.ines.actor)
        session.commit()
        with keeper(cast.rose.id) as connection:
            assert connection.execute("UPDATE consultations SET treatment = NULL").rowcount == 0
            assert connection.execute("DELETE FROM consultation_addenda").rowcount == 0
        hold.ended_at = sa.func.now()
        asked = erasures.ask(cast.tom, "They asked for it", by=cast.ines.actor)
        session.flush()
        erasures.confirm(asked, by=replace(cast.ines.actor, user_id=cast.amara.user.id))
        session.commit()
        run(app, "erasures.finish", {"clinic_id": str(cast.rose.id), "patient_id": str(cast.tom.id)})
        session.expire_all()
        left = session.scalars(sa.select(Consultation)).one()
        assert left.is_empty and left.is_signed and not left.addenda


def test_a_template_fills_what_is_empty_and_stands_below_what_is_there():
    template = NoteTemplate(
        name="Cold", complaints="Runny nose?", diagnosis=None, diagnosis_codes=["J00", "R05.9"],
        treatment="Rest", notes="Sick note?",
    )  # fmt: skip
    found = Words(complaints="Cough", diagnosis_codes=("J00",)).begun_from(template)
    assert found.complaints == "Cough\n\nRunny nose?" and found.treatment == "Rest"
    assert found.diagnosis is None and found.diagnosis_codes == ("J00", "R05.9")
