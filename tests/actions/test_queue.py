"""The queue: a number each, whoever is next by a fair rule, called once, called again, taken back."""

import pytest
import sqlalchemy as sa

from clinic.actions import queue, visits
from clinic.actions.acting import Refused
from clinic.models.people import Severity
from clinic.models.rooms import Room, RoomKind
from clinic.models.visits import EventKind, VisitEvent, VisitStatus
from clinic.queries.day import Day
from clinic.queries.queue import people
from tests.waiting import appointed, walked_in

ROOM_2 = {"place": "Room 2"}


def _order(session, cast, provider=None):
    session.expire_all()
    rows = people(session, cast.rose.id, Day.today(cast.rose.timezone), provider)
    return [row.full_name for row in rows]


def _room(session, cast, name="Room 4"):
    kind = RoomKind(clinic_id=cast.rose.id, name="Consulting")
    session.add(kind)
    session.flush()
    room = Room(clinic_id=cast.rose.id, room_kind_id=kind.id, name=name)
    session.add(room)
    session.commit()
    return room


class TestNumbers:
    def test_everybody_who_checks_in_draws_the_days_next_number(self, session, cast):
        first = appointed(session, cast)
        second = walked_in(session, cast, "Ada Byron")
        assert (first.ticket_number, second.ticket_number) == (1, 2)
        assert first.ticket_on == second.ticket_on == Day.today(cast.rose.timezone).date

    def test_who_checks_in_again_on_the_same_day_keeps_the_number(self, session, cast):
        visit = appointed(session, cast)
        visits.undo(visit, by=cast.amara.actor)
        assert visit.called_at is None and visit.ticket_number == 1
        walked_in(session, cast, "Ada Byron")
        visits.check_in(visit, by=cast.amara.actor)
        assert visit.ticket_number == 1

    def test_the_database_itself_refuses_one_number_twice(self, session, cast):
        walked_in(session, cast)
        other = walked_in(session, cast, "Ada Byron")
        other.ticket_number = 1
        with pytest.raises(sa.exc.IntegrityError, match="uq_visits_ticket_number"):
            session.flush()
        session.rollback()


class TestOrder:
    def test_red_first_then_by_the_moment_they_are_due(self, session, cast):
        walked_in(session, cast, "Came First", 50)
        walked_in(session, cast, "Came Second", 40)
        walked_in(session, cast, "In Danger", 1, severity=Severity.RED)
        assert _order(session, cast) == ["In Danger", "Came First", "Came Second"]

    def test_orange_counts_an_hour_earlier_and_yellow_twenty_minutes_but_nobody_waits_for_ever(self, session, cast):
        walked_in(session, cast, "Two Hours", 120)
        walked_in(session, cast, "Half An Hour", 30)
        walked_in(session, cast, "Green Too", 15, severity=Severity.GREEN)
        walked_in(session, cast, "Orange Now", 0, severity=Severity.ORANGE)
        walked_in(session, cast, "Yellow Now", 0, severity=Severity.YELLOW)
        assert _order(session, cast) == ["Two Hours", "Orange Now", "Half An Hour", "Yellow Now", "Green Too"]

    def test_coming_early_gains_nothing_over_the_appointed_time(self, session, cast):
        appointed(session, cast, "An Hour Early", 60)
        walked_in(session, cast, "Without A Time", 10)
        assert _order(session, cast) == ["Without A Time", "An Hour Early"]

    def test_a_doctors_queue_is_their_own_and_those_who_wait_for_anybody(self, session, cast):
        walked_in(session, cast, "For Lind", 30, provider_id=cast.dr_lind.id)
        walked_in(session, cast, "For Anybody", 20)
        assert _order(session, cast, cast.dr_osei.id) == ["For Anybody"]
        assert queue.call_next(session, by=cast.osei.actor, provider_id=cast.dr_osei.id, **ROOM_2).ticket_number == 2


