"""Nine of ten database connections are busy with something slow, or one process stands still in a transaction."""

import os
import signal
import threading
import time
from types import SimpleNamespace
from uuid import uuid4

import pytest

from tests.browser import Browser, keys
from tests.cast import PASSWORD
from tests.faults.place import DESK, FULL, ROUNDS, Sent, loaded, until, waiting_for, wished
from tests.races.stage import staged_on

POOL = 10
# Longer than a statement may take: then the database ends it.
SECONDS = 20 if FULL else 3
SLOW = f"""
CREATE TABLE slow_now (wanted boolean);
GRANT SELECT ON slow_now TO clinic_app;
CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.full_name LIKE 'Slow %' THEN PERFORM pg_sleep({SECONDS}); END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER slow BEFORE INSERT ON patients FOR EACH ROW EXECUTE FUNCTION be_slow();
"""


@pytest.fixture(scope="module")
def slow(server):
    """One worker with few connections, and a table that is slow to write."""
    settings = {"DATABASE_POOL": str(POOL), "DATABASE_POOL_WAIT": "1"}
    with (
        staged_on(server, 50 if FULL else 12, **settings) as (stage, live, url),
        server.connect("postgres", live.database) as superuser,
    ):
        superuser.execute(SLOW)
        yield SimpleNamespace(stage=stage, live=live, url=url, superuser=superuser)


def _register(place, number):
    form = {"full_name": f"Slow {uuid4().hex}", "date_of_birth": "01/02/1990", "phone": ""}
    return Sent(place.live, place.stage.desks[number], "/staff/patients", form)


def _busy(place, many):
    """So many connections that sleep in the database."""
    sent = [_register(place, number) for number in range(many)]
    assert until(lambda: waiting_for(place.superuser, "PgSleep") == many), [each.answer for each in sent]
    return sent


def _timed(ask):
    started = time.monotonic()
    status = ask().status
    return status, time.monotonic() - started


def _sign_in(place):
    browser = Browser(place.live.url, keys(place.stage.app))
    try:
        return browser.send("/sign-in", {"email": place.stage.cast.amara.user.email, "password": PASSWORD})
    finally:
        browser.close()


def _health(place):
    browser = Browser(place.live.url)
    try:
        return browser.open("/health")
    finally:
        browser.close()


class TestASlowDatabase:
    def test_signing_in_and_health_stay_up_while_nine_of_ten_connections_sleep(self, slow, seen):
        slowest = 0
        # No load beside it: for that there is one connection left, and who does not get it is told 503 as it should be.
        for _round in range(ROUNDS):
            sent = _busy(slow, POOL * 9 // 10)
            for _turn in range(3):
                for ask in (_sign_in, _health):
                    status, seconds = _timed(lambda ask=ask: ask(slow))
                    assert status in (200, 303), status
                    slowest = max(slowest, seconds)
            told = [each.wait(60).status for each in sent]
            # What takes longer than a statement may is ended, and its sender told to come back.
            assert set(told) == ({503} if FULL else {303}), told
        seen(
            f"{ROUNDS} times signed in and healthy within {slowest:.1f} s; the slow ones were told {sorted(set(told))}"
        )

    def test_where_all_of_them_sleep_everybody_hears_soon_to_come_back_and_health_tells_of_the_database(self, slow):
        # A few times: it is the round above with one connection more, and each takes as long as a statement may.
        for _round in range(min(ROUNDS, 3)):
            sent = _busy(slow, POOL)
            status, seconds = _timed(lambda: _sign_in(slow))
            assert status == 503 and seconds < 10
            # The database itself is well, and asked on a connection of its own.
            assert _timed(lambda: _health(slow))[0] == 200
            for each in sent:
                each.wait(60)


class TestHealth:
    def test_it_says_503_within_seconds_while_the_database_does_not_answer(self, slow, server):
        stopped = [
            pid for (pid,) in slow.superuser.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query = 'SELECT 1' "
                "AND usename = 'clinic_app'"
            )
        ]  # fmt: skip
        assert _health(slow).status == 200 and len(stopped) <= 1
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            status, seconds = _timed(lambda: _health(slow))
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)
        assert (status == 503 and seconds < 10) if stopped else status == 200
        assert until(lambda: _health(slow).status == 200)

    def test_it_needs_nobody_and_leaves_no_cookie(self, nobody):
        answer = nobody.client.get("/health")
        assert (answer.status_code, answer.text) == (200, "ok\n")
        assert answer.headers["Cache-Control"] == "no-store" and answer.mimetype == "text/plain"


class TestLimits:
    def test_every_transaction_of_the_application_ends_what_takes_too_long(self, session):
        limits = "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"
        asked = [session.connection().exec_driver_sql(f"SHOW {name}").scalar() for name in limits]
        assert asked == ["15s", "10s", "30s"]

    @pytest.mark.skipif(not FULL, reason="It waits for half a minute; `make faults` does.")
    def test_a_process_that_stands_still_in_a_transaction_loses_its_locks(self, place, seen):
        stage, live = place.stage, place.live
        with loaded(place, seen):
            stop = place.wire.stop_at("FOR NO KEY UPDATE OF p", stage.cast.tom.id)
            first = Sent(live, stage.desks[0], DESK, wished(stage, stage.next_time(stage.cast.consultation)))
            stop.wait()
            form = wished(stage, stage.next_time(stage.cast.consultation))
            told, started = [], time.monotonic()
            while not told or told[-1] == 503:
                told.append(Sent(live, stage.desks[1], DESK, form).wait(60).status)
            assert told[-1] == 303 and time.monotonic() - started < 45
            threading.Thread(target=stop.cut).start()
            first.wait(60)
        seen(f"others waited {time.monotonic() - started:.0f} s and were told {told}")
