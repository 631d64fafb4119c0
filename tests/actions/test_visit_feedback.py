"""How visits were: said once after the visit, averaged to the second digit, the words read first."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
import sqlalchemy as sa

from clinic.actions import visit_feedback, visits
from clinic.actions.acting import Actor, Refused
from clinic.db import ClinicSession, db
from clinic.models.providers import Provider
from clinic.models.visit_feedback import FeedbackState, VisitFeedback
from clinic.models.visits import Visit
from clinic.scope import Scope
from clinic.work.visit_feedback import rate, rate_all


def seen(cast, session, at, patient=None):
    """A completed visit with Dr Osei."""
    visit = cast.booked(at, patient=patient)
    visits.check_in(visit, by=cast.amara.actor)
    visits.start(visit, by=cast.osei.actor)
    visits.complete(visit, by=cast.osei.actor)
    session.commit()
    return visit


def job(cast, name="visit_feedback.rate"):
    return Actor.job(cast.rose.id, name)


class TestGive:
    def test_counts_after_the_visit_once(self, session, cast):
        visit = seen(cast, session, cast.tomorrow_at(10))
        visit_feedback.give(visit, 4, "Kind and clear", by=cast.maya.actor)
        row = session.scalars(sa.select(VisitFeedback)).one()
        assert (row.rating, row.state, row.provider_id) == (4, FeedbackState.WAITING, cast.dr_osei.id)
        with pytest.raises(Refused, match="already"):
            visit_feedback.give(visit, 1, None, by=cast.maya.actor)

    def test_a_number_without_words_waits_for_nobody(self, session, cast):
        visit_feedback.give(seen(cast, session, cast.tomorrow_at(10)), 5, None, by=cast.maya.actor)
        assert session.scalars(sa.select(VisitFeedback.state)).one() == FeedbackState.SHOWN

    def test_not_before_the_visit_is_over(self, cast):
        with pytest.raises(Refused, match="once the visit is over"):
            visit_feedback.give(cast.booked(), 5, None, by=cast.maya.actor)

    def test_nobody_is_asked_of_who_has_died(self, session, cast):
        visit = seen(cast, session, cast.tomorrow_at(10))
        visit.patient.deceased_at = sa.func.now()
        session.commit()
        session.refresh(visit.patient)
        with pytest.raises(Refused):
            visit_feedback.give(visit, 5, None, by=cast.maya.actor)

    @pytest.mark.parametrize("rating", [0, 6, -1])
    def test_is_from_one_to_five(self, session, cast, rating):
        with pytest.raises(sa.exc.IntegrityError):
            visit_feedback.give(seen(cast, session, cast.tomorrow_at(10)), rating, None, by=cast.maya.actor)

    def test_of_two_at_once_one_counts(self, app, session, cast):
        visit, both = seen(cast, session, cast.tomorrow_at(10)), Barrier(2)

        def give(number):
            with app.app_context(), ClinicSession(db) as own:
                own.scope = Scope.staff(cast.rose.id)
                found = own.get(Visit, (cast.rose.id, visit.id))
                both.wait()
                try:
                    visit_feedback.give(found, number, None, by=cast.maya.actor)
                    own.commit()
                except Refused:
                    own.rollback()
                    return False
            return True

        with ThreadPoolExecutor(2) as threads:
            assert sorted(threads.map(give, (1, 5))) == [False, True]


class TestModeration:
    @pytest.fixture
    def words(self, session, cast):
        visit_feedback.give(seen(cast, session, cast.tomorrow_at(10)), 2, "Rude", by=cast.maya.actor)
        return session.scalars(sa.select(VisitFeedback)).one()

    def test_shows_hides_with_a_reason_and_takes_back(self, cast, words):
        visit_feedback.hide(words, "Names somebody", by=cast.ines.actor)
        assert (words.state, words.hidden_reason) == (FeedbackState.HIDDEN, "Names somebody")
        assert words.moderated_by_id == cast.ines.user.id
        visit_feedback.reopen(words, by=cast.ines.actor)
        assert (words.state, words.hidden_reason, words.moderated_by_id) == (FeedbackState.WAITING, None, None)
        visit_feedback.publish(words, by=cast.ines.actor)
        assert words.state == FeedbackState.SHOWN

    def test_is_decided_once(self, cast, words):
        visit_feedback.publish(words, by=cast.ines.actor)
        with pytest.raises(Refused, match="already"):
            visit_feedback.publish(words, by=cast.ines.actor)


class TestRating:
    def given(self, session, cast, marks):
        for number, mark in enumerate(marks):
            visit = seen(cast, session, cast.tomorrow_at(9 + number))
            visit_feedback.give(visit, mark, None, by=cast.maya.actor)
        session.commit()

    def test_is_the_average_to_two_digits_whatever_is_hidden(self, session, cast):
        self.given(session, cast, [5, 4, 4])
        rate(session, by=job(cast), provider_id=cast.dr_osei.id)
        provider = session.get(Provider, (cast.rose.id, cast.dr_osei.id))
        assert (provider.rating, provider.rating_count) == (Decimal("4.33"), 3)
        rate(session, by=job(cast), provider_id=cast.dr_osei.id)
        assert provider.rating == Decimal("4.33")

    def test_is_put_as_a_job_with_the_answer_or_not_at_all(self, session, cast):
        visit = seen(cast, session, cast.tomorrow_at(10))
        visit_feedback.give(visit, 5, None, by=cast.maya.actor)
        session.rollback()
        count = sa.text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'visit_feedback.rate'")
        assert session.execute(count).scalar() == 0
        self.given(session, cast, [3])
        assert session.execute(count).scalar() == 1

    def test_every_night_what_is_no_longer_right_is_worked_out_anew(self, session, cast):
        self.given(session, cast, [1, 5])
        rate_all(session, by=Actor(role="job", user_agent="visit_feedback.rate_all"))
        session.commit()
        session.enter(cast.scope)
        provider = session.get(Provider, (cast.rose.id, cast.dr_osei.id))
        assert (provider.rating, provider.rating_count) == (Decimal("3.00"), 2)
        session.execute(sa.text("UPDATE visit_feedback SET rating = 5"))
        session.commit()
        rate_all(session, by=Actor(role="job", user_agent="visit_feedback.rate_all"))
        session.commit()
        session.enter(cast.scope)
        session.expire_all()
        assert session.get(Provider, (cast.rose.id, cast.dr_osei.id)).rating == Decimal("5.00")
