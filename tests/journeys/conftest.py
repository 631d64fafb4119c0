"""Journeys: the product served as it is, people in real browser windows."""

import pytest
import sqlalchemy as sa

from clinic.models.visits import Visit
from tests.cast import PASSWORD
from tests.journeys.browser import DESK, PHONE, Window, chromium
from tests.journeys.keyboard import Keys
from tests.live_server import served
from tests.visitor import Visitor

# The ways in which everybody must be able to go what matters most.
WAYS = {
    "1280 by keyboard": {"size": DESK, "keyboard": True},
    "360": {"size": PHONE},
    "without script": {"size": DESK, "javascript": False},
}


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


@pytest.fixture(params=WAYS.values(), ids=WAYS)
def way(request):
    """How a window is used in a journey: ``window(cast.amara, **way)``."""
    return request.param


@pytest.fixture
def visits(session, cast):
    """Every visit as the database has it now."""

    def look():
        session.rollback()
        session.enter(cast.scope)
        return session.scalars(sa.select(Visit)).all()

    return look


@pytest.fixture
def window(app, browser, live, cast):
    """Open a window, signed in as one of the cast or as nobody; all are closed afterwards.

    Who is signed in was so before, by their cookie; a journey about signing in asks for ``typed``,
    and one without a mouse for ``keyboard``.
    """
    opened = []

    def open_window(person=None, typed=False, keyboard=False, **options):
        window = (Keys if keyboard else Window)(browser, live.url, **options)
        opened.append(window)
        if person and typed:
            window.sign_in(person.user.email, PASSWORD)
        elif person:
            window.come_in(Visitor(app, person).client.get_cookie(app.config["SESSION_COOKIE_NAME"]))
        return window

    yield open_window
    for each in opened:
        each.close()
