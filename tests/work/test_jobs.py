"""What the worker does with a job: once, whole, in its clinic; and what becomes of a dead worker's job."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import text

from clinic.actions import holds, visits
from clinic.actions.booking import book
from clinic.models.audit import AuditEntry
from clinic.models.schedule import BookingRule, SeatHold, Slot
from clinic.models.visits import CancelReason, Visit, VisitStatus
from clinic.work.handlers import run
from clinic.work.running import build, rescue

HOME = Path(__file__).resolve().parents[2]
JOBS = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'visits.lapse'"


@pytest.fixture
def asked(session, cast):
    """A visit that Maya asked for, and whose answer is overdue."""
    cast.consultation.booking = BookingRule.REQUEST
    session.flush()
    visit_id = book(session, cast.wish(cast.tomorrow_at(10), patient=cast.maya_patient), by=cast.maya.actor)
    session.commit()
    visit = session.get(Visit, (cast.rose.id, visit_id))
    visit.answer_by = visit.created_at
    session.commit()
    return visit


@pytest.fixture
def lapse(app, session, asked):
    """Do the job that the request has put, and look at the visit anew."""

    def do():
        run(app, "visits.lapse", {"clinic_id": str(asked.clinic_id), "visit_id": str(asked.id)})
        session.rollback()
        session.expire_all()
        return session.get(Visit, (asked.clinic_id, asked.id))

    return do


class TestLapse:
    def test_a_request_that_nobody_answered_is_called_off_by_the_job_and_its_time_is_open_again(self, lapse, session):
        visit = lapse()
        assert visit.status == VisitStatus.CANCELLED and visit.cancel_reason == CancelReason.UNANSWERED
        assert session.scalar(sa.select(sa.func.count()).select_from(Slot)) == 0
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "visits.cancel")).one()
        assert entry.actor_id is None and entry.actor_role == "job" and entry.user_agent == "visits.lapse"

    def test_twice_is_once(self, lapse, session):
        lapse()
        assert lapse().status == VisitStatus.CANCELLED
        count = sa.select(sa.func.count()).select_from(AuditEntry).where(AuditEntry.action == "visits.cancel")
        assert session.scalar(count) == 1

    def test_a_request_answered_meanwhile_is_left_alone(self, lapse, asked, session, cast):
        visits.accept(asked, by=cast.amara.actor)
        session.commit()
        assert lapse().status == VisitStatus.BOOKED

    def test_one_whose_time_has_not_come_is_left_alone(self, lapse, asked, session, cast):
        asked.answer_by = cast.tomorrow_at(9)
        session.commit()
        assert lapse().status == VisitStatus.REQUESTED


class TestPut:
    def test_a_job_whose_booking_was_undone_is_not_there(self, session, cast, superuser):
        cast.consultation.booking = BookingRule.REQUEST
        session.commit()
        book(session, cast.wish(cast.tomorrow_at(10), patient=cast.maya_patient), by=cast.maya.actor)
        session.rollback()
        with superuser.connect() as connection:
            assert connection.execute(text(JOBS)).scalar() == 0


class TestSweep:
    def test_expired_holds_go_and_live_ones_stay(self, app, session, cast):
        holds.hold(session, cast.wish(cast.tomorrow_at(10)), by=cast.maya.actor)
        session.execute(sa.update(Slot).values(held_until=sa.func.now() - sa.text("interval '1 second'")))
        live = cast.wish(cast.tomorrow_at(11), provider=cast.dr_lind)
        holds.hold(session, live, by=cast.amara.actor)
        session.commit()
        run(app, "holds.sweep", {})
        assert session.scalars(sa.select(Slot.starts_at)).all() == [live.starts_at]

    def test_expired_seats_go_and_their_empty_time_with_them(self, app, session, cast):
        cast.consultation.capacity = 3
        session.flush()
        holds.hold(session, cast.wish(cast.tomorrow_at(10)), by=cast.maya.actor)
        session.execute(sa.update(SeatHold).values(held_until=sa.func.now() - sa.text("interval '1 second'")))
        session.commit()
        run(app, "holds.sweep", {})
        assert session.scalar(sa.select(sa.func.count()).select_from(Slot)) == 0


class TestPartitions:
    def test_a_missing_month_is_made_by_the_keeper_and_the_run_is_audited(self, app, cast, superuser):
        month = f"audit_entries_{cast.tomorrow_at(0, days=300):%Y_%m}"
        with superuser.connect() as connection:
            connection.execute(text(f"DROP TABLE {month}"))
            run(app, "audit.partitions", {})
            assert connection.execute(text("SELECT to_regclass(:name)"), {"name": month}).scalar() is not None
            entry = connection.execute(
                text("SELECT clinic_id, metadata FROM audit_entries WHERE action = 'audit.ensure_partitions'")
            ).one()
        assert entry.clinic_id.int == 0 and entry.metadata["made"] == 1


@pytest.fixture
def start_worker(server):
    """Start `flask worker` as a process of its own; what still runs at the end is killed."""
    started = []

    def start():
        environment = {**os.environ, **server.environment(), "SECRET_KEY": "only for tests"}
        command = [sys.executable, "-m", "flask", "--app", "app", "worker"]
        started.append(subprocess.Popen(command, cwd=HOME, env=environment))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def wait_for(connection, sql, wanted, seconds=20):
    """Ask again and again until the answer is the wanted one."""
    deadline = time.monotonic() + seconds
    while (answer := connection.execute(text(sql)).scalar()) != wanted:
        assert time.monotonic() < deadline, f"{sql} still answers {answer}"
        time.sleep(0.1)


@pytest.mark.machine
class TestWorker:
    def test_it_does_what_was_put_and_stops_within_seconds_when_told(self, asked, superuser, start_worker):
        with superuser.connect() as connection:
            connection.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now()"))
            process = start_worker()
            wait_for(connection, "SELECT status FROM visits", "cancelled")
            process.send_signal(signal.SIGTERM)
            assert process.wait(8) == 0
            # What went well leaves no row, so that the queue does not grow for ever.
            assert connection.execute(text(JOBS)).scalar() == 0

    def test_a_job_of_a_killed_worker_is_done_by_the_next_and_acts_once(
        self, app, config, session, asked, superuser, start_worker
    ):
        # Somebody else's lock keeps the worker in the middle of the job.
        session.connection().execute(text("SELECT 1 FROM visits FOR UPDATE"))
        with superuser.connect() as connection:
            connection.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now()"))
            process = start_worker()
            wait_for(connection, f"{JOBS} AND status = 'doing'", 1)
            process.kill()
            process.wait()
            session.rollback()
            assert connection.execute(text("SELECT status FROM visits")).scalar() == "requested"
            connection.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'"))
            # In a thread of its own: a browser open for another test keeps an event loop in this one.
            with ThreadPoolExecutor(1) as elsewhere:
                elsewhere.submit(asyncio.run, _rescued(app)).result()
            start_worker()
            wait_for(connection, "SELECT status FROM visits", "cancelled")
            acts = "SELECT count(*) FROM audit_entries WHERE action = 'visits.cancel'"
            assert connection.execute(text(acts)).scalar() == 1


async def _rescued(app):
    queue = build(app)
    async with queue.open_async():
        await rescue(queue)
