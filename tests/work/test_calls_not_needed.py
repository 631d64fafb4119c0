"""Who likes to be called is not called about what they said yes to themselves, and is called about everything else."""

from datetime import timedelta

import pytest

from clinic.actions import calls as desk
from clinic.actions import offers, reminders, visits
from clinic.models.calls import CallOutcome
from clinic.models.notifications import NotificationKind, NotificationState, Why
from clinic.models.people import ContactMethod
from clinic.models.telling import Telling
from clinic.queries import calls
from tests.actions.lining_up import freed, refill, wait
from tests.actions.stranding import leave, send_all

MOVED, S = NotificationKind.MOVED, NotificationState


@pytest.fixture
def likes_calls(session, tom):
    """Tom likes to be called."""
    tom.preferred_contact_method = ContactMethod.PHONE
    session.commit()
    return tom


def they_say_yes(telling, session, cast, offer):
    """The desk has called and heard yes."""
    telling.work()
    offers.accept(offer, by=cast.amara.actor)
    session.commit()
    telling.work()


class TestAnOfferAcceptedByPhone:
    def test_of_a_stranded_visit_leaves_no_second_call(self, telling, app, session, cast, likes_calls):
        cast.booked(cast.tomorrow_at(10), told=False)
        (row,) = send_all(app, session, cast, leave(session, cast))
        they_say_yes(telling, session, cast, row.offer)
        line = telling.line(kind=MOVED)
        assert (line.state, line.why) == (S.NOT_NEEDED, Why.KNOWN) and not calls.waiting(session, cast.rose.id)

    def test_of_the_waiting_list_neither_but_a_later_change_is_a_call(self, telling, session, cast, likes_calls):
        visit = cast.booked(cast.tomorrow_at(11, days=9), told=False)
        wait(session, cast, likes_calls, visit_id=visit.id)
        (offer,) = refill(session, cast, freed(cast))
        they_say_yes(telling, session, cast, offer)
        assert not calls.waiting(session, cast.rose.id)
        for hour in (15, 10):
            wish = cast.wish(cast.tomorrow_at(hour, days=2), overbook="moved there and back")
            visits.move_to(visit, wish, by=cast.amara.actor)
            session.commit()
            telling.work()
            (call,) = calls.waiting(session, cast.rose.id)
            desk.record(telling.lines(kind=MOVED)[-1], CallOutcome.REACHED, by=cast.amara.actor)
            session.commit()
        assert visit.starts_at == offer.starts_at == call.visit_starts_at and call.kind == MOVED.value

    def test_is_still_confirmed_in_writing_to_who_likes_that(self, telling, app, session, cast, tom):
        cast.booked(cast.tomorrow_at(10), told=False)
        (row,) = send_all(app, session, cast, leave(session, cast))
        they_say_yes(telling, session, cast, row.offer)
        assert telling.line(kind=MOVED).state == S.SENT and len(telling.mails) == 2


class TestRemindersByPhone:
    @pytest.fixture
    def due(self, telling, session, cast):
        """Do what is due so many hours before the visit."""

        def due(visit, hours):
            at = visit.starts_at - timedelta(hours=hours)
            assert len(reminders.claim(session, cast.rose, Telling(), at=at)) == 1
            session.commit()
            telling.work()

        return due

    def test_who_booked_after_the_first_was_due_is_called_at_the_next(self, session, cast, likes_calls, due):
        due(cast.booked(cast.tomorrow_at(14, days=2), told=False), 2)
        (call,) = calls.waiting(session, cast.rose.id)
        assert call.kind == NotificationKind.REMINDER.value

    def test_who_had_the_first_in_writing_is_called_at_the_next(self, telling, session, cast, tom, due):
        visit = cast.booked(cast.tomorrow_at(14, days=5), told=False)
        due(visit, 48)
        tom.preferred_contact_method = ContactMethod.PHONE
        session.commit()
        due(visit, 2)
        assert [line.state for line in telling.lines()] == [S.SENT, S.CALL]

    def test_a_call_about_an_earlier_time_of_the_visit_is_not_one_about_this(
        self, telling, session, cast, likes_calls, due
    ):
        visit = cast.booked(cast.tomorrow_at(14, days=5), told=False)
        due(visit, 48)
        visits.move_to(visit, cast.wish(cast.tomorrow_at(14, days=6), told=False), by=cast.amara.actor)
        session.commit()
        due(visit, 2)
        assert [line.state for line in telling.lines()] == [S.CALL, S.CALL]
