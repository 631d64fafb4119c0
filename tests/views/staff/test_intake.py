"""Questions before a visit: written by the administrator, answered by the patient, read by the doctor alone."""

import re

import pytest

from clinic.actions import intake, visit_links, visits
from clinic.models.intake import IntakeQuestion, QuestionKind
from clinic.models.schedule import VisitType

K = QuestionKind
SECRET = "Burning-when-walking"
KINDS = {
    K.SHORT_TEXT: ("Since last week", "Since last week"), K.LONG_TEXT: ("One\r\nTwo", "One"), K.YES_NO: ("yes", "Yes"),
    K.CHOICE: ("Twice", "Twice"), K.NUMBER: ("37.5", "37.5"), K.DATE: ("2026-01-02", "2 Jan 2026"),
}  # fmt: skip


@pytest.fixture
def questions(session, cast):
    """One question of every kind before a consultation; the first must be answered."""
    session.enter(cast.scope)
    visit_type = session.get(VisitType, (cast.rose.id, cast.consultation.id))
    made = {
        kind: intake.add(
            visit_type, by=cast.ines.actor, question=f"A {kind.value} question?", kind=kind,
            choices=["Once", "Twice"] if kind == K.CHOICE else [], is_required=kind == K.SHORT_TEXT,
        )
        for kind in K
    }  # fmt: skip
    session.commit()
    return {kind: f"q{each.id.hex}" for kind, each in made.items()}


class TestTheAdministrator:
    def test_writes_orders_changes_and_retires(self, ines, cast, session):
        at = {"visit_type_id": cast.consultation.id}
        assert "Nothing is asked" in ines.open("staff.intake.index", **at).text
        facts = {"question": "How often?", "kind": "choice", "choices": "Once\nTwice\nOnce", "is_required": "y"}
        assert ines.send("staff.intake.create", facts, **at).status_code == 303
        assert ines.send("staff.intake.create", {"question": "Why?", "kind": "long_text"}, **at).status_code == 303
        session.rollback()
        session.enter(cast.scope)
        first, second = session.query(IntakeQuestion).order_by(IntakeQuestion.position).all()
        assert first.choices == ["Once", "Twice"] and first.is_required
        assert ines.open("staff.intake.edit", question_id=first.id, **at).status_code == 200
        facts = {"question": "How often a day?", "choices": "Once\nTwice\nThrice"}
        assert ines.send("staff.intake.update", facts, question_id=first.id, **at).status_code == 303
        page = ines.send("staff.intake.move_up", htmx=True, question_id=second.id, **at).text
        assert page.index("Why?") < page.index("How often a day?")
        assert "Retired" in ines.send("staff.intake.retire", htmx=True, question_id=second.id, **at).text
        assert "Retired" not in ines.send("staff.intake.ask_again", htmx=True, question_id=second.id, **at).text

    @pytest.mark.parametrize(
        "wrong",
        [{"question": "", "kind": "number"}, {"question": "Which?", "kind": "choice", "choices": "One"},
         {"question": "Which?", "kind": "choice"},
         {"question": "Which?", "kind": "riddle"}, {"question": "x" * 301, "kind": "date"}],
    )  # fmt: skip
    def test_is_told_what_is_missing(self, ines, cast, wrong):
        assert ines.send("staff.intake.create", wrong, visit_type_id=cast.consultation.id).status_code == 422

    def test_alone_does(self, amara, osei, stranger, cast, questions, session):
        at = {"visit_type_id": cast.consultation.id}
        for visitor in (amara, osei, stranger):
            assert visitor.open("staff.intake.index", **at).status_code == 403

    def test_finds_a_question_under_its_own_type_alone(self, ines, cast, questions):
        at = {"visit_type_id": cast.follow_up.id, "question_id": questions[K.DATE][1:]}
        assert ines.open("staff.intake.edit", **at).status_code == 404


