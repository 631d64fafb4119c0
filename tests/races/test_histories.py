"""Many people book, cancel and look at the same few times: what they hear could have been told one after another."""

import random
import re
import threading
import time
from collections import Counter, defaultdict
from datetime import timedelta
from urllib.parse import unquote, urlencode

import psycopg
import pytest

from tests.browser import Browser
from tests.races.histories import Deed, sound
from tests.races.stage import staged_on

CLIENTS, DEEDS, TIMES = 16, 30, 8
VISIT = "SELECT id FROM visits WHERE patient_id = %s AND starts_at = %s AND status = 'booked'"
OFFERED = re.compile(r"starts_at=([^\"&]+)")


class Client:
    """Somebody at the desk who books for one patient, cancels, and looks, as chance will have it."""

    def __init__(self, stage, live, superuser_url, place, times):
        self.stage, self.times, self.place = stage, times, place
        self.browser = Browser(live.url, stage.desks[place])
        self.patient_id, _keys = stage.patients[place]
        self.chance = random.Random(place)
        self.database = psycopg.connect(superuser_url.replace("postgresql+psycopg", "postgresql"), autocommit=True)
        self.own, self.deeds, self.odd = {}, defaultdict(list), []

    def work(self):
        """Do what there is to do."""
        for _deed in range(DEEDS):
            starts_at = self.chance.choice(self.times)
            deed = self.chance.random()
            if deed < 0.3:
                self.look()
            elif self.own and deed < 0.6:
                self.cancel(self.chance.choice(list(self.own)))
            else:
                self.book(starts_at)

    def book(self, starts_at):
        """Try to book the time."""
        form = self._wish() | {"starts_at": starts_at.isoformat(), "visit_mode": "in_person", "reason": "x"}
        began = time.monotonic()
        status = self.browser.send("/staff/booking", form).status
        self._note(starts_at, began, {303: "booked", 409: "refused"}.get(status), status)
        if status == 303:
            self.own[starts_at] = self.database.execute(VISIT, (self.patient_id, starts_at)).fetchone()[0]

    def cancel(self, starts_at):
        """Give a time of one's own back."""
        path = f"/staff/visits/{self.own.pop(starts_at)}/cancel"
        began = time.monotonic()
        status = self.browser.send(path, {"reason": "other"}).status
        self._note(starts_at, began, {303: "cancelled"}.get(status), status)

    def look(self):
        """See which of the times are open."""
        query = urlencode(self._wish() | {"date": self.times[0].date().isoformat()})
        began = time.monotonic()
        answer = self.browser.open(f"/staff/booking/new?{query}")
        offered = set(map(unquote, OFFERED.findall(answer.text)))
        for starts_at in self.times:
            told = "seen open" if starts_at.isoformat() in offered else "seen taken"
            self._note(starts_at, began, told if answer.status == 200 else None, answer.status)

    def _wish(self):
        cast = self.stage.cast
        return {"patient_id": self.patient_id, "visit_type_id": cast.consultation.id, "provider_id": cast.dr_osei.id}

    def _note(self, starts_at, began, told, status):
        if told is None:
            self.odd.append(status)
        else:
            self.deeds[starts_at].append(Deed(began, time.monotonic(), told))


@pytest.fixture(scope="module")
def staged(server):
    """A stage, the server that plays on it, and the superuser's address of its database."""
    with staged_on(server, CLIENTS) as ready:
        yield ready


@pytest.mark.machine
@pytest.mark.promise(5, "booking, cancelling and looking at random: each history has an order in which it is true")
def test_what_everybody_was_told_could_have_been_told_one_after_another(staged, figure):
    stage, live, superuser_url = staged
    first = stage.cast.tomorrow_at(10, days=9)
    times = [first + timedelta(minutes=stage.cast.consultation.minutes * place) for place in range(TIMES)]
    clients = [Client(stage, live, superuser_url, place, times) for place in range(CLIENTS)]
    threads = [threading.Thread(target=each.work) for each in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = Counter()
    for starts_at in times:
        history = [deed for each in clients for deed in each.deeds[starts_at]]
        told += Counter(deed.told for deed in history)
        assert sound(history), starts_at
    for each in clients:
        each.browser.close()
        each.database.close()
    assert not [status for each in clients for status in each.odd]
    assert set(told) == {"booked", "refused", "cancelled", "seen open", "seen taken"}
    figure(f"{CLIENTS} people, {CLIENTS * DEEDS} deeds with {TIMES} times: {TIMES} histories, all of them sound")


@pytest.mark.parametrize(
    "unsound",
    [
        [Deed(0, 1, "booked"), Deed(2, 3, "booked")],
        [Deed(0, 1, "booked"), Deed(2, 3, "seen open")],
        [Deed(0, 1, "refused"), Deed(2, 3, "booked")],
        [Deed(0, 1, "booked"), Deed(2, 3, "cancelled"), Deed(4, 5, "refused")],
        [Deed(0, 5, "booked"), Deed(1, 6, "booked"), Deed(0, 9, "seen taken")],
    ],
)
def test_a_history_that_cannot_be_true_is_found(unsound):
    assert not sound(unsound)


def test_what_overlaps_may_have_happened_in_either_order():
    assert sound([Deed(0, 5, "seen open"), Deed(1, 4, "booked"), Deed(2, 3, "seen taken")])
    assert sound([Deed(0, 9, "refused"), Deed(1, 2, "booked"), Deed(3, 9, "cancelled")])
