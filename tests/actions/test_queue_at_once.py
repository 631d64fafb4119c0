"""Many at the door at once, two who call, two who sign: a number each, nobody called twice, one signature."""

import threading
from datetime import timedelta

import sqlalchemy as sa

from clinic.actions import day_closing, queue, visits
from clinic.actions.acting import Refused
from clinic.db import db, now
from clinic.models.day_closings import DayClosing
from clinic.models.visits import Visit
from clinic.queries.day import Day
from tests.waiting import walked_in

ROOM_2 = {"place": "Room 2"}


def test_of_many_who_come_at_once_each_gets_a_number_of_their_own(app, session, cast):
    coming = [cast.booked(now() + timedelta(seconds=n), overbook="All at once") for n in range(6)]
    drawn, at_once = [], threading.Barrier(6)

    def comes(visit_id):
        with app.app_context():
            db.session().enter(cast.scope)
            visit = db.session().get(Visit, (cast.rose.id, visit_id))
            at_once.wait()
            visits.check_in(visit, by=cast.amara.actor)
            db.session.commit()
            drawn.append(visit.ticket_number)
            db.session.remove()

    _together(comes, [visit.id for visit in coming])
    assert sorted(drawn) == [1, 2, 3, 4, 5, 6]


def test_two_who_call_at_once_never_call_the_same_person(app, session, cast):
    rounds = 5
    for number in range(rounds):
        for each in range(2):
            walked_in(session, cast, f"Waits {number} {each}")
        called, at_once = [], threading.Barrier(3)

        def calls(who, called=called, at_once=at_once):
            with app.app_context():
                db.session().enter(cast.scope)
                db.session().connection()
                at_once.wait()
                try:
                    called.append(queue.call_next(db.session(), by=who, **ROOM_2).id)
                    db.session.commit()
                except Refused:
                    db.session.rollback()
                finally:
                    db.session.remove()

        _together(calls, [cast.amara.actor, cast.osei.actor, cast.lind.actor])
        assert len(called) == len(set(called)) == 2
        session.rollback()


def test_of_two_who_sign_at_once_one_is_told_that_it_is_done(app, session, cast):
    yesterday = Day.today(cast.rose.timezone).date - timedelta(days=1)
    at_once, answers = threading.Barrier(2), []

    def signs(who):
        with app.app_context():
            db.session().enter(cast.scope)
            at_once.wait()
            try:
                day_closing.close(db.session(), yesterday, by=who)
                db.session.commit()
                answers.append("closed")
            except Refused:
                db.session.rollback()
                answers.append("refused")
            finally:
                db.session.remove()

    people = [threading.Thread(target=signs, args=(who.actor,)) for who in (cast.amara, cast.ines)]
    for each in people:
        each.start()
    for each in people:
        each.join()
    session.rollback()
    assert sorted(answers) == ["closed", "refused"]
    assert session.scalar(sa.select(sa.func.count()).select_from(DayClosing)) == 1


def _together(act, whom):
    threads = [threading.Thread(target=act, args=(each,)) for each in whom]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
