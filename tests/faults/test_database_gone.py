"""The database server is stopped and started again: people hear to come back soon, and soon it works."""

import signal
import time
from types import SimpleNamespace

import pytest

from clinic.server import EmbeddedServer
from tests.browser import Browser
from tests.databases import scratch_folder
from tests.faults.place import CLIENTS, DESK, FULL, ROUNDS, Sent, loaded, traces, until, wished
from tests.faults.wire import Wire
from tests.live_server import served
from tests.races.stage import staged_on

PAGES = ("/staff/day", "/staff/", "/sign-in", "/c/rose-street")


@pytest.fixture(scope="module")
def place():
    """A database server of its own, which may be stopped, and the product on it.

    Unlike those of other tests it keeps what it has said to be kept: only so can it be stopped and nothing be lost.
    """
    with (
        scratch_folder() as folder,
        EmbeddedServer(folder) as own,
        staged_on(own, CLIENTS, DATABASE_POOL_WAIT="1") as (stage, live, url),
    ):
        yield SimpleNamespace(stage=stage, live=live, url=url, server=own)


@pytest.fixture
def wired(place):
    """Another web server of the same product, which reaches the database through a wire that can be stopped."""
    with Wire(place.server) as wire, served(wire.through(place.live.environment), workers=2) as live:
        yield SimpleNamespace(stage=place.stage, live=live, url=place.url, wire=wire, server=place.server)


def _stop_at_once(server):
    server._process.send_signal(signal.SIGQUIT)  # an immediate shutdown: connections are cut, nothing is finished
    server._process.wait(30)


def _asked(live, keys, path, **headers):
    browser = Browser(live.url, keys)
    try:
        return browser.open(path, **headers)
    finally:
        browser.close()


def _booked_again(place, form):
    """Send the same form until it is booked; where that leads."""
    told = []

    def sent_again():
        told.append(Sent(place.live, place.stage.desks[0], DESK, form).wait())
        return told[-1].status == 303

    assert until(sent_again), [each.status for each in told]
    assert {each.status for each in told} <= {303, 503}
    return told[-1].headers["location"]


def test_meanwhile_every_page_says_when_to_come_back_and_afterwards_all_is_well(place):
    stage, live, server = place.stage, place.live, place.server
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
    # How quick it is again is judged where nothing else is going on.
    assert not FULL or time.monotonic() - started < 5
    after = [_asked(live, keys, path).status for _turn in range(5) for path in PAGES]
    assert after == [before[path] for _turn in range(5) for path in PAGES]


def test_a_booking_sent_meanwhile_leaves_nothing_and_works_when_sent_again(place):
    stage, live, server = place.stage, place.live, place.server
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


def test_stopped_in_the_middle_of_a_booking_it_is_there_once_when_it_is_sent_again(wired, seen):
    stage, live, server = wired.stage, wired.live, wired.server
    seconds = []
    with loaded(wired, seen):
        for _round in range(ROUNDS):
            starts_at = stage.next_time(stage.cast.consultation)
            form = wished(stage, starts_at)
            stop = wired.wire.stop_at("INSERT INTO visits ", stage.cast.tom.id)
            sent = Sent(live, stage.desks[0], DESK, form)
            stop.wait()
            _stop_at_once(server)
            try:
                answer = sent.wait()
                assert answer.status == 503 and int(answer.headers["retry-after"]) > 0
            finally:
                server.relaunch()
            started = time.monotonic()
            with server.connect("postgres", live.database) as superuser:
                assert traces(superuser, starts_at) == (0, 0, 0, 0)
                first = _booked_again(wired, form)
                seconds.append(time.monotonic() - started)
                assert Sent(live, stage.desks[0], DESK, form).wait().headers["location"] == first
                assert traces(superuser, starts_at) == (1, 1, 1, 1)
    assert not FULL or max(seconds) <= 10
    seen(f"{ROUNDS} stops, booked {max(seconds):.1f} s after the start at most")


def test_connections_cut_under_a_running_server_cost_nobody_an_error(place):
    stage, live, server = place.stage, place.live, place.server
    browser = Browser(live.url, stage.desks[0])
    assert browser.open("/staff/day").status == 200
    with server.connect("postgres", live.database) as superuser:
        superuser.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'clinic_app'")
    assert [browser.open("/staff/day").status for _turn in range(5)] == [200] * 5
    browser.close()
