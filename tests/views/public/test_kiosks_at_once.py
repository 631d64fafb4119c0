"""A patient at the check-in screen while the desk checks them in: one step, one number."""

import threading

import sqlalchemy as sa

from clinic.actions import screens, visits
from clinic.actions.acting import Refused
from clinic.actions.screens import hash_code
from clinic.db import db, now
from clinic.models.visits import EventKind, Visit, VisitEvent, VisitStatus
from tests.visitor import Visitor

CODE = "K7QPM3RTX9WD"


def test_of_the_screen_and_the_desk_at_once_one_checks_in_and_both_see_one_number(app, session, cast):
    screens.add(session, by=cast.ines.actor, kind="kiosk", name="By the door", code_hash=hash_code(CODE))
    visit = cast.booked(now(), overbook="Whatever the hour of the test")
    session.refresh(visit)
    kiosk, typed = f"/c/rose-street/kiosk/{CODE}", {"code": visit.check_in_code, "year": "1955"}
    at_once, answers = threading.Barrier(2), {}

    def at_the_screen():
        browser = Visitor(app, None)
        at_once.wait()
        answer = browser.send(kiosk, typed)
        answers["screen"] = browser.open(answer.headers["Location"]).text

    def at_the_desk():
        with app.app_context():
            db.session().enter(cast.scope)
            mine = db.session().get(Visit, (cast.rose.id, visit.id))
            at_once.wait()
            try:
                visits.check_in(mine, by=cast.amara.actor)
                db.session.commit()
            except Refused as refused:
                db.session.rollback()
                answers["desk"] = str(refused)
            finally:
                db.session.remove()

    both = [threading.Thread(target=each) for each in (at_the_screen, at_the_desk)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    session.rollback()
    assert ">1<" in answers["screen"]
    steps = session.scalars(sa.select(VisitEvent).where(
        VisitEvent.visit_id == visit.id, VisitEvent.kind == EventKind.STATUS)).all()  # fmt: skip
    assert [step.to_status for step in steps] == [VisitStatus.CHECKED_IN]
