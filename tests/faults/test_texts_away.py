"""The service for text messages is away, slow, mute or busy: people book meanwhile, and no message goes out twice.

What was never taken goes out later; what nobody answered may have gone out, so the desk is asked and nothing is sent.
"""

import socket
from urllib.parse import urlsplit

import pytest

from tests.faults.conftest import placed
from tests.faults.place import DESK, FULL, loaded, settled, until, wished
from tests.faults.relay import Relay
from tests.faults.test_mail_away import OLD, Watch
from tests.faults.worker import worker
from tests.integrations import twilio
from tests.integrations.outside import Listener, tls_contexts

NUMBER = "+447700900123"
LIKES_TEXTS = "UPDATE patients SET phone = %s, preferred_contact_method = %s WHERE id = %s"
BY_DAY = """UPDATE clinics SET settings = settings || '{"telling": {"quiet_from": "00:00", "quiet_until": "00:00"}}'"""
STATE = "SELECT state FROM notifications WHERE patient_id = %s ORDER BY created_at DESC LIMIT 1"
# What Tom waits for is due; what everybody else is told on some later day is not.
HURRY = """WITH due AS (UPDATE notifications SET send_at = now() WHERE state = 'waiting' AND patient_id = %(tom)s)
           UPDATE procrastinate_jobs SET scheduled_at = now()
            WHERE status = 'todo' AND task_name = 'notifications.send' AND args ->> 'notification_id' IN (
                  SELECT id::text FROM notifications WHERE patient_id = %(tom)s)"""
# What the network and the service are like, and how a message may stand then. A cut line may be noticed before the
# message is on its way or after it.
MOODS = {
    "a service that is busy": ("well", "busy", {"waiting"}),
    "a service that says it is away": ("well", "closed", {"waiting"}),
    "drop": ("drop", "well", {"unclear", "waiting"}),
    "reset": ("reset", "well", {"unclear", "waiting"}),
    "a slow network": ("slow", "well", {"sent"}),
    "a service that hangs up": ("well", "hang_up", {"unclear"}),
    "half-open": ("mute", "well", {"unclear"}),
}
IN_SHORT = ("a service that is busy",)


@pytest.fixture(scope="module")
def place(server):
    """A stage of its own: elsewhere nobody does what tests without a worker leave to do, and Tom would wait for it."""
    with placed(server) as here:
        yield here


@pytest.fixture
def tom(place):
    """Tom, who likes text messages, at whatever hour the test runs."""
    tom_id = place.stage.cast.tom.id
    place.superuser.execute(LIKES_TEXTS, [NUMBER, "sms", tom_id])
    place.superuser.execute(BY_DAY)
    place.superuser.execute("DELETE FROM breakers")
    yield tom_id
    place.superuser.execute(LIKES_TEXTS, [None, None, tom_id])


def _sent_after_all(place, tom, ends=("sent",)):
    """Let it be tried again now, and wait until it has ended like this."""

    def ended():
        place.superuser.execute(HURRY, {"tom": tom})
        return _state(place, tom) in ends

    return until(ended, 60)


def _state(place, patient_id):
    found = place.superuser.execute(STATE, [patient_id]).fetchone()
    return found and found[0]


def _settings(live, url):
    return {
        "SMS_URL": url, "SMS_FROM": twilio.NUMBER, "PUBLIC_URL": "http://127.0.0.1",
        "DATABASE_URL": f"{live.environment['DATABASE_DIRECT_URL']}&application_name=the%20worker",
    }  # fmt: skip


def _booked(place):
    form = wished(place.stage, place.stage.next_time(place.stage.cast.consultation))
    assert settled(place.live, place.stage.desks[0], DESK, form) == 303


@pytest.mark.machine
@pytest.mark.parametrize("mood", MOODS if FULL else IN_SHORT)
def test_people_book_meanwhile_and_no_message_is_sent_twice(place, server, tom, seen, mood):
    network, of_service, stands = MOODS[mood]
    live = place.live
    with twilio.exchange() as (service, url):
        port = urlsplit(url).port
        with Relay(lambda: socket.create_connection(("127.0.0.1", port))) as relay:
            relay.mood, relay.delay, service.mood = network, 3, of_service
            settings = _settings(live, url.replace(f":{port}", f":{relay.port}"))
            with loaded(place, seen), Watch(server, live.database) as watch, worker(live, **settings):
                _booked(place)
                assert until(lambda: _state(place, tom) in stands and (service.tries or network != "well"), 60)
                first = _state(place, tom)
                relay.mood = service.mood = "well"
                ends = {"sent"} if first == "waiting" else {first}
                assert _sent_after_all(place, tom, ends)
    taken = [each for each in service.taken if each["To"] == NUMBER]
    assert len(taken) == 1 if ends == {"sent"} else len(taken) <= 1
    assert watch.oldest < OLD
    seen(f"{mood}: {first}, then {ends.pop()}; oldest transaction {watch.oldest:.1f} s")


@pytest.mark.machine
@pytest.mark.skipif(not FULL, reason="It needs a worker twice; `make faults` does.")
def test_nothing_is_told_to_a_service_whose_certificate_nobody_knows(place, server, tom, seen, tmp_path):
    live, (unknown, _client, _asked) = place.live, tls_contexts(tmp_path, "localhost")
    with twilio.exchange() as (service, url), Listener(tls=unknown) as impostor, loaded(place, seen):
        posing = f"https://{twilio.ACCOUNT}:{twilio.TOKEN}@localhost:{impostor.port}"
        with Watch(server, live.database) as watch, worker(live, **_settings(live, posing)):
            _booked(place)
            assert until(lambda: impostor.connections and _state(place, tom) == "waiting", 60)
        assert not impostor.requests and watch.oldest < OLD
        with worker(live, **_settings(live, url)):
            assert _sent_after_all(place, tom)
    assert len([each for each in service.taken if each["To"] == NUMBER]) == 1
    seen(f"{impostor.connections} connections broken off, 0 bytes of a message; sent once the right service answered")
