"""What time it is: the database's clock, as every process of the application reads it; a web server's may be wrong."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# Seconds after which even a better comparison is old: clocks drift apart.
LASTS = 60


@dataclass(frozen=True, slots=True)
class Comparison:
    """The database's time at a moment of this machine's stopwatch (seconds), and by how much that may be wrong."""

    instant: datetime
    moment: float
    error: float

    def at(self, moment):
        """The database's time at another moment of the stopwatch."""
        return self.instant + timedelta(seconds=moment - self.moment)

    def is_worse_than(self, other):
        """Whether the other is closer to the truth: younger by much, or quicker to get, or of another time at all."""
        apart = abs((other.instant - self.at(other.moment)).total_seconds())
        old = other.moment - self.moment > LASTS
        return old or other.error < self.error or apart > self.error + other.error


_known: Comparison | None = None


def compare(instant: datetime, asked: float):
    """Remember what the database said to a question sent at ``asked`` (time.monotonic)."""
    global _known
    heard = time.monotonic()
    new = Comparison(instant.astimezone(UTC), (asked + heard) / 2, (heard - asked) / 2)
    if _known is None or _known.is_worse_than(new):
        _known = new


def now() -> datetime:
    """This moment by the database's clock, in UTC; by this machine's own until the database was first asked."""
    return _known.at(time.monotonic()) if _known else datetime.now(UTC)
