"""The worker is killed between what a job did and saying so; a job that always fails; a sweeper killed at its work."""

import asyncio
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from clinic import jobs
from clinic.db import db
from clinic.models.schedule import BookingRule, VisitType
from clinic.queries.checking import findings
from clinic.work.running import MOST_ATTEMPTS, build, rescue
from tests.browser import Browser
from tests.faults.place import FULL, ROUNDS, loaded, until, waiting_for
from tests.faults.worker import worker
from tests.races.invariants import broken

TURNS = min(ROUNDS, 3)
STATUS = "SELECT status FROM visits WHERE id = %s"
JOB = "SELECT status FROM procrastinate_jobs WHERE id = %s"


def _asked_for(place):
    """A visit that a patient asked for and nobody answered in time, and the job that calls it off."""
    stage, (patient_id, keys) = place.stage, place.stage.patients[0]
    with stage.looking() as session:
        session.get(VisitType, (stage.clinic_id, stage.cast.consultation.id)).booking = BookingRule.REQUEST
        session.commit()
    starts_at = stage.next_time(stage.cast.consultation)
    form = {
        "patient_id": patient_id, "visit_type_id": stage.cast.consultation.id, "visit_mode": "in_person",
        "provider_id": stage.cast.dr_osei.id, "starts_at": starts_at.isoformat(),
    }  # fmt: skip
    browser = Browser(place.live.url, keys)
    assert browser.send("/portal/book/confirm", form).status == 303
    browser.close()
    with stage.looking() as session:
        session.get(VisitType, (stage.clinic_id, stage.cast.consultation.id)).booking = BookingRule.INSTANT
        session.commit()
    (visit_id,) = place.superuser.execute(
        "UPDATE visits SET answer_by = now() WHERE starts_at = %s RETURNING id", [starts_at]
    ).fetchone()
    (job_id,) = place.superuser.execute(
        "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE args ->> 'visit_id' = %s RETURNING id",
        [str(visit_id)],
    ).fetchone()
    return visit_id, job_id


def _is(place, question, wanted, row_id):
    return until(lambda: (row := place.superuser.execute(question, [row_id]).fetchone()) and row[0] == wanted, 40)


def _rescue(place):
    """What a living worker does every minute, once its colleague has been silent for half of one."""
    place.superuser.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")

    async def go():
        queue = build(place.stage.app)
        async with queue.open_async():
            await rescue(queue)

    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(asyncio.run, go()).result()


@pytest.mark.machine
class TestBetweenEffectAndAcknowledgement:
    def test_the_job_comes_again_and_acts_once(self, place, server, seen):
        with loaded(place, seen):
            for _turn in range(TURNS):
                self._once(place, server)
        seen(f"{TURNS} workers killed after the effect, {TURNS} effects")

    @staticmethod
    def _once(place, server):
        visit_id, job_id = _asked_for(place)
        with (
            server.connect("postgres", place.live.database) as holder,
            worker(place.live, DATABASE_URL=place.live.environment["DATABASE_DIRECT_URL"]) as first,
        ):
            holder.execute("BEGIN")
            holder.execute("SELECT 1 FROM visits WHERE id = %s FOR UPDATE", [visit_id])
            assert _is(place, JOB, "doing", job_id)
            with server.connect("postgres", place.live.database) as rival, rival.transaction():
                # Nobody can say now that the job is done.
                rival.execute("SELECT 1 FROM procrastinate_jobs WHERE id = %s FOR UPDATE", [job_id])
                holder.execute("COMMIT")
                assert _is(place, STATUS, "cancelled", visit_id)
                assert until(lambda: waiting_for(place.superuser, "transactionid"))
                first.kill()
                first.wait()
                place.superuser.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE usename = 'clinic_app' AND wait_event = 'transactionid'"
                )
        assert _is(place, JOB, "doing", job_id)
        _rescue(place)
        with worker(place.live, DATABASE_URL=place.live.environment["DATABASE_DIRECT_URL"]):
            assert until(lambda: not place.superuser.execute(JOB, [job_id]).fetchone(), 40)
        effects = "SELECT count(*) FROM {} WHERE {} = %s AND {}"
        for table, column, which in (
            ("visit_events", "visit_id", "to_status = 'cancelled'"),
            ("audit_entries", "resource_id", "action = 'visits.cancel'"),
        ):
            assert place.superuser.execute(effects.format(table, column, which), [visit_id]).fetchone() == (1,)


