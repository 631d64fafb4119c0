"""Blocks and hours under the doctor's lock: what happens at the same moment happens one after the other."""

import threading

import pytest
import sqlalchemy as sa

from clinic.actions import blocks, hours
from clinic.actions.acting import Refused
from clinic.actions.booking import TimeTaken, book
from clinic.db import db
from clinic.models.schedule import Availability, Slot


def meanwhile(app, cast, act):
    """Start acting in another transaction; returns what to join and a list for what came of it."""
    came = []

    def run():
        with app.app_context():
            session = db.session()
            session.enter(cast.scope)
            try:
                came.append(act(session))
                session.commit()
            except Refused as refused:
                came.append(refused)
                session.rollback()
            finally:
                db.session.remove()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, came


def test_a_booking_waits_for_a_block_that_is_being_made_and_is_then_refused(app, session, cast):
    ten, eleven = cast.tomorrow_at(10), cast.tomorrow_at(11)
    wish, amara = cast.wish(ten), cast.amara.actor
    blocks.add(cast.dr_osei, ten, eleven, zone="Europe/London", by=cast.ines.actor)
    thread, came = meanwhile(app, cast, lambda other: book(other, wish, by=amara))
    thread.join(0.3)
    assert thread.is_alive(), "the booking did not wait for the lock"
    session.commit()
    thread.join(10)
    assert isinstance(came[0], TimeTaken) and "is away" in str(came[0])


def test_two_who_add_the_same_hours_at_once_add_them_once(app, session, cast):
    session.execute(sa.delete(Availability))
    session.commit()
    nine, ten = cast.tomorrow_at(9).time(), cast.tomorrow_at(10).time()
    osei, by = cast.dr_osei, cast.ines.actor
    row = {"weekday": 1, "start_time": nine, "end_time": ten}
    hours.add(session, osei, by=by, **row)

    def again(other):
        return hours.add(other, other.get(type(osei), (cast.rose.id, osei.id)), by=by, **row)

    thread, came = meanwhile(app, cast, again)
    thread.join(0.3)
    session.commit()
    thread.join(10)
    assert isinstance(came[0], Refused)
    assert session.scalar(sa.select(sa.func.count()).select_from(Availability)) == 1


def test_a_block_that_is_gone_cannot_be_removed_again(session, cast):
    ten, eleven = cast.tomorrow_at(10), cast.tomorrow_at(11)
    blocks.add(cast.dr_osei, ten, eleven, zone="Europe/London", by=cast.ines.actor)
    ids = session.scalars(sa.select(Slot.id)).all()
    blocks.remove(cast.dr_osei, ids, ten, eleven, by=cast.ines.actor)
    with pytest.raises(Refused, match="already gone"):
        blocks.remove(cast.dr_osei, ids, ten, eleven, by=cast.ines.actor)
