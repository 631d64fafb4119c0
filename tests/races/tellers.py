"""Browsers that hold, book, move, cancel and look at the same few times for a while, and the history they make."""

import http.client
import random
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

import psycopg

from tests.browser import Browser
from tests.races.history import FREE, FULL, GIVE, TAKE, History
from tests.races.rush import Told
from tests.races.scenarios import DESK, PORTAL

VISIT = """SELECT id FROM visits WHERE patient_id = %s AND starts_at = %s AND provider_id = %s AND status = 'booked'
            LIMIT 1"""


@dataclass(frozen=True, eq=False)
class Place:
    """One time of one doctor, of a visit type with so many seats."""

    kind: object
    doctor: object
    starts_at: object

    def lies_over(self, other):
        """Whether nobody could be here and there."""
        return self.starts_at < other._ends_at and other.starts_at < self._ends_at

    @property
    def _ends_at(self):
        return self.starts_at + timedelta(minutes=self.kind.minutes)


class Tellers:
    """So many browsers for so many seconds."""

    def __init__(self, stage, live, superuser_url, *, clients, places=20):
        self.stage, self.live, self.clients = stage, live, clients
        self.address = superuser_url.replace("+psycopg", "")
        self.history, self.odd = History(), []
        stage.wake()
        cast = stage.cast
        # Dr Lind's times are for one patient each, Dr Osei's for three: so none lies over another.
        pairs = ((cast.consultation, cast.dr_lind), (stage.group, cast.dr_osei))
        self.places = []
        for pair in pairs:
            for _number in range(places // 2):
                self._add_a_place(*pair)
        self.history.seats = {place: place.kind.capacity for place in self.places}
        self.over = threading.Event()

    def _add_a_place(self, kind, doctor):
        # At another hour than every other place: of two at once somebody is refused the second, however free it is.
        place = Place(kind, doctor, self.stage.next_time(kind, doctor))
        while any(place.lies_over(each) for each in self.places):
            place = Place(kind, doctor, self.stage.next_time(kind, doctor))
        self.places.append(place)

    def play(self, seconds) -> History:
        """Let them all at it; ``odd`` afterwards has what was told and may never be."""
        roles = (self._at_the_desk, self._at_the_desk, self._in_the_portal, self._in_the_portal, self._looking)
        threads = [
            threading.Thread(target=roles[number % len(roles)], args=(number, random.Random(number)), daemon=True)
            for number in range(self.clients)
        ]
        for thread in threads:
            thread.start()
        self.over.wait(seconds)
        self.over.set()
        for thread in threads:
            thread.join(60)
        return self.history

    def _at_the_desk(self, number, chance):
        browser, mine = Browser(self.live.url, self.stage.desks[number]), []
        while not self.over.is_set():
            # Nobody takes two seats of one time.
            place, what = chance.choice([each for each in self.places if each not in mine]), chance.random()
            if mine and what < 0.4:
                self._cancel(browser, number, mine.pop())
            elif mine and what < 0.6:
                old = mine.pop()
                # To another time of the same kind and doctor.
                others = [each for each in self.places if each.kind is old.kind and each not in (old, *mine)]
                mine += self._move(browser, number, old, chance.choice(others)) if others else [old]
            elif self._book(browser, number, place):
                mine.append(place)
        browser.close()

    def _in_the_portal(self, number, chance):
        browser, held = Browser(self.live.url, self.stage.patients[number][1]), None
        desk = Browser(self.live.url, self.stage.desks[number])
        while not self.over.is_set():
            if held and chance.random() < 0.5:
                if self._confirm(browser, number, held):
                    self._cancel(desk, number, held)
                held = None
                continue
            place = chance.choice([each for each in self.places if each is not held])
            held = self._hold(browser, number, place, held)
        browser.close()
        desk.close()

    def _looking(self, number, chance):
        browser = Browser(self.live.url, self.stage.patients[number][1])
        while not self.over.is_set():
            place = chance.choice(self.places)
            began = time.monotonic()
            answer = browser.open(f"/portal/book/time?{urlencode(self._question(number, place))}")
            told = Told(answer.status, answer.text, 0)
            kind = FREE if place.starts_at in told.offered else FULL
            self.history.note(place, kind, began, time.monotonic())
        browser.close()

    def _ask(self, browser, path, form):
        began = time.monotonic()
        try:
            status = browser.send(path, form).status
        except (OSError, http.client.HTTPException):
            return began, None, 0
        if status not in (303, 409):
            self.odd.append(f"{path} was told {status}")
        return began, time.monotonic(), status

    def _note(self, place, kind, answer):
        began, ended, status = answer
        if status in (303, 0):
            self.history.note(place, kind, began, ended)
        return status == 303

    def _take(self, place, answer):
        if answer[2] == 409:
            self.history.note(place, FULL, answer[0], answer[1])
        return self._note(place, TAKE, answer)

    def _wish(self, number, place):
        return {
            "patient_id": self.stage.patients[number][0], "visit_type_id": place.kind.id,
            "provider_id": place.doctor.id, "starts_at": place.starts_at.isoformat(), "visit_mode": "in_person",
        }  # fmt: skip

    def _question(self, number, place):
        """What somebody has answered who is shown the times of a day."""
        return {
            "patient_id": self.stage.patients[number][0], "visit_type_id": place.kind.id, "doctor": place.doctor.id,
            "day": place.starts_at.date().isoformat(),
        }  # fmt: skip

    def _book(self, browser, number, place):
        return self._take(place, self._ask(browser, DESK, self._wish(number, place)))

    def _hold(self, browser, number, place, held):
        """Hold a time; what the person held before is given back in the same moment, or kept where it was refused."""
        asked = self._wish(number, place) | self._question(number, place)
        answer = self._ask(browser, f"/portal/book/hold?{urlencode(asked)}", {})
        if not self._take(place, answer):
            return held
        if held:
            self._note(held, GIVE, answer)
        return place

    def _confirm(self, browser, number, held):
        """Book what one holds: it counts already, and must not be refused."""
        _began, _ended, status = self._ask(browser, PORTAL, self._wish(number, held))
        if status != 303:
            self.odd.append(f"who held a time was told {status} when booking it")
        return status == 303

    def _visit(self, number, place):
        """One of the visits that the person booked at that time."""
        with psycopg.connect(self.address) as looking:
            found = looking.execute(
                VISIT, [self.stage.patients[number][0], place.starts_at, place.doctor.id]
            ).fetchone()
        if found is None:
            self.odd.append("no visit where one was booked")
            self.over.set()
            raise LookupError
        return found[0]

    def _cancel(self, browser, number, place):
        path = f"/staff/visits/{self._visit(number, place)}/cancel"
        if not self._note(place, GIVE, self._ask(browser, path, {"reason": "patient"})):
            self.odd.append("a cancellation was refused")

    def _move(self, browser, number, old, place):
        """Move a visit; where it is now, or nowhere where that was not answered."""
        form = {key: value for key, value in self._wish(number, place).items() if key != "patient_id"}
        answer = self._ask(browser, f"{DESK}/{self._visit(number, old)}/move", form)
        taken = self._take(place, answer)
        if taken or not answer[2]:
            self._note(old, GIVE, answer)
        return [place] if taken else [old] if answer[2] else []