class TestAnotherWaits:
    def test_a_dead_workers_job_of_which_one_is_enough_goes_and_those_behind_it_are_rescued(self, place):
        """A worker that takes its place has put the next of the kind before anybody looked for the dead one's."""
        place.superuser.execute("DELETE FROM procrastinate_jobs WHERE queueing_lock = 'holds.sweep'")
        (dead,) = place.superuser.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now()) RETURNING id"
        ).fetchone()
        left = """INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, status, worker_id, args)
                  VALUES ('default', %s, %s, 'doing', %s, '{}') RETURNING id"""
        held, behind = (
            place.superuser.execute(left, [name, lock, dead]).fetchone()[0]
            for name, lock in (("holds.sweep", "holds.sweep"), ("throttles.purge", None))
        )
        waiting = """INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, args)
                     VALUES ('default', 'holds.sweep', 'holds.sweep', '{}') RETURNING id"""
        (next_one,) = place.superuser.execute(waiting).fetchone()
        _rescue(place)
        assert place.superuser.execute(JOB, [held]).fetchone() is None
        assert place.superuser.execute(JOB, [behind]).fetchone() == ("todo",)
        place.superuser.execute("DELETE FROM procrastinate_jobs WHERE id = ANY (%s)", [[behind, next_one]])


@pytest.mark.machine
class TestPoison:
    def test_a_job_that_always_fails_is_given_up_after_its_attempts_and_flask_check_tells(self, place):
        with place.stage.app.app_context():
            session = db.session()
            jobs.put(session, "visits.lapse", clinic_id=place.stage.clinic_id, visit_id="no id at all")
            session.commit()
        job = "SELECT id FROM procrastinate_jobs WHERE args ->> 'visit_id' = 'no id at all'"
        (job_id,) = place.superuser.execute(job).fetchone()
        try:
            with worker(place.live, DATABASE_URL=place.live.environment["DATABASE_DIRECT_URL"]):
                # Between two tries it waits longer and longer; the test does not.
                hurry = "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE id = %s AND status = 'todo'"
                assert until(lambda: place.superuser.execute(hurry, [job_id]) and _failed(place, job_id), 60)
            attempts = "SELECT attempts FROM procrastinate_jobs WHERE id = %s"
            assert place.superuser.execute(attempts, [job_id]).fetchone() == (1 + MOST_ATTEMPTS,)
            assert any("job" in each.lower() for each in _all_findings(place))
        finally:
            place.superuser.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [job_id])
        assert not broken(place.url)


def _failed(place, job_id):
    return place.superuser.execute(JOB, [job_id]).fetchone() == ("failed",)


def _all_findings(place):
    """What `flask check` says, its warnings too."""
    engine = sa.create_engine(place.url)
    with engine.connect() as connection:
        told = [str(each) for each in findings(connection)]
    engine.dispose()
    return told


HOLDS, SEATS, MINUTE = 500, 5, 60
SLOTS = """
INSERT INTO slots (clinic_id, id, provider_id, visit_type_id, kind, status, starts_at, ends_at, busy_from, busy_until,
                   visit_mode, capacity, taken, held_until, held_by_id, overbooked)
SELECT %(clinic)s, gen_random_uuid(), %(doctor)s, %(kind)s, 'open', {facts}, false
  FROM (SELECT date_trunc('day', now()) + {days} * interval '1 day' + number * interval '20 minutes' AS at
          FROM generate_series(1, %(many)s) AS number) AS times
"""
TIMES = "at, at + interval '20 minutes', at, at + interval '20 minutes', 'in_person'"
OF_ONE = SLOTS.format(days=200, facts=f"'held', {TIMES}, 1, 0, now() - interval '1 second', %(person)s")
# Times for several: what is held of them are seats.
OF_SEVERAL = f"""
WITH made AS ({SLOTS.format(days=300, facts=f"'free', {TIMES}, {SEATS}, 0, NULL, NULL")} RETURNING clinic_id, id)
INSERT INTO seat_holds (clinic_id, id, slot_id, held_until)
SELECT clinic_id, gen_random_uuid(), id, now() - interval '1 second' FROM made, generate_series(1, {SEATS})
"""
LEFT = """SELECT (SELECT count(*) FROM slots WHERE status = 'held' AND held_until <= now())
                 + (SELECT count(*) FROM seat_holds WHERE held_until <= now())"""
