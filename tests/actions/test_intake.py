"""Questions before a visit: kept in order, answered until the patient is here, every earlier answer still there."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from clinic.actions import intake, visits
from clinic.actions.acting import Refused
from clinic.models.intake import IntakeAnswer, QuestionKind
from clinic.queries.intake import MOST, asked_of, count_of, questions_of
from clinic.scope import Scope

K = QuestionKind


@pytest.fixture
def ask(session, cast):
    """Ask something before a consultation."""

    def asked(question, kind=K.SHORT_TEXT, **more):
        choices = more.pop("choices", [])
        session.merge(cast.consultation)
        found = session.get(type(cast.consultation), (cast.rose.id, cast.consultation.id))
        return intake.add(found, by=cast.ines.actor, question=question, kind=kind, choices=choices, **more)

    return asked


class TestQuestions:
    def test_are_asked_in_the_order_the_clinic_gives_them(self, session, cast, ask):
        first, second, third = ask("One?"), ask("Two?"), ask("Three?")
        intake.move_up(third, by=cast.ines.actor)
        intake.move_down(first, by=cast.ines.actor)
        assert [each.question for each in questions_of(session, cast.consultation.id)] == ["Three?", "One?", "Two?"]
        intake.move_up(third, by=cast.ines.actor)
        assert questions_of(session, cast.consultation.id)[0] is third
        assert second.position == 2

    def test_a_retired_one_is_asked_no_more_and_can_be_taken_up_again(self, session, cast, ask):
        question, other = ask("One?"), ask("Two?")
        intake.retire(question, by=cast.ines.actor)
        session.flush()
        assert questions_of(session, cast.consultation.id) == [other]
        intake.ask_again(question, by=cast.ines.actor)
        session.flush()
        assert [each.question for each in questions_of(session, cast.consultation.id)] == ["Two?", "One?"]

    def test_how_one_is_answered_stays(self, cast, ask):
        question = ask("Since when?", K.DATE)
        intake.update(question, by=cast.ines.actor, question="Since what day?", kind=K.NUMBER)
        assert (question.question, question.kind) == ("Since what day?", K.DATE)

    def test_nobody_is_asked_more_than_forty(self, cast, ask):
        for number in range(MOST):
            ask(f"Question {number}?")
        with pytest.raises(Refused, match="Retire one"):
            ask("One more?")

    def test_only_a_list_has_entries(self, session, ask):
        with pytest.raises(sa.exc.IntegrityError):
            ask("Which?", K.CHOICE)


class TestAnswer:
    def test_the_newest_counts_and_the_earlier_ones_stay(self, session, cast, ask):
        question, visit = ask("Since when?"), cast.booked(patient=cast.maya_patient)
        for text in ("Monday", "Monday", "Sunday", None):
            intake.answer(visit, {question.id: text}, by=cast.maya.actor)
        (asked,) = asked_of(session, visit)
        assert asked.text is None and [each.answer for each in asked.earlier] == ["Sunday", "Monday"]
        assert asked.answer.answered_by_id == cast.maya.user.id

    def test_keeps_the_words_it_was_given_to(self, session, cast, ask):
        question, visit = ask("Any pain?"), cast.booked()
        intake.answer(visit, {question.id: "No"}, by=cast.maya.actor)
        intake.update(question, by=cast.ines.actor, question="Any pain today?")
        intake.retire(question, by=cast.ines.actor)
        session.flush()
        (asked,) = asked_of(session, visit)
        assert asked.is_retired and asked.answer.asked == "Any pain?" and asked.text == "No"

    def test_says_how_much_is_there_without_saying_what(self, session, cast, ask):
        must, may = ask("Must?", is_required=True), ask("May?")
        visit = cast.booked()
        assert not count_of(session, visit).is_whole
        intake.answer(visit, {may.id: "x"}, by=cast.maya.actor)
        assert count_of(session, visit).is_missing
        intake.answer(visit, {must.id: "y"}, by=cast.maya.actor)
        count = count_of(session, visit)
        assert (count.asked, count.answered, count.is_whole) == (2, 2, True)

    def test_not_once_the_patient_is_here(self, cast, ask):
        question, visit = ask("Since when?"), cast.booked()
        visits.check_in(visit, by=cast.amara.actor)
        with pytest.raises(Refused, match="until you have checked in"):
            intake.answer(visit, {question.id: "Monday"}, by=cast.maya.actor)

    def test_not_a_question_of_another_type_or_a_retired_one(self, session, cast, ask):
        question, visit = ask("Since when?"), cast.booked()
        intake.retire(question, by=cast.ines.actor)
        session.flush()
        with pytest.raises(Refused, match="changed meanwhile"):
            intake.answer(visit, {question.id: "Monday"}, by=cast.maya.actor)

    def test_is_only_ever_added_to_and_seen_by_its_patient_alone(self, session, cast, ask):
        question, visit = ask("Since when?"), cast.booked()
        intake.answer(visit, {question.id: "Monday"}, by=cast.maya.actor)
        session.commit()
        session.enter(Scope.portal(cast.rose.id, cast.maya.user.id, {cast.maya_patient.id}))
        assert session.scalars(sa.select(IntakeAnswer)).all() == []
        session.enter(cast.scope)
        for statement in ("UPDATE intake_answers SET answer = 'x'", "DELETE FROM intake_answers"):
            with pytest.raises(ProgrammingError, match="permission denied"):
                session.execute(sa.text(statement))
            session.rollback()
