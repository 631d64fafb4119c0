"""Many people want the same time at the same moment: the right number get it, the others are told what is left.

`make races` runs the same with two hundred browsers and a hundred rounds.
"""

import pytest

from tests.races.controls import CONTROLS
from tests.races.judge import judge
from tests.races.scenarios import RACES, one_open_time
from tests.races.stage import staged_on

ROUNDS = 3
CLIENTS = 32
# Which promise each race is about, besides the first.
PROVES = {
    "three seats at one time": pytest.mark.promise(3, "three seats at one time"),
    "visits moved onto one time": pytest.mark.promise(4, "visits moved onto one time"),
    "one time held": pytest.mark.promise(2, "one time held"),
}


@pytest.fixture(scope="module")
def staged(server):
    """A stage, the server that plays on it, and the superuser's address of its database."""
    with staged_on(server, CLIENTS) as ready:
        yield ready


def _proving(name):
    more = [PROVES[name]] if name in PROVES else []
    return pytest.param(name, marks=[pytest.mark.promise(1, "every race for a time"), *more])


@pytest.mark.parametrize("name", [_proving(name) for name in RACES])
def test_as_many_are_booked_as_there_are_places_and_the_others_hear_what_is_left(staged, name, figure):
    stage, live, superuser_url = staged
    verdict = judge(name, RACES[name], stage, live, superuser_url, rounds=ROUNDS, clients=CLIENTS)
    assert not verdict.wrong
    figure(f"{name}: {verdict.rounds} rounds of {CLIENTS}, told {dict(sorted(verdict.told.items()))}")


def test_without_the_lock_and_the_constraint_the_same_race_is_found_to_double_book(server):
    verdict = _controlled(server, CONTROLS["neither lock nor constraint"])
    assert any("should have been booked" in each for each in verdict.wrong)
    assert any("overlap" in each for each in verdict.wrong)


def test_the_lock_alone_is_enough(server):
    assert not _controlled(server, CONTROLS["the lock without the constraint"]).wrong


def _controlled(server, control):
    with staged_on(server, CLIENTS, without=control.without, application=control.application) as (stage, live, url):
        # On a busy machine a round may happen to go well without a lock; ten of them do not.
        rounds = 10 if control.must_fail else ROUNDS
        return judge("control", one_open_time, stage, live, url, rounds=rounds, clients=CLIENTS)
