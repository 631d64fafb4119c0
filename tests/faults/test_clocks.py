"""One web server's clock is wrong: ten minutes ahead, ten behind, or set back by an hour while it works.

The others' are right, the database's counts. What is given for a while lasts as long as it should, on every server.
"""

import re
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pytest

from tests import machine
from tests.browser import Browser, keys
from tests.cast import PASSWORD
from tests.databases import migrated_database
from tests.factors import with_app
from tests.faults.place import CLIENTS, DESK, ROUNDS, again, loaded_in_full, settled, wished
from tests.live_server import served
from tests.races.stage import Stage

LIBRARY = machine.faketime()
pytestmark = pytest.mark.skipif(LIBRARY is None, reason="There is no faketime here (on Debian: apt install faketime).")
# Seconds by which the clock is wrong, in the order in which it becomes so while the server runs.
WRONG = (600, -600, 0, -3600)
# A right answer to a question about a minute: the machine may be busy.
ABOUT = timedelta(seconds=30)


@pytest.fixture(scope="module")
def nodes(server, tmp_path_factory):
    """The same product twice over one database; the second server's clock is what ``set`` says."""
    shown = tmp_path_factory.mktemp("clock") / "offset"
    shown.write_text("+0")
    wrong_clock = {
        "LD_PRELOAD": str(LIBRARY), "FAKETIME_TIMESTAMP_FILE": str(shown), "FAKETIME_NO_CACHE": "1",
        # A stopwatch is no clock: it goes on whatever somebody does to the clock.
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "PYTHONPATH": str(Path(__file__).with_name("wrong_clock")),
    }  # fmt: skip
    with migrated_database(server) as addresses:
        stage = Stage(addresses, CLIENTS)
        try:
            with (
                served(addresses) as right,
                served(addresses, **wrong_clock) as wrong,
                server.connect("postgres", right.database) as superuser,
            ):
                yield SimpleNamespace(
                    stage=stage, right=right, wrong=wrong, superuser=superuser,
                    set=lambda seconds: shown.write_text(f"{seconds:+d}"), url=server.url("postgres", right.database),
                )  # fmt: skip
        finally:
            stage.close()


def _ask(nodes, question, *facts):
    return nodes.superuser.execute(question, facts).fetchone()[0]


def _hold(nodes, live, patient, starts_at):
    """A patient keeps a time on this server; until when, counted from now."""
    browser = Browser(live.url, patient[1])
    wish = wished(nodes.stage, starts_at)
    del wish["idempotency_key"], wish["reason"]
    query = "&".join(f"{name}={value}" for name, value in {**wish, "patient_id": patient[0]}.items())
    answer = browser.send(f"/portal/book/hold?{query.replace('+', '%2B')}", {})
    browser.close()
    assert answer.status == 303, answer.text[:2000]
    return _ask(nodes, "SELECT held_until - now() FROM slots WHERE starts_at = %s AND status = 'held'", starts_at)


def _sign_in(nodes, live, person):
    """Sign in with password and code on this server; the browser, and how long the session is to last."""
    browser = Browser(live.url, keys(nodes.stage.app))
    answer = browser.send("/sign-in", {"email": person.user.email, "password": PASSWORD})
    assert answer.status == 303, answer.text[:2000]
    _keep(browser, answer)
    return browser, answer


def _keep(browser, answer):
    if "set-cookie" in answer.headers:
        browser.keys = replace(browser.keys, cookie=answer.headers["set-cookie"].partition(";")[0])


def _with_token_of(browser, page):
    """Open a page and take the forgery token of its form: signing in has started the cookie afresh."""
    answer = browser.open(page)
    _keep(browser, answer)
    browser.keys = replace(browser.keys, csrf=re.search(r'name="csrf_token"[^>]*value="([^"]+)"', answer.text)[1])


def _booked(live, desk, form):
    browser = Browser(live.url, desk)
    answer = browser.send(DESK, form)
    browser.close()
    return answer.status


