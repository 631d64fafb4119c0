"""The database server is stopped and started again: people hear to come back soon, and soon it works."""

import signal
import time

import pytest

from tests.browser import Browser
from tests.databases import scratch_server
from tests.faults.place import DESK, until
from tests.races.stage import staged_on

PAGES = ("/staff/day", "/staff/", "/sign-in", "/c/rose-street")


@pytest.fixture(scope="module")
def place():
    """A database server of its own, which may be stopped, and the product on it."""
    with scratch_server() as own, staged_on(own, 2, DATABASE_POOL_WAIT="1") as (stage, live, _url):
        yield stage, live, own


def _stop_at_once(server):
    server._process.send_signal(signal.SIGQUIT)  # an immediate shutdown: connections are cut, nothing is finished
    server._process.wait(30)


def _asked(live, keys, path, **headers):
    browser = Browser(live.url, keys)
    try:
        return browser.open(path, **headers)
    finally:
        browser.close()


def test_meanwhile_every_page_says_when_to_come_back_and_afterwards_all_is_well(place):
    stage, live, server = place
    keys = stage.desks[0]
    before = {path: _asked(live, keys, path).status for path in PAGES}
    assert all(status < 400 for status in before.values()), before
    _stop_at_once(server)
    try:
        for path in PAGES:
            answer = _asked(live, keys, path)
            assert answer.status == 503, (path, answer.text, live.logged())
            assert int(answer.headers["retry-after"]) > 0
        part = _asked(live, keys, "/staff/day", **{"HX-Request": "true"})
        assert part.status == 503 and '<div id="messages"' in part.text and "<html" not in part.text
    finally:
        server.relaunch()
    started = time.monotonic()
    assert until(lambda: _asked(live, keys, PAGES[0]).status == 200)
    assert time.monotonic() - started < 5
    after = [_asked(live, keys, path).status for _turn in range(5) for path in PAGES]
    assert after == [before[path] for _turn in range(5) for path in PAGES]


def test_a_booking_sent_meanwhile_leaves_nothing_and_works_when_sent_again(place):
    stage, live, server = place
    starts_at = stage.next_time(stage.cast.consultation)
    form = {
        "patient_id": stage.cast.tom.id, "visit_type_id": stage.cast.consultation.id, "visit_mode": "in_person",
        "provider_id": stage.cast.dr_osei.id, "starts_at": starts_at.isoformat(),
    }  # fmt: skip
    browser = Browser(live.url, stage.desks[0])
    assert browser.open("/staff/day").status == 200
    _stop_at_once(server)
    try:
        assert browser.send(DESK, form).status == 503
    finally:
        server.relaunch()
    assert until(lambda: browser.send(DESK, form).status == 303)
    assert browser.send(DESK, form).status == 409
    browser.close()


def test_connections_cut_under_a_running_server_cost_nobody_an_error(place):
    stage, live, server = place
    browser = Browser(live.url, stage.desks[0])
    assert browser.open("/staff/day").status == 200
    with server.connect("postgres", live.database) as superuser:
        superuser.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'clinic_app'")
    assert [browser.open("/staff/day").status for _turn in range(5)] == [200] * 5
    browser.close()
