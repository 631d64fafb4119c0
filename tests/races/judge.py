"""Runs a race for some rounds and says everything that was not as it has to be."""

from collections import Counter
from dataclasses import dataclass, field

from tests.races.invariants import broken
from tests.races.rush import Crowd, count

BOOKED, REFUSED = 303, 409


@dataclass
class Verdict:
    """What some rounds of one race came to."""

    name: str
    rounds: int = 0
    clients: int = 0
    told: Counter = field(default_factory=Counter)
    seconds: list = field(default_factory=list)
    wrong: list = field(default_factory=list)

    def quantile(self, share):
        """The seconds within which this share of all answers came."""
        return sorted(self.seconds)[min(int(len(self.seconds) * share), len(self.seconds) - 1)]


def judge(name, race, stage, live, superuser_url, *, rounds, clients) -> Verdict:
    """Run the race; a verdict without anything ``wrong`` is a pass."""
    verdict = Verdict(name, clients=clients)
    stage.wake()
    # What somebody held in a race before is open to them alone.
    stage.let_holds_run_out()
    with Crowd(live.url, clients) as crowd:
        for _round in range(rounds):
            this = race(stage, clients)
            told = crowd.rush(this.errands)
            verdict.rounds += 1
            verdict.told += count(told)
            verdict.seconds += [each.seconds for each in told]
            verdict.wrong += _wrong(this, told, stage)
            if len(verdict.wrong) > 20:
                break
    verdict.wrong += broken(superuser_url, has_worker=False)
    return verdict


def _wrong(race, told, stage):
    counted = count(told)
    refused = len(told) - race.winners
    if counted != Counter({BOOKED: race.winners, REFUSED: refused}) - Counter():
        odd = next((each for each in told if each.status not in (BOOKED, REFUSED)), None)
        yield f"{race.winners} of {len(told)} should have been booked: {dict(counted)}" + (
            f"; one was told {odd.status}: {odd.text[:300]!r}" if odd else ""
        )
        return
    for errand, each in zip(race.errands, told, strict=True):
        nearest = stage.nearest(errand.wish)
        if each.status == REFUSED and not nearest <= each.offered:
            yield f"a refusal offers {sorted(map(str, each.offered))}, not {sorted(map(str, nearest))}"
            return
