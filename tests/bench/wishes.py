"""Times nobody has: an endless row of open ones far ahead, the next for whoever books."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import uuid4

from tests.bench.data import MINUTES, OPENS, ZONE

TIMES_A_DAY = 48


@dataclass(frozen=True)
class Wishes:
    """One measurement's times, from a day on that no other measurement uses."""

    doctors: tuple
    first_day: object

    def nth(self, number):
        """The doctor and the start (UTC) of the nth."""
        turn, doctor = divmod(number, len(self.doctors))
        days, place = divmod(turn, TIMES_A_DAY)
        day = self.first_day + timedelta(days=days)
        start = datetime.combine(day, OPENS, ZONE) + timedelta(minutes=MINUTES * place)
        return self.doctors[doctor], start.astimezone(UTC)

    def of(self, place, clients):
        """Those that belong to one of several clients."""
        number = place
        while True:
            yield self.nth(number)
            number += clients


@dataclass(frozen=True)
class Asking:
    """Asks the server for the same page or part again and again."""

    url: str
    path: str
    keys: object
    headers: tuple = ()

    def __call__(self, _place, _clients):
        from tests.browser import Browser

        browser = Browser(self.url, self.keys)

        def ask():
            answer = browser.open(self.path, **dict(self.headers))
            if answer.status != 200:
                raise RuntimeError(f"{answer.status} for {self.path}: {answer.text[:200]}")

        return ask


@dataclass(frozen=True)
class Booking:
    """Books at the desk, every time another time."""

    url: str
    keys: object
    wishes: Wishes
    type_id: object
    patient_id: object

    def form(self, doctor, starts_at):
        """What the desk's form sends."""
        return {
            "patient_id": self.patient_id, "visit_type_id": self.type_id, "provider_id": doctor,
            "starts_at": starts_at.isoformat(), "visit_mode": "in_person", "reason": "Follow-up",
            "idempotency_key": str(uuid4()),
        }  # fmt: skip

    def __call__(self, place, clients):
        from tests.browser import Browser

        browser, ahead = Browser(self.url, self.keys), self.wishes.of(place, clients)

        def book():
            answer = browser.send("/staff/booking", self.form(*next(ahead)))
            if answer.status != 303:
                raise RuntimeError(f"{answer.status} for a booking: {answer.text[:3000]}")

        return book


def query(**values):
    """The part of an address after its question mark."""
    return urlencode(values)
