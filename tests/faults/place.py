"""A product to break: a server of its own, somebody at the desk, and what is left afterwards."""

import http.client
import os
import threading
import time
from contextlib import contextmanager
from uuid import uuid4

from tests.browser import Browser
from tests.faults.load import DESK, Load
from tests.races.invariants import broken

__all__ = [
    "CLIENTS", "DESK", "FULL", "ROUNDS", "Sent", "again", "let_go", "loaded", "loaded_in_full", "settled", "traces",
    "until", "waiting_for", "wished",
]  # fmt: skip
FULL = os.environ.get("FAULTS") == "full"
# How often each fault is injected, and how many browsers are at work meanwhile.
ROUNDS = int(os.environ.get("FAULTS_ROUNDS", 20)) if FULL else 1
CLIENTS = int(os.environ.get("FAULTS_CLIENTS", 50)) if FULL else 4


class Sent:
    """A form that is on its way; ``answer`` is None where the server died before it could say anything."""

    def __init__(self, live, keys, path, form, url=None):
        self.answer = None
        self._browser = Browser(url or live.url, keys)
        self._thread = threading.Thread(target=self._send, args=(path, form), daemon=True)
        self._thread.start()

    def _send(self, path, form):
        try:
            self.answer = self._browser.send(path, form)
        except (OSError, http.client.HTTPException):
            self.answer = None
        finally:
            self._browser.close()

    def wait(self, seconds=30):
        """The answer, once there is one."""
        self._thread.join(seconds)
        assert not self._thread.is_alive(), "no answer and no broken connection"
        return self.answer


def settled(live, keys, path, form):
    """Send the form as a person would, again while nobody answers or says to come back; the status that settled it."""

    def ask():
        answer = Sent(live, keys, path, form).wait()
        return answer and answer.status != 503 and answer.status

    status = until(ask, 60)
    assert status, "nothing but broken connections and 503"
    return status


def let_go(superuser, table, row_id):
    """Wait until nobody dead holds the row; whoever is at work on it lets go of it by themselves."""
    with superuser.transaction():
        superuser.execute("SET LOCAL lock_timeout = '20s'")
        superuser.execute(f"SELECT 1 FROM {table} WHERE id = %s FOR NO KEY UPDATE", [row_id])


def wished(stage, starts_at, doctor=None):
    """The form of a booking for Tom, with a key of its own."""
    return {
        "patient_id": stage.cast.tom.id, "visit_type_id": stage.cast.consultation.id, "visit_mode": "in_person",
        "provider_id": (doctor or stage.cast.dr_osei).id, "starts_at": starts_at.isoformat(), "reason": "Sore throat",
        "idempotency_key": str(uuid4()),
    }  # fmt: skip


def until(question, seconds=20):
    """Wait for something to become true; the last answer."""
    deadline = time.monotonic() + seconds
    while not (answer := question()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return answer


def traces(superuser, starts_at):
    """How many rows of each kind tell of a booking at this time."""
    return superuser.execute(
        """SELECT (SELECT count(*) FROM slots WHERE starts_at = %(at)s),
                  (SELECT count(*) FROM visits WHERE starts_at = %(at)s),
                  (SELECT count(*) FROM visit_events WHERE new_starts_at = %(at)s),
                  (SELECT count(*) FROM audit_entries WHERE changes -> 'visits.starts_at' ->> 1 = %(text)s)""",
        {"at": starts_at, "text": starts_at.isoformat()},
    ).fetchone()


def waiting_for(superuser, kind):
    """Whether a connection of the application's waits like this (pg_stat_activity's wait_event)."""
    return superuser.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event = %s AND usename = 'clinic_app'", [kind]
    ).fetchone()[0]


@contextmanager
def loaded(place, seen):
    """A booking load around what is done inside; afterwards nothing is lost, doubled or broken."""
    load = Load(place.stage, place.live, place.url, CLIENTS)
    with load:
        yield load
    seen(f"{len(load.wishes)} wishes, answers {load.told()}")
    assert not load.wrong, (load.wrong[:10], place.live.logged()[-3000:])
    _nothing_is_broken(place)


@contextmanager
def loaded_in_full(place, seen):
    """The same load in `make faults`; otherwise nobody is at work meanwhile, and nothing may be broken afterwards."""
    if FULL:
        with loaded(place, seen) as load:
            yield load
        return
    yield None
    _nothing_is_broken(place)


def _nothing_is_broken(place):
    # Only some of the tests have a worker.
    assert not (left := broken(place.url, has_worker=False)), left


def again(live):
    """Wait until the server answers; how many seconds that took."""
    started, browser = time.monotonic(), Browser(live.url, timeout=5)
    assert until(lambda: _healthy(browser), 40), "the server does not come back"
    browser.close()
    return time.monotonic() - started


def _healthy(browser):
    try:
        return browser.open("/health").status == 200
    except (OSError, http.client.HTTPException):
        return False
