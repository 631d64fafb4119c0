"""The doctor's page of a visit: it saves itself, two who write keep both texts, and the desk never sees it."""

from uuid import uuid4

import sqlalchemy as sa

from clinic.actions import consultations, note_templates
from clinic.models.consultations import Consultation, OpenNote
from clinic.models.visits import VisitStatus
from clinic.queries.consultations import UNSIGNED
from clinic.queries.day import Day
from clinic.queries.day_closing import Asked
from tests.noting import COUGH, begun, signed, written
from tests.queries_counted import counted
from tests.visitor import Visitor

AT = "staff.consultations."
VERBS = ("autosave", "beat", "save", "sign", "use_template", "find_code", "add_addendum")


def _typed(who, version=0, number=1, **words):
    """What the note's page sends."""
    return {
        "version": version, "number": number, "page": uuid4(), "writer": who.person.user.id,
        "complaints": "Cough", "treatment": "Tea", **words,
    }  # fmt: skip


def _note(session):
    session.rollback()
    session.expire_all()
    return session.scalars(sa.select(Consultation)).one()


class TestShow:
    def test_reason_past_visits_measures_note_and_orders_stand_on_one_page(self, cast, session, osei):
        before, _note = signed(cast, patient=cast.maya_patient)
        before.status = VisitStatus.COMPLETED
        session.commit()
        visit = begun(cast, starts_at=cast.tomorrow_at(15), patient=cast.maya_patient, reason="Still coughing")
        page = osei.open(AT + "show", visit_id=visit.id)
        assert page.status_code == 200
        for words in ("Maya Okafor", "Still coughing", "Nothing has been measured yet", "Past visits", "A cold",
                      "Orders", "Sign the note", f"/staff/visits/{before.id}/consultation"):  # fmt: skip
            assert words in page.text, words
        chart = osei.open("staff.charts.timeline", patient_id=cast.maya_patient.id)
        assert f"/staff/visits/{before.id}/consultation" in chart.text

    def test_it_asks_no_more_of_the_database_the_more_visits_there_were(self, app, cast, session, osei):
        booked = [cast.booked(cast.tomorrow_at(10, days=day)) for day in range(1, 6)]
        for visit in booked:
            visit.status = VisitStatus.COMPLETED
        session.commit()
        asked = []
        for visit in (booked[1], booked[4]):
            osei.open(AT + "show", visit_id=visit.id)
            with counted(app) as statements:
                assert osei.open(AT + "show", visit_id=visit.id).status_code == 200
            asked.append(len(statements))
        assert asked[0] == asked[1] < 45

    def test_the_desk_an_administrator_and_the_patient_are_refused(self, cast, amara, ines, maya):
        visit = begun(cast, patient=cast.maya_patient)
        for who in (amara, ines, maya):
            assert who.open(AT + "show", visit_id=visit.id).status_code == 403
            assert {who.send(AT + verb, visit_id=visit.id).status_code for verb in VERBS} == {403}

    def test_another_clinic_and_a_doctor_who_never_saw_them_find_nothing(self, cast, lind, app):
        visit, elsewhere = begun(cast), Visitor(app, cast.reyes)
        for who in (lind, elsewhere):
            assert who.open(AT + "show", visit_id=visit.id).status_code == 404
            assert {who.send(AT + verb, _typed(who), visit_id=visit.id).status_code for verb in VERBS} == {404}


class TestAutosave:
    def test_it_answers_with_the_version_and_says_what_cannot_be_kept(self, cast, session, osei):
        visit = begun(cast)
        part = osei.send(AT + "autosave", _typed(osei, complaints="a\r\nb", diagnosis_codes=["J00"]), htmx=True,
                         visit_id=visit.id)  # fmt: skip
        assert part.status_code == 200 and 'data-version="1"' in part.text and "Saved at" in part.text
        assert _note(session).diagnosis_codes == ["J00"]
        assert _note(session).complaints == "a\nb"
        for wrong in ({"notes": "x" * 20_001}, {"diagnosis_codes": ["X99.99Z"]}, {"treatment": "\x07"}):
            part = osei.send(AT + "autosave", _typed(osei, 1, **wrong), visit_id=visit.id, htmx=True)
            assert part.status_code == 422 and 'data-state="unreadable"' in part.text

    def test_who_is_second_gets_the_other_text_beside_their_own(self, cast, session, osei):
        visit = begun(cast)
        written(visit, by=cast.lind)
        part = osei.send(AT + "autosave", _typed(osei), htmx=True, visit_id=visit.id)
        assert part.status_code == 409 and 'data-state="changed"' in part.text
        assert "Astrid Lind saved this note" in part.text and "Rest and tea" in part.text
        assert _note(session).treatment == "Rest and tea"

    def test_a_signed_note_says_so_and_leads_there(self, cast, session, osei):
        visit, note = signed(cast)
        part = osei.send(AT + "autosave", _typed(osei, note.version), htmx=True, visit_id=visit.id)
        assert part.status_code == 409 and "This note is signed" in part.text and "your words come along" in part.text

    def test_nothing_is_saved_in_the_name_of_who_signed_in_since(self, cast, session, osei):
        visit = begun(cast)
        sent = _typed(osei) | {"writer": cast.lind.user.id}
        for verb in ("autosave", "save", "sign"):
            answer = osei.send(AT + verb, sent, htmx=True, visit_id=visit.id)
            assert answer.status_code == 409 and "Somebody else has signed in" in answer.text
        session.rollback()
        assert session.scalar(sa.select(sa.func.count(Consultation.id))) == 0


