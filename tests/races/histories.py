"""What many people did with a time and were told, and whether one after another it could have been the same.

A time is either open or taken. Each deed began and ended at some moment, and happened at one moment between the two: a
history is sound if there is an order of those moments in which every answer was true when it was given.
"""

from dataclasses import dataclass

# What a deed's answer says of the time before it, and what it leaves behind.
TRUE_WHEN = {
    "booked": (False, True), "refused": (True, True), "cancelled": (True, False), "seen open": (False, False),
    "seen taken": (True, True),
}  # fmt: skip


@dataclass(frozen=True)
class Deed:
    """Something somebody did with one time: when it began and ended (seconds), and what they were told."""

    began: float
    ended: float
    told: str


def sound(deeds) -> bool:
    """Whether the deeds could have happened one after another."""
    deeds = sorted(deeds, key=lambda deed: deed.began)
    tried, waiting = set(), [(0, False)]
    while waiting:
        done, taken = waiting.pop()
        done = _looked(deeds, done, taken)
        if done == (1 << len(deeds)) - 1:
            return True
        if (done, taken) not in tried:
            tried.add((done, taken))
            waiting += [(done | 1 << place, not taken) for place in _next(deeds, done, taken)]
    return False


def _looked(deeds, done, taken):
    """What changed nothing and is true now happened now: waiting longer would not make it any truer."""
    while True:
        looks = list(_next(deeds, done, taken, changing=False))
        if not looks:
            return done
        for place in looks:
            done |= 1 << place


def _next(deeds, done, taken, changing=True):
    """Every deed that may be the next and is true now: none that had ended before it began is still to come."""
    left = [place for place in range(len(deeds)) if not done >> place & 1]
    latest = min((deeds[place].ended for place in left), default=0)
    for place in left:
        if deeds[place].began > latest:
            break
        before, after = TRUE_WHEN[deeds[place].told]
        if before == taken and (before != after) == changing:
            yield place
