"""A booking load: browsers that book, look and cancel, try again what got no answer, and remember what they heard."""

import http.client
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import psycopg

from clinic.queries.open_times import open_times
from tests.browser import Browser

DESK = "/staff/booking"
SETTLED = {200, 303, 409, 422}
# The load's own days, from tomorrow on; whoever breaks things takes later ones.
DAYS = 28
# So many visits one browser keeps standing: the times must last for all of them.
MOST_OF_ONE = 3
# Seconds a person waits between two clicks, and before trying again.
PAUSE, AGAIN = (0.2, 0.8), 0.3


@dataclass
class Booked:
    """One wish and what became of it: 0 stands for no answer so far."""

    name: str
    status: int = 0
    cancelled: int | None = None


class Load:
    """So many browsers at work until the end of the ``with``; afterwards ``wrong`` says what does not add up.

    Every form carries a key and is sent again with it until an answer settles it, as a person would.
    """

    def __init__(self, stage, live, superuser_url, clients):
        self.stage, self.live, self.clients = stage, live, clients
        self.address = superuser_url.replace("+psycopg", "")
        self.saw, self.wishes, self.wrong = Counter(), [], []
        self.over = threading.Event()
        self.times = self._open_times()
        assert self.times, "nothing is left to book"

    def _open_times(self):
        cast, first = self.stage.cast, self.stage.cast.tomorrow_at(0).date()
        self.stage.left_alone = DAYS
        doctors = [cast.dr_osei.id, cast.dr_lind.id]
        with self.stage.looking() as session:
            last = first + timedelta(days=DAYS - 1)
            found = open_times(session, cast.at, cast.consultation, doctors, first, last)
            return [(each.provider_id, each.starts_at) for each in found]

    def __enter__(self):
        numbers = range(self.clients)
        self.threads = [threading.Thread(target=self._be, args=(number,), daemon=True) for number in numbers]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, kind, *_rest):
        self.over.set()
        for thread in self.threads:
            thread.join(60)
        if kind is None:
            self.wrong = list(self._wrong())

    def _be(self, number):
        chance, browser = random.Random(number), Browser(self.live.url, self.stage.desks[number], timeout=20)
        mine = []
        try:
            while not self.over.wait(chance.uniform(*PAUSE)):
                what = chance.random()
                if what < 0.2:
                    self._ask(lambda: browser.open("/staff/day"), tries=1)
                elif mine and (what < 0.4 or len(mine) > MOST_OF_ONE):
                    self._cancel(browser, mine.pop())
                else:
                    wish = self._book(browser, number, chance.choice(self.times))
                    mine += [wish] * (wish.status == 303)
            # Given back, so that whoever comes next finds times to book too.
            for wish in mine:
                self._cancel(browser, wish)
        finally:
            browser.close()

    def _book(self, browser, number, time):
        wish = Booked(f"wish {uuid4()}")
        self.wishes.append(wish)
        form = {
            "patient_id": self.stage.patients[number][0], "visit_type_id": self.stage.cast.consultation.id,
            "visit_mode": "in_person", "provider_id": time[0], "starts_at": time[1].isoformat(), "reason": wish.name,
            "idempotency_key": str(uuid4()),
        }  # fmt: skip
        wish.status = self._ask(lambda: browser.send(DESK, form))
        return wish

    def _cancel(self, browser, wish):
        try:
            with psycopg.connect(self.address, autocommit=True) as looking:
                visit_id = looking.execute("SELECT id FROM visits WHERE reason = %s", [wish.name]).fetchone()
        except psycopg.OperationalError:
            return  # The database itself is away; the visit stays.
        if visit_id is None:
            self.wrong.append(f"{wish.name} was told 303 and there is no visit")
            return
        form = {"reason": "patient", "idempotency_key": str(uuid4())}
        wish.cancelled = self._ask(lambda: browser.send(f"/staff/visits/{visit_id[0]}/cancel", form))

    def _ask(self, ask, tries=None):
        """Ask until an answer settles it; its status, or 0 where the load ended before."""
        deadline = None
        while tries is None or tries > 0:
            try:
                answer = ask()
                status = answer.status
            except (OSError, http.client.HTTPException):
                status = 0
            self.saw[status] += 1
            if status in SETTLED:
                return status
            tries = tries and tries - 1
            if self.over.is_set():
                deadline = deadline or time.monotonic() + 30
                if time.monotonic() > deadline:
                    return 0
            time.sleep(AGAIN)
        return status

    def told(self):
        """What everybody saw, in words: how many answers of which status, and how many broken connections."""
        named = {0: "no answer"}
        return ", ".join(f"{count}\N{MULTIPLICATION SIGN}{named.get(status, status)}"
                         for status, count in sorted(self.saw.items()))  # fmt: skip

    def _wrong(self):
        yield from self.wrong
        with psycopg.connect(self.address) as looking:
            found = dict(looking.execute(
                "SELECT reason, array_agg(status) FROM visits WHERE reason LIKE 'wish %' GROUP BY reason"
            ).fetchall())  # fmt: skip
        for wish in self.wishes:
            there = found.get(wish.name, [])
            yield from (f"{wish.name} {sentence}, told {wish.status}" for sentence in _odd(wish, there))
        for status in self.saw:
            if status >= 500 and status != 503:
                yield f"somebody was told {status}"


def _odd(wish, there):
    """What is wrong with the visits that are there for a wish, by what its sender was told in the end."""
    if len(there) > 1:
        yield f"was booked {len(there)} times"
    if wish.status == 303 and not there:
        yield "is lost"
    if wish.status in (409, 422) and there:
        yield "is booked all the same"
    if wish.status not in (0, 303, 409):
        yield "was not understood"
    if wish.cancelled == 303 and there != ["cancelled"]:
        yield f"was cancelled and is {there}"