# What the clock puts every 15 seconds.
TICK = """INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, args)
          VALUES ('default', 'holds.sweep', 'holds.sweep', '{}') ON CONFLICT DO NOTHING"""
THERE = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > %s"
# One row for each hold that was deleted, whoever did and as often as it was; what is rolled back leaves none.
COUNTING = """
CREATE TABLE freed (id uuid NOT NULL, at timestamptz NOT NULL);
CREATE FUNCTION note_freed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN INSERT INTO public.freed VALUES (OLD.id, clock_timestamp()); RETURN NULL; END $$;
CREATE TRIGGER freed AFTER DELETE ON slots FOR EACH ROW WHEN (OLD.status = 'held') EXECUTE FUNCTION note_freed();
CREATE TRIGGER freed AFTER DELETE ON seat_holds FOR EACH ROW EXECUTE FUNCTION note_freed();
"""
NO_MORE = """
DROP TRIGGER freed ON slots; DROP TRIGGER freed ON seat_holds; DROP FUNCTION note_freed(); DROP TABLE freed;
"""
FREED = "SELECT count(*), count(DISTINCT id), extract(epoch FROM max(at) - %s)::float FROM freed"


def _hold_many(place):
    """Times of two doctors and seats in them, held until a second ago; returns until when."""
    cast, quarter = place.stage.cast, HOLDS // 4
    for doctor in (cast.dr_osei, cast.dr_lind):
        ids = {
            "clinic": place.stage.clinic_id, "doctor": doctor.id, "kind": cast.consultation.id,
            "person": cast.amara.user.id,
        }  # fmt: skip
        place.superuser.execute(OF_ONE, {**ids, "many": quarter})
        place.superuser.execute(OF_SEVERAL, {**ids, "many": quarter // SEATS})
    return place.superuser.execute("SELECT min(held_until) FROM slots WHERE status = 'held'").fetchone()[0]


def _in_the_middle(place):
    """A stop where the first doctor's holds are deleted, and the transaction never ends."""
    return place.wire.stop_at("DELETE FROM slots", place.stage.cast.dr_osei.id)


@contextmanager
def _counted(superuser):
    """Every hold that is deleted is noted meanwhile."""
    superuser.execute(COUNTING)
    try:
        yield
    finally:
        superuser.execute(NO_MORE)


@contextmanager
def _three_workers(place):
    """Three workers beside each other; yields once all of them are there."""
    (since,) = place.superuser.execute("SELECT clock_timestamp()").fetchone()
    with worker(place.live), worker(place.live), worker(place.live):
        assert until(lambda: place.superuser.execute(THERE, [since]).fetchone() == (3,), MINUTE)
        yield


def _tick(superuser):
    """`make faults` waits for the clock each time; else the test is the clock."""
    if not FULL:
        superuser.execute(TICK)


@pytest.mark.promise(7, "holds that ran out go once and within a minute, though the sweeper was killed twice")
def test_holds_go_once_and_within_a_minute_though_the_sweeper_is_killed_twice(place, figure):
    superuser = place.superuser
    with _counted(superuser), _three_workers(place):
        stop = _in_the_middle(place)
        ran_out_at = _hold_many(place)
        for kill in (1, 2):
            _tick(superuser)
            stop.wait(MINUTE)
            died, place.wire.stop = stop, None
            stop = _in_the_middle(place) if kill == 1 else None
            os.kill(died.whose(), signal.SIGKILL)
            died.cut()
        _tick(superuser)
        assert until(lambda: superuser.execute(LEFT).fetchone() == (0,), MINUTE)
        freed, different, seconds = superuser.execute(FREED, [ran_out_at]).fetchone()
    superuser.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'holds.sweep'")
    assert freed == different == HOLDS and seconds < MINUTE
    assert not broken(place.url)
    figure(f"{HOLDS} holds, 2 sweepers killed, {freed} freed once each, the last after {seconds:.0f} s")
