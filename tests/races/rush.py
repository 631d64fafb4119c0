"""Many browsers that do something at the same moment, and what each was told."""

import http.client
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from urllib.parse import unquote

from tests.browser import Browser, Keys

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True)
class Errand:
    """What one browser is sent to do: a wish, and the form it goes with where that is not the wish itself."""

    keys: Keys
    path: str
    wish: dict
    form: dict | None = None


@dataclass
class Told:
    """What came back to one browser, and after how many seconds; ``status`` is 0 where the connection broke."""

    status: int
    text: str
    seconds: float
    headers: dict = field(default_factory=dict)

    @property
    def offered(self):
        """Every instant that stands on the page."""
        return {_instant(each) for each in INSTANT.findall(unquote(unescape(self.text)))}


class Crowd:
    """Browsers with open connections that are let go all at once."""

    def __init__(self, url, size):
        self.browsers = [Browser(url) for _ in range(size)]

    def __enter__(self):
        for browser in self.browsers:
            browser.connect()
        return self

    def __exit__(self, *_exception):
        for browser in self.browsers:
            browser.close()

    def rush(self, errands) -> list[Told]:
        """Send every browser on its errand at the same moment; in the order of the errands."""
        barrier = threading.Barrier(len(errands))
        told = [None] * len(errands)
        threads = [
            threading.Thread(target=_go, args=(barrier, browser, errand, told, place), daemon=True)
            for place, (browser, errand) in enumerate(zip(self.browsers, errands, strict=False))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        return [each or Told(0, "no answer within two minutes", 120.0) for each in told]


def _go(barrier, browser, errand, told, place):
    browser.keys = errand.keys
    barrier.wait()
    started = time.perf_counter()
    try:
        answer = browser.send(errand.path, errand.wish if errand.form is None else errand.form)
        told[place] = Told(answer.status, answer.text, time.perf_counter() - started, answer.headers)
    except (OSError, http.client.HTTPException) as error:
        told[place] = Told(0, repr(error), time.perf_counter() - started)


def count(told) -> Counter:
    """How many were told what; to be sent to sign in is no success, whatever its status."""
    return Counter(401 if "/sign-in" in each.headers.get("location", "") else each.status for each in told)


def _instant(text):
    return datetime.fromisoformat(text).astimezone(UTC)