class TestCallNext:
    def test_whoever_is_next_is_called_to_the_place_and_it_is_on_record(self, session, cast):
        walked_in(session, cast, "Came First", 50)
        walked_in(session, cast, "Came Second", 40)
        called = queue.call_next(session, by=cast.amara.actor, **ROOM_2)
        assert (called.ticket_number, called.called_to, called.times_called) == (1, "Room 2", 1)
        last = session.scalars(sa.select(VisitEvent).where(VisitEvent.visit_id == called.id).order_by(
            VisitEvent.created_at.desc())).first()  # fmt: skip
        assert (last.kind, last.progress, last.progress_words) == (EventKind.PROGRESS, "called", "Called in")
        assert queue.call_next(session, by=cast.amara.actor, **ROOM_2).ticket_number == 2

    def test_a_room_of_the_clinics_is_said_by_its_name_and_kept_on_the_visit(self, session, cast):
        room = _room(session, cast)
        walked_in(session, cast)
        called = queue.call_next(session, by=cast.amara.actor, room_id=room.id, place="Somewhere")
        assert (called.called_to, called.room_id) == ("Room 4", room.id)

    def test_without_a_place_the_visits_own_room_is_where_they_go(self, session, cast):
        room = _room(session, cast)
        visit = walked_in(session, cast)
        with pytest.raises(Refused, match="Say where"):
            queue.call_next(session, by=cast.amara.actor)
        visit.room_id = room.id
        session.flush()
        assert queue.call_next(session, by=cast.amara.actor).called_to == "Room 4"

    def test_who_comes_by_video_is_called_to_no_room(self, session, cast):
        video = appointed(session, cast, "By Video", 20, visit_mode="virtual")
        walked_in(session, cast, "In The House", 5)
        assert queue.call_next(session, by=cast.amara.actor, **ROOM_2).patient.full_name == "In The House"
        with pytest.raises(Refused, match="Nobody is waiting"):
            queue.call_next(session, by=cast.amara.actor, **ROOM_2)
        with pytest.raises(Refused, match="comes by video"):
            queue.call(video, by=cast.amara.actor, **ROOM_2)
        assert visits.start(video, by=cast.osei.actor).status == VisitStatus.IN_PROGRESS

    def test_nobody_waits_nobody_is_called(self, session, cast):
        with pytest.raises(Refused, match="Nobody is waiting"):
            queue.call_next(session, by=cast.amara.actor, **ROOM_2)

    def test_a_room_that_is_not_in_use_is_refused(self, session, cast):
        room = _room(session, cast)
        room.status = "paused"
        walked_in(session, cast)
        with pytest.raises(Refused, match="not in use"):
            queue.call_next(session, by=cast.amara.actor, room_id=room.id)


class TestCalled:
    def test_called_again_it_counts_and_taken_back_they_wait_as_before(self, session, cast):
        visit = walked_in(session, cast)
        queue.call(visit, by=cast.amara.actor, **ROOM_2)
        with pytest.raises(Refused, match="has been called already"):
            queue.call(visit, by=cast.amara.actor, **ROOM_2)
        assert queue.call_again(visit, by=cast.amara.actor).times_called == 2
        queue.uncall(visit, by=cast.amara.actor)
        assert (visit.called_at, visit.called_to, visit.times_called) == (None, None, 0)
        with pytest.raises(Refused, match="not been called yet"):
            queue.call_again(visit, by=cast.amara.actor)
        with pytest.raises(Refused, match="not been called yet"):
            queue.uncall(visit, by=cast.amara.actor)

    def test_who_is_not_here_or_is_with_the_doctor_is_not_called(self, session, cast):
        with pytest.raises(Refused, match="nobody waits to be called"):
            queue.call(cast.booked(), by=cast.amara.actor, **ROOM_2)
        visit = walked_in(session, cast)
        visits.start(visit, by=cast.osei.actor)
        with pytest.raises(Refused, match="in progress; nobody waits"):
            queue.call(visit, by=cast.amara.actor, **ROOM_2)

    def test_a_check_in_that_is_taken_back_takes_the_call_with_it(self, session, cast):
        visit = appointed(session, cast)
        queue.call(visit, by=cast.amara.actor, **ROOM_2)
        visits.undo(visit, by=cast.amara.actor)
        assert visit.status == VisitStatus.BOOKED and visit.called_at is visit.called_to is None

    def test_a_colour_is_said_changed_and_taken_off_and_over_is_over(self, session, cast):
        visit = walked_in(session, cast)
        assert queue.triage(visit, "orange", by=cast.amara.actor).severity == Severity.ORANGE
        assert queue.triage(visit, None, by=cast.amara.actor).severity is None
        visits.start(visit, by=cast.osei.actor)
        visits.complete(visit, by=cast.osei.actor)
        with pytest.raises(Refused, match="nobody waits any more"):
            queue.triage(visit, "red", by=cast.amara.actor)
