"""Two who want a series, or change one, at the same moment: one after the other, and never in a circle."""

import threading
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from clinic.actions import series, visits
from clinic.actions.acting import Refused
from clinic.db import db
from clinic.models.series import Series
from clinic.models.visits import CancelReason, Visit
from clinic.queries import series as asked
from tests.actions.test_series import booked, plan, shift_of

LONDON = ZoneInfo("Europe/London")


def at_once(app, scope, acts):
    """What came of each act, done in a transaction of its own and all at the same moment: "done" or "refused"."""
    barrier, came = threading.Barrier(len(acts)), []

    def run(act):
        with app.app_context():
            own = db.session()
            own.enter(scope)
            barrier.wait()
            try:
                act(own)
                own.commit()
                came.append("done")
            except Refused:
                own.rollback()
                came.append("refused")
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return sorted(came)


def count(session, table):
    session.expire_all()
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).select_from(table))


def test_of_two_who_want_the_same_series_one_gets_it(app, session, cast):
    rule, amara = plan(cast), cast.amara.actor
    picks = [series.Pick(each.starts_at) for each in series.preview(session, rule, by=amara)]
    session.rollback()
    want = [lambda own: series.create(own, rule, picks, by=amara)] * 2
    assert at_once(app, cast.scope, want) == ["done", "refused"]
    assert (count(session, Visit), count(session, Series)) == (4, 1)


def test_two_desks_that_move_and_cancel_the_same_series_never_deadlock(app, session, cast):
    made, members = booked(session, cast)
    key, last, amara = (made.clinic_id, made.id), (made.clinic_id, members[3].id), cast.amara.actor
    shift = shift_of(cast, days=1, provider=cast.dr_lind)

    def move(own):
        found = asked.visits_of(own, key[1])
        picks = {each.id: series.Pick(shift.of(each, LONDON).starts_at) for each in found}
        series.change(own.get(Series, key), found, picks, shift, by=amara)

    def cancel(own):
        visits.cancel(own.get(Visit, last), CancelReason.PATIENT, by=amara)

    assert "done" in at_once(app, cast.scope, [move, cancel])


def test_two_desks_that_move_two_series_between_the_same_doctors_never_deadlock(app, session, cast):
    one, _members = booked(session, cast)
    other, _members = booked(session, cast, provider_id=cast.dr_lind.id, patient_id=cast.maya_patient.id)
    keys, amara = [(each.clinic_id, each.id) for each in (one, other)], cast.amara.actor
    shifts = [shift_of(cast, days=1, provider=doctor) for doctor in (cast.dr_lind, cast.dr_osei)]

    def mover(key, shift):
        def move(own):
            found = asked.visits_of(own, key[1])
            picks = {each.id: series.Pick(shift.of(each, LONDON).starts_at) for each in found}
            series.change(own.get(Series, key), found, picks, shift, by=amara)

        return move

    moves = [mover(key, shift) for key, shift in zip(keys, shifts, strict=True)]
    assert at_once(app, cast.scope, moves) == ["done", "done"]
