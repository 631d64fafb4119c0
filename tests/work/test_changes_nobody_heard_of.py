"""That a visit stands again, or has its old time back, is told to whoever heard of the change, and to nobody else."""

from dataclasses import replace

import pytest

from clinic.actions import calls, moving, own_visits, stranding_undo, visits
from clinic.actions.booking import book
from clinic.models.calls import CallOutcome
from clinic.models.notifications import NotificationKind, NotificationState, Why
from clinic.models.people import ContactMethod
from clinic.models.visits import CancelReason, Visit
from clinic.queries import calls as desks_calls
from tests.actions.stranding import leave, send_all

K, S = NotificationKind, NotificationState


@pytest.fixture
def likes_calls(session, tom):
    """Tom likes to be called."""
    tom.preferred_contact_method = ContactMethod.PHONE
    session.commit()
    return tom


@pytest.fixture
def visit(telling, cast, tom):
    """A visit at ten of which Tom was told."""
    visit = cast.booked(cast.tomorrow_at(10, days=3))
    telling.work()
    return visit


@pytest.fixture
def desk(telling, session, cast):
    """What the desk does with a visit, each a change of its own."""
    return Desk(telling, session, cast)


class Desk:
    """Amara at the desk; the worker does what is due after each step."""

    def __init__(self, telling, session, cast):
        self.telling, self.session, self.cast, self.by = telling, session, cast, cast.amara.actor

    def cancel(self, visit, reason=CancelReason.CLINIC):
        """Call the visit off."""
        self._did(visits.cancel(visit, reason, by=self.by))

    def undo(self, visit):
        """Have it take place after all."""
        self._did(visits.undo(visit, by=self.by))

    def move(self, visit, hour, **wish):
        """Move it to another hour of its day."""
        self._did(visits.move_to(visit, self.cast.wish(self.cast.tomorrow_at(hour, days=3), **wish), by=self.by))

    def undo_move(self, visit):
        """Move it back."""
        self._did(moving.undo_move(visit, self.cast.dr_osei.id, by=self.by))

    def calls(self):
        """The list of calls: what each is about."""
        return [call.kind for call in desks_calls.waiting(self.session, self.cast.rose.id)]

    def reaches(self, **facts):
        """Tell what is on the list by telephone."""
        calls.record(self.telling.line(**facts), CallOutcome.REACHED, by=self.by)
        self.session.commit()

    def in_the_morning(self):
        """The quiet hours are over."""
        self.telling.rules(quiet_from="00:00", quiet_until="00:00")
        self.telling.later()

    def _did(self, _visit):
        self.session.commit()
        self.telling.work()


def outcome(telling, kind):
    """What became of the only line of this kind."""
    line = telling.line(kind=kind)
    return line.state, line.why


class TestByTelephone:
    def test_a_visit_called_off_and_back_before_anybody_called_leaves_no_call(
        self, telling, desk, likes_calls, visit
    ):  # fmt: skip
        desk.cancel(visit)
        assert desk.calls() == [K.CANCELLED.value]
        desk.undo(visit)
        assert not desk.calls() and outcome(telling, K.RESTORED) == (S.NOT_NEEDED, Why.OVERTAKEN)

    def test_whoever_was_called_about_it_is_called_again_when_it_stands(self, desk, likes_calls, visit):
        desk.cancel(visit)
        desk.reaches(kind=K.CANCELLED)
        desk.undo(visit)
        assert desk.calls() == [K.RESTORED.value]

    def test_a_visit_moved_and_moved_back_before_anybody_called_leaves_no_call(self, desk, likes_calls, visit):
        desk.move(visit, 14)
        assert desk.calls() == [K.MOVED.value]
        desk.undo_move(visit)
        assert not desk.calls()

    def test_whoever_was_called_about_the_other_time_is_called_again(self, telling, desk, likes_calls, visit):
        desk.move(visit, 14)
        desk.reaches(kind=K.MOVED)
        desk.undo_move(visit)
        assert desk.calls() == [K.MOVED.value]

    def test_moved_there_back_and_there_again_is_one_call(self, desk, likes_calls, visit):
        desk.move(visit, 14)
        desk.undo_move(visit)
        desk.move(visit, 14)
        assert desk.calls() == [K.MOVED.value]


