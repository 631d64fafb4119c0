"""How many visits of a type there may be, a day and for a patient: patients are held to it, the desk says why not."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import groups, holds, visits
from clinic.actions.acting import Refused
from clinic.actions.booking import TimeTaken, book
from clinic.actions.groups import Group
from clinic.db import db
from clinic.models.visits import CancelReason, EventKind, Visit, VisitEvent
from clinic.queries.open_times import open_times
from clinic.scope import Scope

AT_ONCE = 50


def limited(session, cast, **limits):
    """Consultations with limits, from now on."""
    for name, value in limits.items():
        setattr(cast.consultation, name, value)
    session.commit()


def starts(session, cast, day, **more):
    """The open starts of Dr Osei on a day."""
    return [
        each.starts_at for each in open_times(session, cast.at, cast.consultation, [cast.dr_osei.id], day, day, **more)
    ]


def outcomes(app, cast, wishes, by):
    """Everybody books at the same moment: how many did."""
    barrier = threading.Barrier(len(wishes))

    def one(wish):
        with app.app_context():
            session = db.session()
            session.enter(cast.scope)
            barrier.wait()
            try:
                book(session, wish, by=by)
                session.commit()
            except Refused:
                session.rollback()
                return False
            finally:
                db.session.remove()
            return True

    with ThreadPoolExecutor(len(wishes)) as pool:
        return sum(pool.map(one, wishes))


class TestADay:
    def test_the_day_is_open_until_the_doctor_has_as_many_and_then_for_no_more(self, session, cast):
        limited(session, cast, limit_per_day=2)
        day = cast.tomorrow_at(9).date()
        cast.booked(cast.tomorrow_at(9))
        assert starts(session, cast, day)
        cast.booked(cast.tomorrow_at(16))
        assert not starts(session, cast, day)
        assert starts(session, cast, day + timedelta(days=1))

    def test_another_type_and_another_doctor_have_days_of_their_own(self, session, cast):
        limited(session, cast, limit_per_day=1)
        cast.booked(cast.tomorrow_at(9))
        book(session, cast.wish(cast.tomorrow_at(10), visit_type=cast.follow_up), by=cast.maya.actor)
        assert book(session, cast.wish(cast.tomorrow_at(10), provider=cast.dr_lind), by=cast.maya.actor)

    def test_a_patient_is_refused_in_words_though_the_time_itself_is_free(self, session, cast):
        limited(session, cast, limit_per_day=1)
        cast.booked(cast.tomorrow_at(9))
        wish = cast.wish(cast.tomorrow_at(11), patient=cast.maya_patient)
        with pytest.raises(TimeTaken, match="no more visits of this type that day"):
            book(session, wish, by=cast.maya.actor)
        with pytest.raises(TimeTaken, match="no more visits of this type that day"):
            holds.hold(session, wish, by=cast.maya.actor)

    def test_a_hold_of_somebody_else_counts_and_ones_own_does_not(self, session, cast):
        limited(session, cast, limit_per_day=1)
        ten = cast.tomorrow_at(10)
        holds.hold(session, cast.wish(ten, patient=cast.maya_patient), by=cast.maya.actor)
        session.commit()
        assert not starts(session, cast, ten.date())
        assert ten in starts(session, cast, ten.date(), person_id=cast.maya.user.id)
        assert book(session, cast.wish(ten, patient=cast.maya_patient), by=cast.maya.actor)

    def test_the_desk_goes_past_it_with_a_reason_that_stays_and_the_time_stays_guarded(self, session, cast):
        limited(session, cast, limit_per_day=1)
        cast.booked(cast.tomorrow_at(9))
        eleven = cast.tomorrow_at(11)
        with pytest.raises(TimeTaken) as refused:
            book(session, cast.wish(eleven), by=cast.amara.actor)
        assert refused.value.field == "overbook_reason"
        visit_id = book(session, cast.wish(eleven, overbook="Sent by the hospital"), by=cast.amara.actor)
        visit = session.get(Visit, (cast.rose.id, visit_id))
        assert [event.notes for event in visit.events] == ["Sent by the hospital"] and not visit.slot.overbooked

    def test_a_cancelled_visit_leaves_its_place(self, session, cast):
        limited(session, cast, limit_per_day=1)
        visit = cast.booked(cast.tomorrow_at(9))
        visits.cancel(visit, CancelReason.PATIENT, by=cast.amara.actor)
        session.commit()
        assert starts(session, cast, visit.starts_at.date())

    def test_each_seat_of_a_shared_time_counts(self, session, cast):
        limited(session, cast, limit_per_day=2, capacity=3)
        nine = cast.tomorrow_at(9)
        cast.booked(nine)
        assert nine in starts(session, cast, nine.date())
        cast.booked(nine, patient=cast.maya_patient)
        assert not starts(session, cast, nine.date())

    def test_in_a_group_of_any_type_those_of_this_one_count_whoever_asks(self, session, cast):
        limited(session, cast, limit_per_day=1)
        evening = cast.tomorrow_at(18)
        groups.publish(session, Group(cast.dr_osei.id, 3, minutes=20), evening, by=cast.amara.actor)
        session.commit()
        cast.booked(evening, visit_type=cast.follow_up)
        assert starts(session, cast, evening.date())
        cast.booked(evening, patient=cast.maya_patient)
        assert not starts(session, cast, evening.date())
        session.enter(Scope.portal(cast.rose.id, cast.maya.user.id, [cast.maya_patient.id]))
        assert not starts(session, cast, evening.date(), person_id=cast.maya.user.id)

    def test_of_fifty_at_once_at_different_times_one_gets_the_one_place(self, app, session, cast):
        limited(session, cast, limit_per_day=1)
        minutes = [cast.tomorrow_at(9) + timedelta(minutes=20 * (number % 24)) for number in range(AT_ONCE)]
        assert outcomes(app, cast, [cast.wish(each) for each in minutes], cast.amara.actor) == 1


class TestAPatient:
    def test_one_too_many_is_refused_and_the_desk_may_with_a_reason(self, session, cast):
        limited(session, cast, limit_per_patient=1)
        cast.booked(cast.tomorrow_at(9), patient=cast.maya_patient)
        wish = cast.wish(cast.tomorrow_at(9, days=3), patient=cast.maya_patient)
        with pytest.raises(Refused, match="as many visits of this type to come"):
            book(session, wish, by=cast.maya.actor)
        with pytest.raises(Refused) as refused:
            book(session, wish, by=cast.amara.actor)
        assert refused.value.field == "overbook_reason"
        allowed = cast.wish(cast.tomorrow_at(9, days=3), patient=cast.maya_patient, overbook="Course of six")
        visit_id = book(session, allowed, by=cast.amara.actor)
        assert session.scalars(sa.select(VisitEvent.notes).where(VisitEvent.visit_id == visit_id)).one()

    def test_what_is_over_or_called_off_does_not_count(self, session, cast):
        limited(session, cast, limit_per_patient=1)
        visit = cast.booked(cast.tomorrow_at(9))
        visits.cancel(visit, CancelReason.PATIENT, by=cast.amara.actor)
        session.commit()
        assert cast.booked(cast.tomorrow_at(9))

    def test_moving_the_one_visit_is_no_second(self, session, cast):
        limited(session, cast, limit_per_patient=1, limit_per_day=1)
        visit = cast.booked(cast.tomorrow_at(9, days=3), patient=cast.maya_patient)
        later = cast.wish(cast.tomorrow_at(11, days=3), patient=cast.maya_patient)
        assert visits.move_to(visit, later, by=cast.maya.actor).starts_at == later.starts_at

    def test_of_fifty_at_once_with_two_doctors_one_is_booked(self, app, session, cast):
        limited(session, cast, limit_per_patient=1)
        doctors = [cast.dr_osei, cast.dr_lind]
        wishes = [
            cast.wish(cast.tomorrow_at(9) + timedelta(minutes=20 * (number // 2 % 24)), provider=doctors[number % 2])
            for number in range(AT_ONCE)
        ]
        assert outcomes(app, cast, wishes, cast.amara.actor) == 1


class TestNoticeAndHorizon:
    def test_they_hold_when_it_is_booked_and_when_it_is_moved_whatever_the_page_showed(self, session, cast):
        visit = cast.booked(cast.tomorrow_at(9, days=3), patient=cast.maya_patient)
        limited(session, cast, minimum_notice_minutes=2 * 24 * 60, horizon_days=10)
        for days, words in ((1, "too soon"), (12, "up to 10 days ahead")):
            wish = cast.wish(cast.tomorrow_at(11, days=days), patient=cast.maya_patient)
            with pytest.raises(TimeTaken, match=words):
                book(session, wish, by=cast.maya.actor)
            with pytest.raises(TimeTaken, match=words):
                visits.move_to(visit, wish, by=cast.maya.actor)
            session.rollback()


class TestCutOff:
    def test_past_it_the_desk_moves_a_visit_with_a_reason_that_stays(self, session, cast):
        limited(session, cast, move_cutoff_hours=72)
        visit, later = cast.booked(), cast.tomorrow_at(12)
        with pytest.raises(Refused, match="Say why") as refused:
            visits.move_to(visit, cast.wish(later), by=cast.amara.actor)
        assert refused.value.field == "overbook_reason"
        visits.move_to(visit, cast.wish(later, overbook="The bus broke down"), by=cast.amara.actor)
        moved = session.scalars(sa.select(VisitEvent).where(VisitEvent.kind == EventKind.MOVED)).one()
        assert moved.notes == "The bus broke down" and not visit.slot.overbooked
