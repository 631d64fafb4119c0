"""The web server is killed at six moments of a booking: it is whole or it is not there, and trying again gives one."""

import os
import signal
import socket
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from tests.faults.place import (
    DESK,
    ROUNDS,
    Sent,
    again,
    let_go,
    loaded,
    loaded_in_full,
    settled,
    traces,
    until,
    waiting_for,
    wished,
)
from tests.faults.relay import AnswerKept

# Where the transaction stands when its process dies, and how many bookings there are then: none, or one that is whole.
MOMENTS = {
    "after the doctor's lock": ("FOR NO KEY UPDATE OF p", False, 0),
    "after the visit was inserted": ("INSERT INTO visits ", False, 0),
    "after the audit entry": ("INSERT INTO audit_entries", False, 0),
    "before the commit": ("COMMIT", True, 0),
    "after the commit": ("COMMIT", False, 1),
}


def _kill(live, *workers):
    # One that was killed by the test before may still be going.
    workers = set(workers) & set(live.worker_pids())
    assert workers
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    assert until(lambda: not workers & set(live.worker_pids()))


def _one_booking_in_the_end(place, form, starts_at, there):
    """What the dead worker left is whole or nothing; sent again with its key, there is one booking."""
    stage, live, superuser = place.stage, place.live, place.superuser
    let_go(superuser, "providers", stage.cast.dr_osei.id)
    assert traces(superuser, starts_at) == (there,) * 4
    seconds = again(live)
    assert [settled(live, stage.desks[0], DESK, form) for _turn in range(2)] == [303, 303]
    assert traces(superuser, starts_at) == (1, 1, 1, 1)
    # A key of its own: somebody else's wish for the time that is now taken.
    assert settled(live, stage.desks[1], DESK, form | {"idempotency_key": str(uuid4())}) == 409
    return seconds


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed(place, seen, figure, moment):
    stage, live, wire = place.stage, place.live, place.wire
    statement, before, there = MOMENTS[moment]
    with loaded(place, seen):
        for _round in range(ROUNDS):
            starts_at = stage.next_time(stage.cast.consultation)
            form = wished(stage, starts_at)
            again(live)
            stop = wire.stop_at(statement, stage.cast.tom.id, before=before)
            sent = Sent(live, stage.desks[0], DESK, form)
            stop.wait()
            _kill(live, stop.whose())
            stop.cut()
            assert sent.wait() is None
            _one_booking_in_the_end(place, form, starts_at, there)
    figure(f"{ROUNDS} kills, each leaves {there} and ends with 1 booking")


def test_killed_before_the_response_arrives(place, seen):
    """The worker has answered; the answer is still on its way when it dies, and nobody gets it."""
    stage, live = place.stage, place.live
    address = (urlsplit(live.url).hostname, urlsplit(live.url).port)
    seconds = []
    with loaded(place, seen):
        for _round in range(ROUNDS):
            starts_at = stage.next_time(stage.cast.consultation)
            form = wished(stage, starts_at)
            again(live)
            with AnswerKept(lambda: socket.create_connection(address)) as relay:
                sent = Sent(live, stage.desks[0], DESK, form, url=f"http://127.0.0.1:{relay.port}")
                assert relay.caught.wait(20)
                # Both of them: so that it shows how long nobody at all is served.
                _kill(live, *live.worker_pids())
                relay.cut()
                assert sent.wait() is None
            seconds.append(_one_booking_in_the_end(place, form, starts_at, 1))
    # A figure for the report, which says on which machine; what has to hold is that nobody needs to start them.
    seen(f"all workers killed, new ones answer after {max(seconds):.1f} s at most")


# A move gives the old time back before it takes the new one: whoever dies in between has done neither.
MOMENTS_OF_A_MOVE = {
    "with the visit locked": ("FOR NO KEY UPDATE OF v", False, 0),
    "after the old time was given back": ("DELETE FROM slots AS s WHERE s.clinic_id = ", False, 0),
    "after the new time was taken": ("INSERT INTO slots ", False, 0),
    "after the history": ("INSERT INTO visit_events", False, 0),
    "after the audit entry": ("INSERT INTO audit_entries", False, 0),
    "before the commit": ("COMMIT", True, 0),
    "after the commit": ("COMMIT", False, 1),
}
WHERE = """SELECT v.starts_at, s.starts_at, (SELECT count(*) FROM slots AS o WHERE o.starts_at = ANY (%s) AND
            o.provider_id = v.provider_id) FROM visits AS v JOIN slots AS s ON s.id = v.slot_id WHERE v.id = %s"""


@pytest.mark.promise(4, "a worker killed at seven moments of a move leaves the old visit or the new one, whole")
@pytest.mark.parametrize("moment", MOMENTS_OF_A_MOVE)
def test_killed_in_the_middle_of_a_move(place, seen, figure, moment):
    stage, live, kind = place.stage, place.live, place.stage.cast.consultation
    statement, before, there = MOMENTS_OF_A_MOVE[moment]
    with loaded_in_full(place, seen):
        for _round in range(ROUNDS):
            times = [stage.next_time(kind), stage.next_time(kind)]
            visit_id = stage.book(times[0], stage.cast.tom.id, kind, stage.cast.dr_osei)
            path, form = f"{DESK}/{visit_id}/move", wished(stage, times[1])
            again(live)
            stop = place.wire.stop_at(statement, visit_id, before=before)
            sent = Sent(live, stage.desks[0], path, form)
            stop.wait()
            _kill(live, stop.whose())
            stop.cut()
            assert sent.wait() is None
            let_go(place.superuser, "visits", visit_id)
            assert place.superuser.execute(WHERE, [times, visit_id]).fetchone() == (times[there], times[there], 1)
            again(live)
            assert [settled(live, stage.desks[0], path, form) for _turn in range(2)] == [303, 303]
            assert place.superuser.execute(WHERE, [times, visit_id]).fetchone() == (times[1], times[1], 1)
    figure(f"{ROUNDS} kills, each leaves the {('old', 'new')[there]} visit")


def test_killed_while_it_waits_for_the_doctors_lock(place, server):
    stage, live, superuser = place.stage, place.live, place.superuser
    starts_at = stage.next_time(stage.cast.consultation)
    form = wished(stage, starts_at)
    with server.connect("postgres", live.database) as other, other.transaction():
        other.execute("SELECT 1 FROM providers WHERE id = %s FOR NO KEY UPDATE", [stage.cast.dr_osei.id])
        sent = Sent(live, stage.desks[0], DESK, form)
        assert until(lambda: waiting_for(superuser, "transactionid") or waiting_for(superuser, "tuple"))
        _kill(live, *live.worker_pids())
        assert sent.wait() is None
    _one_booking_in_the_end(place, form, starts_at, 0)
