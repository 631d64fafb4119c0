"""The mail server is away, slow, mute or rude: people book meanwhile, and later every mail goes out."""

import socket
import threading
import time

import pytest

from clinic.actions.breakers import MOST_FAILURES, REST_SECONDS
from tests.browser import Browser, keys
from tests.faults.place import DESK, FULL, Sent, loaded, until, wished
from tests.faults.relay import Relay
from tests.faults.worker import worker
from tests.integrations.smtp import mail_server

WAITING = (
    "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'passwords.send_link' AND status IN ('todo', 'doing')"
)
TRIED = "SELECT coalesce(sum(attempts), 0) FROM procrastinate_jobs WHERE task_name = 'passwords.send_link'"
OLDEST = """SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0) FROM pg_stat_activity
             WHERE application_name = 'the worker' AND datname = current_database()"""
HURRY = "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo' AND task_name = 'passwords.send_link'"
# In how many seconds the next try comes, as the product has put it.
NEXT = """SELECT coalesce(max(extract(epoch FROM scheduled_at - now())), 0)::float FROM procrastinate_jobs
           WHERE status = 'todo' AND task_name = 'passwords.send_link'"""
LEFT_ALONE = "SELECT count(*) FROM breakers WHERE service = 'mail' AND rests_until > now()"
REST_OVER = "UPDATE breakers SET rests_until = now()"
# Seconds that no transaction may be older than while the worker waits for somebody outside.
OLD = 2
# Seconds after which everything has gone out that waited for a service.
DRAINED = 300
MOODS = {
    "drop": ("drop", "well"), "reset": ("reset", "well"), "a slow network": ("slow", "well"),
    "a server that says come again": ("well", "later"), "a server that hangs up": ("well", "hang_up"),
    "half-open": ("mute", "well"),
}  # fmt: skip
# The last one takes as long as a mail server may take to answer.
IN_SHORT = ("drop", "a server that says come again")
DELAY = 30 if FULL else 3


class Watch:
    """How old the oldest transaction of the worker's has been."""

    def __init__(self, server, database):
        self.oldest, self.over = 0, threading.Event()
        self.thread = threading.Thread(target=self._look, args=(server, database), daemon=True)

    def _look(self, server, database):
        with server.connect("postgres", database) as superuser:
            while not self.over.wait(0.1):
                self.oldest = max(self.oldest, float(superuser.execute(OLDEST).fetchone()[0]))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_exception):
        self.over.set()
        self.thread.join()


def _ask_for_mail(place):
    browser = Browser(place.live.url, keys(place.stage.app))
    answer = browser.send("/password/forgotten", {"email": place.stage.cast.lind.user.email})
    browser.close()
    assert answer.status == 303, answer.text[:1000]


def _count(place, question):
    return place.superuser.execute(question).fetchone()[0]


@pytest.mark.machine
@pytest.mark.parametrize("mood", MOODS if FULL else IN_SHORT)
def test_people_book_meanwhile_and_the_mail_goes_out_when_it_is_back(place, server, seen, mood):
    network, box_mood = MOODS[mood]
    stage = place.stage
    place.superuser.execute("DELETE FROM throttles")
    place.superuser.execute("DELETE FROM breakers")
    with mail_server() as (box, port), Relay(lambda: socket.create_connection(("127.0.0.1", port))) as relay:
        relay.mood, relay.delay, box.mood = network, DELAY / 6, box_mood
        address = f"{place.live.environment['DATABASE_DIRECT_URL']}&application_name=the%20worker"
        settings = {
            "MAIL_URL": f"smtp://127.0.0.1:{relay.port}?starttls=no", "MAIL_FROM": "clinic@rose-street.example",
            "PUBLIC_URL": "http://127.0.0.1", "DATABASE_URL": address,
        }  # fmt: skip
        with loaded(place, seen), Watch(server, place.live.database) as watch, worker(place.live, **settings):
            before = _count(place, TRIED)
            _ask_for_mail(place)
            form = wished(stage, stage.next_time(stage.cast.consultation))
            assert until(lambda: _count(place, TRIED) > before or box.received, 60)
            assert Sent(place.live, stage.desks[0], DESK, form).wait().status == 303
            assert bool(box.received) == (mood == "a slow network") or until(lambda: box.received, 60)
            relay.mood = box.mood = "well"
            # Nobody sits the wait out here: how long it would be is read, and then it is over.
            assert _count(place, NEXT) + REST_SECONDS <= DRAINED
            since = time.monotonic()
            assert until(lambda: place.superuser.execute(HURRY) and not _count(place, WAITING), 60)
            drained = time.monotonic() - since
    assert len(box.received) == 1
    assert watch.oldest < OLD
    seen(f"{mood}: oldest transaction {watch.oldest:.1f} s, mailed {drained:.1f} s after the server was back")


@pytest.mark.machine
def test_a_server_that_fails_five_times_is_left_alone_until_it_has_rested(place, seen):
    place.superuser.execute("DELETE FROM throttles")
    place.superuser.execute("DELETE FROM breakers")
    with mail_server() as (box, port):
        box.mood = "hang_up"
        settings = {
            "MAIL_URL": f"smtp://127.0.0.1:{port}?starttls=no", "MAIL_FROM": "clinic@rose-street.example",
            "PUBLIC_URL": "http://127.0.0.1",
        }  # fmt: skip
        with loaded(place, seen), worker(place.live, **settings):
            _ask_for_mail(place)
            assert until(lambda: place.superuser.execute(HURRY) and _count(place, LEFT_ALONE), 60)
            asked, tried = box.tries, _count(place, TRIED)
            assert until(lambda: place.superuser.execute(HURRY) and _count(place, TRIED) > tried + 2, 60)
            assert box.tries == asked == MOST_FAILURES
            assert _count(place, NEXT) + REST_SECONDS <= DRAINED
            box.mood = "well"
            place.superuser.execute(REST_OVER)
            assert until(lambda: place.superuser.execute(HURRY) and not _count(place, WAITING), 60)
    assert len(box.received) == 1
    seen(f"asked {asked} times, then left alone; the mail went out once it was back")
