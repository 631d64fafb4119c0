"""The application's pool of database connections: whoever has waited longest gets the next one.

SQLAlchemy's own wakes a waiter and lets anybody who asks just then overtake them; whoever loses goes to the end of the
line. Under a crowd somebody loses until their patience is over, and is told that we are busy while others are served.
"""

from collections import deque
from queue import Empty as TimeIsUp
from queue import SimpleQueue

from sqlalchemy.pool import QueuePool
from sqlalchemy.util.queue import Empty, Queue


class FairQueue(Queue):
    """Connections nobody uses; one that comes back is handed to whoever has waited longest."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self._line = deque()

    def get(self, block=True, timeout=None):
        """A connection at once or, with ``block``, within ``timeout`` seconds; raises Empty."""
        with self.mutex:
            if not self._empty() or not block:
                return super().get(block=False)
            hand = SimpleQueue()
            self._line.append(hand)
        try:
            return hand.get(timeout=timeout)
        except TimeIsUp:
            return self._given_up(hand)

    def put(self, item, block=True, timeout=None):
        """Hand the connection on, or keep it where nobody waits."""
        with self.mutex:
            if self._line:
                self._line.popleft().put(item)
            else:
                super().put(item, block, timeout)

    def _given_up(self, hand):
        with self.mutex:
            if hand in self._line:
                self._line.remove(hand)
                raise Empty
        # It was handed over at the last moment.
        return hand.get_nowait()


class FairPool(QueuePool):
    """SQLAlchemy's pool with a fair line in front of it."""

    _queue_class = FairQueue
