"""Where faults are injected, and what is told of them; that the data is whole afterwards tests/conftest.py asks."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from tests.faults.place import CLIENTS
from tests.faults.wire import Wire
from tests.races.stage import staged_on


@contextmanager
def placed(server):
    """A stage whose two web workers reach the database through a wire that can be stopped."""
    with (
        Wire(server) as wire,
        staged_on(server, CLIENTS, through=wire.through, workers=2) as (stage, live, url),
        server.connect("postgres", live.database) as superuser,
    ):
        yield SimpleNamespace(stage=stage, live=live, url=url, wire=wire, superuser=superuser)


@pytest.fixture(scope="package")
def place(server):
    """The stage that most of them share."""
    with placed(server) as here:
        yield here


@pytest.fixture
def seen(record_property):
    """Tell the report of faults what users saw meanwhile, and any other figure; it may be told several things."""
    return lambda words: record_property("seen", words)