class TestByNight:
    def test_called_off_and_back_is_told_to_nobody(self, telling, desk, visit):
        telling.at_night()
        desk.cancel(visit)
        desk.undo(visit)
        desk.in_the_morning()
        assert len(telling.mails) == 1

    def test_called_off_back_and_off_again_is_told_once(self, telling, desk, visit):
        telling.at_night()
        desk.cancel(visit)
        desk.undo(visit)
        desk.cancel(visit)
        desk.in_the_morning()
        assert ["cancelled" in each.subject for each in telling.mails] == [False, True]

    def test_moved_and_back_is_told_to_nobody(self, telling, desk, visit):
        telling.at_night()
        desk.move(visit, 14)
        desk.undo_move(visit)
        desk.in_the_morning()
        assert len(telling.mails) == 1

    def test_moved_back_to_another_doctor_is_told(self, telling, session, desk, cast, visit):
        telling.at_night()
        desk.move(visit, 14)
        desk.move(visit, 10, provider=cast.dr_lind)
        desk.in_the_morning()
        assert cast.dr_lind.display_name in telling.mails[-1].text and len(telling.mails) == 2
        assert "please do not come then" not in telling.mails[-1].text

    def test_moved_twice_names_the_time_that_the_patient_knows(self, telling, desk, visit):
        telling.at_night()
        desk.move(visit, 14)
        desk.move(visit, 16)
        desk.in_the_morning()
        words = telling.mails[-1].text
        assert len(telling.mails) == 2 and "16:00" in words and "14:00" not in words
        assert "10:00; please do not come then" in words


class TestByMail:
    def test_told_of_the_first_time_it_was_called_off_and_not_of_the_second_it_stays_called_off(
        self, telling, desk, visit
    ):  # fmt: skip
        desk.cancel(visit)
        telling.at_night()
        desk.undo(visit)
        desk.cancel(visit)
        desk.in_the_morning()
        assert len(telling.mails) == 2 and "cancelled" in telling.mails[-1].subject

    def test_a_day_told_of_in_one_message_is_told_back_visit_by_visit(self, telling, session, cast, desk, tom):
        several = [book(session, cast.wish(cast.tomorrow_at(hour, days=3)), by=cast.amara.actor) for hour in (9, 11)]
        session.commit()
        telling.work()
        several = [session.get(Visit, (cast.rose.id, each)) for each in several]
        for each in several:
            visits.cancel(each, CancelReason.CLINIC, by=cast.amara.actor)
        session.commit()
        telling.work()
        for each in several:
            desk.undo(each)
        assert len(telling.mails) == 4 and all("takes place" in each.subject for each in telling.mails[2:])


class TestByThemselves:
    @pytest.fixture
    def by(self, cast, tom):
        """Tom by his visit's link."""
        return replace(cast.maya.actor, user_id=None, patient_ids=frozenset({tom.id}), in_portal=True)

    def both(self, telling, session, visit, by):
        visits.cancel(visit, CancelReason.PATIENT, by=by)
        session.commit()
        telling.work()
        own_visits.take_back(visit, by=by)
        session.commit()
        telling.work()

    @pytest.mark.parametrize("way", [ContactMethod.EMAIL, ContactMethod.SMS])
    def test_who_takes_it_back_has_it_in_writing_at_once_and_without_an_apology(
        self, telling, session, visit, by, tom, way
    ):  # fmt: skip
        tom.preferred_contact_method = way
        telling.at_night()
        self.both(telling, session, visit, by)
        words = (telling.texts if way == ContactMethod.SMS else telling.mails)[-1].text
        assert outcome(telling, K.RESTORED) == (S.SENT, None)
        assert "as you wished" in words and "orry" not in words and "confusion" not in words

    def test_who_likes_calls_is_not_called_about_it(self, telling, session, desk, likes_calls, visit, by):
        self.both(telling, session, visit, by)
        assert outcome(telling, K.RESTORED) == (S.NOT_NEEDED, Why.KNOWN) and not desk.calls()


class TestAVisitThatLostItsTime:
    def test_and_has_it_back_is_told_to_who_was_asked_about_another(self, telling, app, session, cast, tom):
        cast.booked(cast.tomorrow_at(10))
        stranding = leave(session, cast)
        send_all(app, session, cast, stranding)
        telling.work()
        stranding_undo.undo(stranding, by=cast.ines.actor)
        session.commit()
        telling.work()
        assert outcome(telling, K.RESTORED) == (S.SENT, None)

    def test_is_not_told_back_to_who_never_heard_of_it(self, telling, app, session, cast, desk, tom):
        cast.booked(cast.tomorrow_at(10))
        telling.work()
        stranding = leave(session, cast)
        telling.at_night()
        send_all(app, session, cast, stranding)
        telling.work()
        stranding_undo.undo(stranding, by=cast.ines.actor)
        session.commit()
        desk.in_the_morning()
        assert outcome(telling, K.RESTORED) == (S.NOT_NEEDED, Why.OVERTAKEN) and len(telling.mails) == 1
