"""A product to break: a server of its own, somebody at the desk, and what is left afterwards."""

import threading
import time

from tests.browser import Browser

DESK = "/staff/booking"


class Sent:
    """A form that is on its way; ``answer`` is None where the server died before it could say anything."""

    def __init__(self, live, keys, path, form):
        self.answer = None
        self._browser = Browser(live.url, keys)
        self._thread = threading.Thread(target=self._send, args=(path, form), daemon=True)
        self._thread.start()

    def _send(self, path, form):
        try:
            self.answer = self._browser.send(path, form)
        except OSError:
            self.answer = None
        finally:
            self._browser.close()

    def wait(self, seconds=30):
        """The answer, once there is one."""
        self._thread.join(seconds)
        assert not self._thread.is_alive(), "no answer and no broken connection"
        return self.answer


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
