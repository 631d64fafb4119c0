"""Two transactions wait for each other: the database ends one, the application tries it again, nobody notices."""

import os

import pytest

from tests.faults.place import ROUNDS, Sent, loaded_in_full, until, waiting_for
from tests.races.stage import staged_on


def _form(stage, provider, starts_at):
    return {
        "visit_type_id": stage.cast.consultation.id, "visit_mode": "in_person", "provider_id": provider.id,
        "starts_at": starts_at.isoformat(),
    }  # fmt: skip


def _victims(superuser):
    return superuser.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").fetchone()[0]


class TestTwoMovesInOppositeDirections:
    def test_both_succeed_whoever_comes_first(self, place, seen):
        stage, live, cast = place.stage, place.live, place.stage.cast
        (one, other), kind = [patient_id for patient_id, _keys in stage.patients[:2]], cast.consultation
        with loaded_in_full(place, seen):
            for _turn in range(max(ROUNDS, 10)):
                with_osei = stage.book(stage.next_time(kind), one, kind, cast.dr_osei)
                with_lind = stage.book(stage.next_time(kind, cast.dr_lind), other, kind, cast.dr_lind)
                to_lind, to_osei = stage.next_time(kind, cast.dr_lind), stage.next_time(kind)
                moves = [
                    Sent(live, stage.desks[0], f"/staff/booking/{with_osei}/move", _form(stage, cast.dr_lind, to_lind)),
                    Sent(live, stage.desks[1], f"/staff/booking/{with_lind}/move", _form(stage, cast.dr_osei, to_osei)),
                ]
                assert [move.wait().status for move in moves] == [303, 303]


class TestAVictim:
    def test_is_tried_again_and_nobody_hears_of_it(self, server):
        """By hand: somebody has the second doctor and wants the first, whom the move has got.

        Nobody else is at work meanwhile: which of all who wait would be the victim could not be said.
        """
        with staged_on(server, 2) as (stage, live, _url):
            cast, kind = stage.cast, stage.cast.consultation
            first, second = sorted([cast.dr_osei, cast.dr_lind], key=lambda doctor: doctor.id)
            visit_id = stage.book(stage.next_time(kind, first), stage.patients[0][0], kind, first)
            form = _form(stage, second, stage.next_time(kind, second))
            with (
                server.connect("postgres", live.database) as superuser,
                server.connect("postgres", live.database) as rival,
            ):
                before = _victims(superuser)
                # The rival looks for deadlocks later than the application does, so the application is the victim.
                rival.execute("SET deadlock_timeout = '20s'")
                rival.execute("BEGIN")
                rival.execute("SELECT 1 FROM providers WHERE id = %s FOR NO KEY UPDATE", [second.id])
                sent = Sent(live, stage.desks[0], f"/staff/booking/{visit_id}/move", form)
                assert until(lambda: waiting_for(superuser, "transactionid"))
                rival.execute("SELECT 1 FROM providers WHERE id = %s FOR NO KEY UPDATE", [first.id])
                rival.execute("ROLLBACK")
                answer = sent.wait()
                assert answer.status == 303, answer.text
                assert until(lambda: _victims(superuser) == before + 1)


@pytest.mark.skipif(os.environ.get("FAULTS") != "full", reason="It waits for ten seconds; `make faults` does.")
class TestALockHeldTooLong:
    def test_whoever_waits_hears_when_to_come_back_and_the_others_were_served_meanwhile(self, server):
        with staged_on(server, 2) as (stage, live, _url):
            starts_at = stage.next_time(stage.cast.consultation)
            form = _form(stage, stage.cast.dr_osei, starts_at) | {"patient_id": stage.cast.tom.id}
            with server.connect("postgres", live.database) as rival, rival.transaction():
                rival.execute("SELECT 1 FROM providers WHERE id = %s FOR NO KEY UPDATE", [stage.cast.dr_osei.id])
                sent = Sent(live, stage.desks[0], "/staff/booking", form)
                assert Sent(live, stage.desks[1], "/staff/booking", form | {
                    "provider_id": stage.cast.dr_lind.id,
                }).wait().status == 303  # fmt: skip
                answer = sent.wait()
            assert answer.status == 503 and int(answer.headers["retry-after"]) > 0
            assert Sent(live, stage.desks[0], "/staff/booking", form).wait().status == 303
