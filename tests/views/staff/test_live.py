"""The stream of bells over real HTTP: a page hears of what others did in its own clinic, once it is done."""

import contextlib
import http.client
import queue
import socket
import threading
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

import pytest

from clinic.actions import visits
from clinic.db import now
from tests.browser import Browser, sign_in
from tests.live_server import served

MOST = 12


@pytest.fixture(scope="module")
def live(app, server):
    """The product served with room for a few streams and with a single connection to the database."""
    with served(server.environment(), LIVE_STREAMS=str(MOST), DATABASE_POOL="1") as running:
        yield running


class Stream:
    """An open page's stream: what has come so far."""

    def __init__(self, live, keys, query=""):
        self.connection = http.client.HTTPConnection(urlsplit(live.url).netloc, timeout=60)
        self.connection.request("GET", f"/staff/live{query}", headers={"Cookie": keys.cookie})
        self.answer = self.connection.getresponse()
        self.lines = queue.Queue()
        if self.answer.status == 200:
            threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        # The socket is shut under the reader when the page is left.
        with contextlib.suppress(OSError, ValueError, AttributeError, http.client.HTTPException):
            for line in self.answer:
                if line.strip():
                    self.lines.put(line.decode().strip())

    def line(self, seconds=5):
        """The next line that says something, or None when nothing comes in time."""
        try:
            return self.lines.get(timeout=seconds)
        except queue.Empty:
            return None

    def settle(self):
        """Read past the beginning: how often to come back, and the first ring, which says: look now."""
        while self.line(1):
            pass

    def close(self):
        """Leave the page."""
        with contextlib.suppress(OSError):
            self.connection.sock.shutdown(socket.SHUT_RDWR)
        self.connection.close()


@pytest.fixture
def listen(app, session, live):
    """Open streams as people of the cast; closed at the end."""
    opened = []

    def listening(person, since=None):
        keys = sign_in(app, session, person.user.id, person.clinic.id)
        session.commit()
        opened.append(Stream(live, keys, f"?{urlencode({'since': since.isoformat()})}" if since else ""))
        return opened[-1]

    yield listening
    for each in opened:
        each.close()


def test_a_change_by_somebody_else_rings_at_once(cast, session, listen):
    visit, page = cast.booked(), listen(cast.amara)
    assert page.answer.status == 200 and page.answer.getheader("Content-Type").startswith("text/event-stream")
    assert page.answer.getheader("Cache-Control") == "no-store" and page.answer.getheader("X-Accel-Buffering") == "no"
    page.settle()
    visits.check_in(visit, by=cast.osei.actor)
    session.commit()
    assert page.line() == 'data: {"topic": "visits"}'


def test_what_rang_between_a_page_and_its_stream_is_told_as_soon_as_it_listens(cast, session, listen):
    visit, other = cast.booked(), listen(cast.amara)
    other.settle()
    asked_for = now()
    visits.check_in(visit, by=cast.osei.actor)
    session.commit()
    assert other.line() == 'data: {"topic": "visits"}'
    page = listen(cast.amara, since=asked_for)
    assert [page.line(), page.line()] == ["retry: 3000", 'data: {"topic": "visits"}']
    later = listen(cast.amara, since=now() + timedelta(seconds=1))
    assert [later.line(), later.line(1)] == ["retry: 3000", None]


def test_what_was_rolled_back_rings_nowhere(cast, session, listen):
    visit, page = cast.booked(), listen(cast.amara)
    page.settle()
    visits.check_in(visit, by=cast.osei.actor)
    session.rollback()
    assert page.line(1.5) is None


def test_another_clinic_hears_nothing(cast, session, listen):
    visit, theirs = cast.booked(), listen(cast.stranger)
    theirs.settle()
    visits.check_in(visit, by=cast.amara.actor)
    session.commit()
    assert theirs.line(1.5) is None


def test_streams_hold_no_connection_and_one_too_many_is_told_to_come_back(app, cast, session, live, listen):
    open_pages = [listen(cast.amara) for _ in range(MOST + 1)]
    assert open_pages[0].answer.status == 200
    assert open_pages[-1].answer.status == 503 and int(open_pages[-1].answer.getheader("Retry-After")) > 0
    keys = sign_in(app, session, cast.amara.user.id, cast.rose.id)
    session.commit()
    desk = Browser(live.url, keys)
    # The only connection of this server is free for pages although streams are open.
    assert desk.open("/staff/day").status == 200
    desk.close()


def test_a_patient_and_a_visitor_get_no_stream(cast, maya, nobody):
    assert maya.open("staff.live.stream").status_code == 403
    assert nobody.open("staff.live.stream").status_code in (302, 401)
