"""The line for a connection to the database: nobody overtakes, and who gives up is not waited for."""

import threading

import pytest
from sqlalchemy.util.queue import Empty

from clinic.db import db
from clinic.pool import FairPool, FairQueue
from tests.faults.place import until


class Line:
    """Threads that wait for a connection, one after the other, and what each got in which order."""

    def __init__(self, lent, seconds=10):
        self.lent, self.seconds, self.served, self.threads = lent, seconds, [], []

    def join(self, who):
        """Stand at the end of the line; returns once somebody stands there."""
        self.threads.append(threading.Thread(target=self._wait, args=(who,)))
        self.threads[-1].start()
        until(lambda: len(self.lent._line) == len(self.threads), 5)

    def _wait(self, who):
        try:
            self.served.append((who, self.lent.get(timeout=self.seconds)))
        except Empty:
            self.served.append((who, None))

    def serve(self, what):
        """Give back a connection, and wait until somebody has it."""
        already = len(self.served)
        self.lent.put(what)
        until(lambda: len(self.served) > already, 5)

    def leave(self):
        """Wait until nobody stands here any more."""
        for thread in self.threads:
            thread.join(10)


@pytest.fixture
def lent():
    """Two connections, both lent out."""
    return FairQueue(2)


def test_the_application_stands_in_it(app):
    with app.app_context():
        assert isinstance(db.engine.pool, FairPool) and isinstance(db.engine.pool._pool, FairQueue)


def test_whoever_has_waited_longest_is_served_next(lent):
    line = Line(lent)
    for who in ("first", "second", "third"):
        line.join(who)
    for number in range(3):
        line.serve(number)
    line.leave()
    assert line.served == [("first", 0), ("second", 1), ("third", 2)]


def test_nobody_who_asks_just_then_overtakes(lent):
    line = Line(lent)
    line.join("first")
    lent.put("the one that came back")
    with pytest.raises(Empty):
        lent.get(block=False)
    line.leave()
    assert line.served == [("first", "the one that came back")]


def test_who_gave_up_is_not_waited_for(lent):
    line = Line(lent, seconds=0.05)
    line.join("impatient")
    line.leave()
    assert line.served == [("impatient", None)]
    lent.put("kept")
    assert lent.get(block=False) == "kept" and lent.empty()


def test_what_is_handed_over_as_patience_ends_is_not_lost(lent):
    for _try in range(200):
        line = Line(lent, seconds=0.002)
        line.threads.append(threading.Thread(target=line._wait, args=("somebody",)))
        line.threads[0].start()
        lent.put("it")
        line.leave()
        if line.served == [("somebody", None)]:
            assert lent.get(block=False) == "it"
        else:
            assert line.served == [("somebody", "it")]
        assert lent.empty() and not lent._line


def test_thirty_are_served_in_turn(lent):
    line = Line(lent)
    for who in range(30):
        line.join(who)
    for _each in range(30):
        line.serve("one")
    line.leave()
    assert [who for who, _item in line.served] == list(range(30))
