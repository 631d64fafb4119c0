"""A history of what many did to some times, and whether one order of it all explains what everybody was told.

A time is a counter between 0 and its seats. Each act has a beginning and, where an answer came, an end; somewhere in
between it happened at once, or the history is not linearizable. An act without an answer may have happened or not.
"""

import itertools
from collections import defaultdict
from dataclasses import dataclass, field

TAKE, GIVE, FULL, FREE = "take", "give", "was full", "was free"
MOST_CONFIGURATIONS = 200_000


@dataclass(frozen=True)
class Act:
    """What somebody did to one time, or was told of it; ``ended`` is None where no answer came. Times in seconds."""

    kind: str
    began: float
    ended: float | None
    number: int = field(default_factory=itertools.count().__next__)

    def happens(self, count, seats):
        """The count after it, or None where it cannot happen at this count."""
        if self.kind == TAKE:
            return count + 1 if count < seats else None
        if self.kind == GIVE:
            return count - 1 if count > 0 else None
        return count if (count >= seats) == (self.kind == FULL) else None


class History:
    """Everything that was done, by time."""

    def __init__(self):
        self.acts, self.seats = defaultdict(list), {}

    def note(self, place, kind, began, ended):
        """Remember one act; several threads may."""
        self.acts[place].append(Act(kind, began, ended))

    def anomalies(self):
        """The times whose acts no order explains, with the first answer that cannot be true."""
        for place, acts in self.acts.items():
            if odd := unexplained(acts, self.seats[place]):
                yield place, odd

    def __len__(self):
        return sum(map(len, self.acts.values()))


def unexplained(acts, seats) -> Act | None:
    """The first act whose answer no order explains, or None.

    All that can be so far is kept: counts, each with those acts under way that have happened already. When an act ends
    only what has it among them remains.
    """
    moments = sorted(
        [(act.began, 0, act) for act in acts] + [(act.ended, 1, act) for act in acts if act.ended is not None],
        key=lambda moment: moment[:2],
    )
    possible, under_way = {(0, frozenset())}, set()
    for _moment, is_end, act in moments:
        if not is_end:
            under_way.add(act)
            continue
        possible = {(count, done - {act}) for count, done in _reached(possible, under_way, seats) if act in done}
        under_way.discard(act)
        if not possible:
            return act
    return None


def _reached(possible, under_way, seats):
    """Everything that can be once some of what is under way has happened, in any order."""
    reached, new = set(possible), list(possible)
    while new:
        count, done = new.pop()
        for act in under_way - done:
            after = act.happens(count, seats)
            if after is not None and (each := (after, done | {act})) not in reached:
                reached.add(each)
                new.append(each)
        assert len(reached) < MOST_CONFIGURATIONS, "too much at once to judge"
    return reached