class TestThePatient:
    def sent(self, questions):
        return {name: KINDS[kind][0] for kind, name in questions.items()}

    def test_answers_in_the_portal_and_the_doctor_alone_reads_it(self, maya, osei, amara, ines, cast, questions):
        visit = cast.booked(patient=cast.maya_patient)
        assert "Before your visit" in maya.open("portal.visits.show", visit_id=visit.id).text
        assert "Not yet" in amara.open("staff.visits.show", visit_id=visit.id).text
        sent = {**self.sent(questions), questions[K.SHORT_TEXT]: SECRET}
        assert maya.send("portal.intake.update", sent, visit_id=visit.id).status_code == 303
        doctors = osei.open("staff.visits.show", visit_id=visit.id).text
        assert SECRET in doctors and all(
            shown in doctors for kind, (_sent, shown) in KINDS.items() if kind != K.SHORT_TEXT
        )
        for visitor in (amara, ines):
            page = visitor.open("staff.visits.show", visit_id=visit.id).text
            assert SECRET not in page and "6 of 6" in page and "2 Jan 2026" not in page
        form = maya.open("portal.intake.edit", visit_id=visit.id).text
        assert SECRET in form and 'value="2026-01-02"' in form and 'value="37.5"' in form

    def test_answers_by_the_link_after_the_date_of_birth(self, nobody, osei, cast, questions, session):
        visit = cast.booked(patient=cast.maya_patient)
        link = visit_links.address(session, visit, by=cast.amara.actor)
        session.commit()
        link = link[link.index("/v/") :]
        assert nobody.send(f"{link}/questions", self.sent(questions)).headers["Location"].endswith("next=questions")
        nobody.send(f"{link}/birth", {"date_of_birth": "12/04/1990"})
        assert nobody.open(f"{link}/questions").status_code == 200
        assert (
            nobody.send(f"{link}/questions", {**self.sent(questions), questions[K.SHORT_TEXT]: SECRET}).status_code
            == 303
        )
        assert SECRET in osei.open("staff.visits.show", visit_id=visit.id).text
        assert SECRET not in nobody.open(link).text

    @pytest.mark.parametrize(
        ("kind", "wrong"),
        [(K.SHORT_TEXT, ""), (K.NUMBER, "many"), (K.NUMBER, "1e400"), (K.NUMBER, "NaN"), (K.DATE, "2026-02-30"),
         (K.DATE, "infinity"), (K.CHOICE, "Never"), (K.YES_NO, "perhaps"), (K.LONG_TEXT, "x" * 2001),
         (K.SHORT_TEXT, "a\x00b")],
    )  # fmt: skip
    def test_is_asked_again_where_it_cannot_be_read(self, maya, cast, questions, kind, wrong):
        visit = cast.booked(patient=cast.maya_patient)
        answer = maya.send("portal.intake.update", {**self.sent(questions), questions[kind]: wrong}, visit_id=visit.id)
        assert answer.status_code in (400, 422)
        assert "is wrong" not in answer.text

    def test_may_leave_open_what_need_not_be_answered(self, maya, cast, questions):
        visit = cast.booked(patient=cast.maya_patient)
        assert maya.send("portal.intake.update", {questions[K.SHORT_TEXT]: "x"}, visit_id=visit.id).status_code == 303

    def test_not_once_they_are_here_and_never_anothers(self, maya, cast, questions, session):
        visit, toms = cast.booked(patient=cast.maya_patient), cast.booked(cast.tomorrow_at(12))
        assert maya.send("portal.intake.update", self.sent(questions), visit_id=toms.id).status_code == 404
        visits.check_in(visit, by=cast.amara.actor)
        session.commit()
        assert maya.send("portal.intake.update", self.sent(questions), visit_id=visit.id).status_code == 409
        assert "no longer" in maya.open("portal.intake.edit", visit_id=visit.id).text

    def test_nothing_typed_is_in_the_log_and_the_audit_log_has_no_word_of_it(
        self, maya, cast, questions, session, capfd
    ):
        visit = cast.booked(patient=cast.maya_patient)
        maya.send("portal.intake.update", {**self.sent(questions), questions[K.SHORT_TEXT]: SECRET}, visit_id=visit.id)
        out = capfd.readouterr()
        assert SECRET not in out.out + out.err
        session.rollback()
        session.enter(cast.scope)
        told = (
            session.connection().exec_driver_sql("SELECT changes::text || metadata::text FROM audit_entries").scalars()
        )
        assert not re.search(SECRET, " ".join(told))
