"""The answer to COMMIT is lost: nobody knows whether it was done, and the same form sent again says what it was."""

import pytest

from tests.faults.place import DESK, ROUNDS, Sent, loaded, traces, wished


@pytest.mark.parametrize(("before", "there"), [(False, 1), (True, 0)], ids=["it was done", "it was not done"])
def test_the_form_sent_again_gives_the_one_booking(place, seen, before, there):
    stage, live = place.stage, place.live
    with loaded(place, seen):
        for _round in range(ROUNDS):
            starts_at = stage.next_time(stage.cast.consultation)
            form = wished(stage, starts_at)
            stop = place.wire.stop_at("COMMIT", stage.cast.tom.id, before=before)
            sent = Sent(live, stage.desks[0], DESK, form)
            stop.wait()
            stop.cut()
            answer = sent.wait()
            assert answer.status == 503 and int(answer.headers["retry-after"]) > 0
            assert traces(place.superuser, starts_at) == (there,) * 4
            again = [Sent(live, stage.desks[0], DESK, form).wait() for _turn in range(3)]
            assert {(each.status, each.headers["location"]) for each in again} == {(303, again[0].headers["location"])}
            assert traces(place.superuser, starts_at) == (1, 1, 1, 1)
