"""Journeys: the product served as it is, people in real browser windows."""

import pytest

from tests.cast import PASSWORD
from tests.journeys.browser import DESK, PHONE, Window, chromium
from tests.live_server import served


@pytest.fixture(scope="session")
def live(app, server):
    """The running product over the worker's database."""
    with served(server.environment(), threads=32, DATABASE_POOL="8") as running:
        yield running


@pytest.fixture(scope="session")
def browser():
    """One Chromium for the run."""
    with chromium() as running:
        yield running


@pytest.fixture(params=[DESK, PHONE], ids=["1280", "360"])
def size(request):
    """The screens every page must work on."""
    return request.param


@pytest.fixture
def window(browser, live, cast):
    """Open a window, signed in as one of the cast or as nobody; all are closed afterwards."""
    opened = []

    def open_window(person=None, **options):
        window = Window(browser, live.url, **options)
        opened.append(window)
        if person:
            window.sign_in(person.user.email, PASSWORD)
        return window

    yield open_window
    for each in opened:
        each.close()
