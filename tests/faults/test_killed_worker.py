"""The web server is killed in the middle of a booking: nothing is half done, and trying again works."""

import os
import signal

import pytest

from tests.faults.place import DESK, Sent, traces, until, waiting_for
from tests.races.invariants import broken
from tests.races.stage import staged_on

SLEEP = """
CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM slow_now) THEN PERFORM pg_sleep(2); END IF;
    RETURN NULL;
END $$;
CREATE TABLE slow_now (wanted boolean);
GRANT SELECT ON slow_now TO clinic_app;
"""
# A booking is caught after it has written this table, while a trigger keeps it there.
STAGES = ("slots", "visits", "visit_events", "audit_entries")


@pytest.fixture(scope="module")
def place(server):
    """A stage with one worker, and the superuser's connection to its database."""
    with staged_on(server, 2) as (stage, live, url), server.connect("postgres", live.database) as superuser:
        superuser.execute(SLEEP)
        yield stage, live, superuser, url


def _form(stage, starts_at):
    return {
        "patient_id": stage.cast.tom.id, "visit_type_id": stage.cast.consultation.id, "visit_mode": "in_person",
        "provider_id": stage.cast.dr_osei.id, "starts_at": starts_at.isoformat(), "reason": "Sore throat",
    }  # fmt: skip


def _kill(live):
    (worker,) = live.worker_pids()
    os.kill(worker, signal.SIGKILL)
    assert until(lambda: live.worker_pids() not in ([], [worker])), "no new worker came"


def _nothing_remains_and_again_works(place, starts_at):
    stage, live, superuser, url = place
    # The database notices that nobody is there any more when it next speaks to them: after the trigger's two seconds.
    assert until(lambda: superuser.execute(
        "SELECT count(*) = 0 FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation WHERE c.relname = 'visits'"
    ).fetchone()[0])  # fmt: skip
    assert traces(superuser, starts_at) == (0, 0, 0, 0)
    answer = Sent(live, stage.desks[0], DESK, _form(stage, starts_at)).wait()
    assert answer.status == 303, answer.text
    assert traces(superuser, starts_at) == (1, 1, 1, 1)
    assert not broken(url)


def test_while_it_waits_for_the_doctors_lock(place, server):
    stage, live, superuser, _url = place
    starts_at = stage.next_time(stage.cast.consultation)
    with server.connect("postgres", live.database) as other, other.transaction():
        other.execute("SELECT 1 FROM providers WHERE id = %s FOR NO KEY UPDATE", [stage.cast.dr_osei.id])
        sent = Sent(live, stage.desks[0], DESK, _form(stage, starts_at))
        assert until(lambda: waiting_for(superuser, "transactionid") or waiting_for(superuser, "tuple"))
        _kill(live)
        assert sent.wait() is None
    _nothing_remains_and_again_works(place, starts_at)


@pytest.mark.parametrize("table", STAGES)
def test_after_it_has_written(place, table):
    stage, live, superuser, _url = place
    starts_at = stage.next_time(stage.cast.consultation)
    superuser.execute("INSERT INTO slow_now VALUES (true)")
    superuser.execute(f"CREATE TRIGGER slow AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION be_slow()")
    try:
        sent = Sent(live, stage.desks[0], DESK, _form(stage, starts_at))
        assert until(lambda: waiting_for(superuser, "PgSleep"))
        _kill(live)
        assert sent.wait() is None
    finally:
        superuser.execute("DELETE FROM slow_now")
        superuser.execute(f"DROP TRIGGER slow ON {table}")
    _nothing_remains_and_again_works(place, starts_at)