class TestBeat:
    def test_each_hears_where_else_it_is_open_and_since_when(self, app, cast, session, osei):
        visit, other = begun(cast), Visitor(app, cast.osei)
        mine, theirs = _typed(osei), _typed(other)
        assert "Open" not in osei.send(AT + "beat", mine, htmx=True, visit_id=visit.id).text
        assert "Open in another window of yours since" in other.send(AT + "beat", theirs, visit_id=visit.id).text
        session.execute(sa.update(OpenNote).where(OpenNote.id == theirs["page"]).values(user_id=cast.lind.user.id))
        session.commit()
        assert "Open at Dr Astrid Lind since" in osei.open(AT + "show", visit_id=visit.id).text
        # A page that is closed, or falls silent, is no longer named.
        osei.send(AT + "beat", mine | {"leaves": "yes"}, visit_id=visit.id)
        session.rollback()
        assert session.scalars(sa.select(OpenNote.id)).all() == [theirs["page"]]
        session.execute(sa.update(OpenNote).values(seen_at=sa.func.now() - sa.text("interval '11 minutes'")))
        session.commit()
        assert "Open" not in osei.send(AT + "beat", _typed(osei), htmx=True, visit_id=visit.id).text
        assert session.scalar(sa.select(sa.func.count(OpenNote.id))) == 1
        written(visit, by=cast.lind)
        assert "Somebody has saved another text" in osei.send(AT + "beat", _typed(osei), visit_id=visit.id).text


class TestSave:
    def test_without_script_the_draft_is_saved_and_a_second_tab_looks_at_both(self, cast, session, osei):
        visit = begun(cast)
        saved = osei.send(AT + "save", _typed(osei), visit_id=visit.id)
        assert saved.status_code == 303 and _note(session).treatment == "Tea"
        second = osei.send(AT + "save", _typed(osei, treatment="Honey"), visit_id=visit.id)
        assert second.status_code == 409 and "Honey" in second.text and "Tea" in second.text
        assert 'name="over" value="1"' in second.text and _note(session).treatment == "Tea"
        over = osei.send(AT + "save", _typed(osei, treatment="Tea with honey", over=1), visit_id=visit.id)
        assert over.status_code == 303 and _note(session).treatment == "Tea with honey"

    def test_what_was_found_is_added_by_its_button(self, cast, session, osei):
        visit = begun(cast)
        found = osei.send(AT + "find_code", _typed(osei, q="common cold"), visit_id=visit.id)
        assert "Acute nasopharyngitis" in found.text and "Cough" in found.text
        part = osei.send(AT + "find_code", {"q": "zzz"}, htmx=True, visit_id=visit.id)
        assert part.text.lstrip().startswith('<div id="note-found"') and "No code answers that" in part.text

    def test_a_template_is_put_in_and_another_doctors_is_not(self, cast, session, osei):
        visit = begun(cast)
        mine = note_templates.add(session, by=cast.osei.actor, name="Cold", treatment="Rest", diagnosis_codes=["J00"])
        theirs = note_templates.add(session, by=cast.lind.actor, name="Cold", treatment="Nothing")
        session.commit()
        refused = osei.send(AT + "use_template", _typed(osei, template=theirs.id), visit_id=visit.id)
        assert refused.status_code == 422 and "Choose from what is offered" in refused.text
        assert osei.send(AT + "use_template", _typed(osei), visit_id=visit.id).status_code == 409
        taken = osei.send(AT + "use_template", _typed(osei, template=mine.id), visit_id=visit.id)
        assert taken.status_code == 303 and _note(session).treatment == "Tea\n\nRest"


class TestSign:
    def test_it_signs_what_stands_on_the_page_and_then_only_addenda_follow(self, cast, session, osei):
        visit = begun(cast)
        assert osei.send(AT + "add_addendum", {"text": "More"}, visit_id=visit.id).status_code == 409
        assert osei.send(AT + "sign", _typed(osei), visit_id=visit.id).status_code == 303
        page = osei.open(AT + "show", visit_id=visit.id)
        assert "Signed by Dr Kwame Osei" in page.text and 'id="note-form"' not in page.text
        assert osei.send(AT + "add_addendum", {"text": " "}, visit_id=visit.id).status_code == 422
        assert osei.send(AT + "add_addendum", {"text": "Felt better on Monday"}, visit_id=visit.id).status_code == 303
        assert "Felt better on Monday" in osei.open(AT + "show", visit_id=visit.id).text

    def test_with_htmx_a_refusal_keeps_what_was_typed(self, cast, session, osei):
        visit = cast.booked()
        part = osei.send(AT + "sign", _typed(osei), htmx=True, visit_id=visit.id)
        assert part.status_code == 409 and part.text.lstrip().startswith('<section id="note"')
        assert "Start the visit before you sign its note." in part.text and "Cough" in part.text


def test_notes_that_are_not_signed_stand_in_the_way_of_the_day(cast, session, osei):
    visit = begun(cast)
    written(visit, by=cast.osei)
    asked = Asked(cast.rose.id, Day.on(visit.starts_at.date(), cast.rose.timezone))
    [row] = session.execute(sa.text(UNSIGNED), asked.facts).all()
    assert row.visit_id == visit.id and row.who == "Tom Baker"
    way = f"/staff/visits/{visit.id}/consultation"
    assert way in osei.open("staff.open_ends.index").text
    written(visit, COUGH, by=cast.osei, version=1, verb=consultations.sign)
    assert not session.execute(sa.text(UNSIGNED), asked.facts).all()
    assert way not in osei.open("staff.open_ends.index").text
