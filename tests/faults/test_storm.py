"""A storm of moves between three doctors, everybody in another direction: nobody hears of a deadlock."""

from collections import Counter
from itertools import permutations
from uuid import uuid4

from clinic.models.accounts import Role
from tests.faults.place import ROUNDS, loaded
from tests.races.rush import Crowd, Errand, count

BROWSERS = 12
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


def _third_doctor(stage):
    if not hasattr(stage, "third"):
        with stage.looking() as session:
            person = stage.cast._person(stage.cast.rose, "Vera", f"Third {uuid4().hex[:4]}", Role.DOCTOR)
            stage.third = stage.cast._provider(stage.cast.rose, person, "Dr Vera Third", [stage.cast.consultation])
            session.commit()
    return stage.third


def _moves(stage, doctors):
    """Somebody's visit with each doctor, and the way it takes to another."""
    kind = stage.cast.consultation
    directions = list(permutations(doctors, 2))
    for number in range(BROWSERS):
        here, there = directions[number % len(directions)]
        patient_id, _keys = stage.patients[number % len(stage.patients)]
        visit_id = stage.book(stage.next_time(kind, here), patient_id, kind, here)
        form = {
            "visit_type_id": kind.id, "visit_mode": "in_person", "provider_id": there.id,
            "starts_at": stage.next_time(kind, there).isoformat(), "idempotency_key": str(uuid4()),
        }  # fmt: skip
        yield Errand(stage.desks[number % len(stage.desks)], f"/staff/booking/{visit_id}/move", form)


def test_every_move_succeeds(place, seen):
    stage = place.stage
    doctors = [stage.cast.dr_osei, stage.cast.dr_lind, _third_doctor(stage)]
    before, told = place.superuser.execute(DEADLOCKS).fetchone()[0], Counter()
    with loaded(place, seen), Crowd(place.live.url, BROWSERS) as crowd:
        for _round in range(ROUNDS):
            told += count(crowd.rush(list(_moves(stage, doctors))))
    assert told == {303: ROUNDS * BROWSERS}
    # The load books beside the moves, so the database may have had to choose a victim; nobody heard of one.
    deadlocks = place.superuser.execute(DEADLOCKS).fetchone()[0] - before
    seen(f"{ROUNDS * BROWSERS} moves, {deadlocks} deadlocks in the database")
