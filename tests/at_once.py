"""Several people who act at the same moment, each in a session of their own, behind one barrier."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, current_thread, main_thread

from sqlalchemy import event

from clinic.actions.acting import Refused
from clinic.db import db

# Set as soon as anybody but the test itself has asked the database: however a race is made, its end is looked at.
RACED = Event()


def notice_races(engine):
    """Notice from now on whether another thread than the test's own asks this database."""

    @event.listens_for(engine, "checkout")
    def _who_asks(*_connection):
        if current_thread() is not main_thread():
            RACED.set()


def rush(app, cast, *acts):
    """Do every act at once, each called with its own session; what each came to, sorted: "done" or "refused"."""
    barrier = Barrier(len(acts))

    def one(act):
        with app.app_context():
            session = db.session()
            session.enter(cast.scope)
            session.connection()
            barrier.wait()
            try:
                act(session)
                session.commit()
                return "done"
            except Refused:
                session.rollback()
                return "refused"
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(one, acts))