@pytest.mark.parametrize("turn", range(ROUNDS))
@pytest.mark.parametrize("seconds", WRONG, ids="{:+d} s".format)
class TestAWrongClock:
    @pytest.fixture(autouse=True)
    def nobody_is_slowed(self, nodes):
        """Signing in so often from one address is not what this is about."""
        nodes.superuser.execute("DELETE FROM throttles")

    def test_a_hold_lasts_five_minutes_for_everybody(self, nodes, seconds, turn):
        stage = nodes.stage
        nodes.set(seconds)
        for here, there in ((nodes.right, nodes.wrong), (nodes.wrong, nodes.right)):
            starts_at = stage.next_time(stage.cast.consultation)
            left = _hold(nodes, here, stage.patients[0], starts_at)
            assert timedelta(minutes=5) - ABOUT < left <= timedelta(minutes=5)
            form = wished(stage, starts_at)
            assert _booked(there, stage.desks[0], form) == _booked(here, stage.desks[1], form) == 409
            stage.let_holds_run_out()
            assert _booked(there, stage.desks[0], form | {"idempotency_key": str(uuid4())}) == 303

    def test_a_sign_in_is_the_same_on_every_server_and_lasts_as_long(self, nodes, seconds, turn):
        nodes.set(seconds)
        for here, there in ((nodes.right, nodes.wrong), (nodes.wrong, nodes.right)):
            browser, _answer = _sign_in(nodes, here, nodes.stage.cast.amara)
            hosts = [live.url.removeprefix("http://") for live in (there, here)] * 3
            for host in hosts:
                browser.close()
                browser.host = host
                answer = browser.open("/staff/day")
                assert answer.status == 200, (answer.status, answer.headers)
                _keep(browser, answer)
            browser.close()
            left = "SELECT expires_at - now() FROM user_sessions ORDER BY created_at DESC LIMIT 1"
            assert abs(_ask(nodes, left) - timedelta(hours=12)) < ABOUT

    def test_an_apps_code_of_now_lets_in_and_one_of_two_steps_ago_does_not(self, nodes, seconds, turn):
        nodes.set(seconds)
        with nodes.stage.looking() as session:
            phone = with_app(session, nodes.stage.cast.lind)
        try:
            browser, answer = _sign_in(nodes, nodes.wrong, nodes.stage.cast.lind)
            where = answer.headers["location"]
            _with_token_of(browser, where)
            assert browser.send(where, {"code": phone.code(-3)}).status == 422
            assert browser.send(where, {"code": phone.code()}).status == 303
            browser.close()
        finally:
            nodes.superuser.execute("UPDATE users SET mfa_secret_encrypted = NULL, totp_last_step = NULL, "
                                    "mfa_enabled_at = NULL; DELETE FROM throttles")  # fmt: skip

    def test_a_link_ends_when_it_says_and_the_page_knows_which_day_it_is(self, nodes, seconds, turn):
        nodes.set(seconds)
        browser, _answer = _sign_in(nodes, nodes.wrong, nodes.stage.cast.ines)
        _with_token_of(browser, "/staff/colleagues/invite")
        email = f"{uuid4().hex}@rose-street.example"
        facts = {"email": email, "first_name": "New", "last_name": "Colleague", "role": "receptionist"}
        assert browser.send("/staff/colleagues/invite", facts).status < 400
        left = "SELECT expires_at - now() FROM user_tokens ORDER BY expires_at DESC LIMIT 1"
        hours = _ask(nodes, left) / timedelta(hours=1)
        assert abs(hours - round(hours)) < 0.02
        browser.close()


def test_log_and_history_are_in_the_order_in_which_things_happened(nodes, seen):
    """The same visit is moved to and fro by servers whose clocks are an hour apart."""
    stage, kind = nodes.stage, nodes.stage.cast.consultation
    visit_id = stage.book(stage.next_time(kind), stage.cast.tom.id, kind, stage.cast.dr_osei)
    times = []
    # The load is on the server whose clock is wrong, and goes to and fro with it.
    with loaded_in_full(SimpleNamespace(stage=stage, live=nodes.wrong, url=nodes.url), seen):
        for turn in range(4 * ROUNDS):
            nodes.set(WRONG[turn % len(WRONG)])
            live = (nodes.wrong, nodes.right)[turn % 2]
            times.append(stage.next_time(kind))
            assert settled(live, stage.desks[0], f"{DESK}/{visit_id}/move", wished(stage, times[-1])) == 303
    events = nodes.superuser.execute(
        "SELECT new_starts_at, created_at FROM visit_events WHERE visit_id = %s ORDER BY created_at", [visit_id]
    ).fetchall()
    assert [starts_at for starts_at, _written in events][1:] == times
    entries = nodes.superuser.execute(
        "SELECT changes -> 'visits.starts_at' ->> 1 FROM audit_entries WHERE resource_id = %s "
        "AND action = 'visits.move_to' ORDER BY created_at", [visit_id]
    ).fetchall()  # fmt: skip
    assert [text for (text,) in entries] == [each.isoformat() for each in times]
    ahead = "SELECT count(*) FROM audit_entries WHERE created_at > clock_timestamp()"
    assert _ask(nodes, ahead) == 0
    seen(f"{len(times)} moves by servers up to 70 minutes apart, all in order")


def test_a_server_that_starts_with_a_wrong_clock_keeps_who_is_signed_in(nodes):
    """Before it has asked the database for anything it has no clock but its own, and reads the cookie all the same."""
    browser, _answer = _sign_in(nodes, nodes.right, nodes.stage.cast.amara)
    nodes.set(-600)
    nodes.wrong.stop()
    nodes.wrong.start()
    again(nodes.wrong)
    browser.close()
    browser.host = nodes.wrong.url.removeprefix("http://")
    time.sleep(0.1)
    assert browser.open("/staff/day").status == 200
    browser.close()
