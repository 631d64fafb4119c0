"""What the tests of the command line share: the command line itself, and the demo, made once."""

import time

import pytest

from tests.databases import emptied


@pytest.fixture
def flask(app):
    """Run `flask ...` and return its result."""
    runner = app.test_cli_runner()
    return lambda *arguments: runner.invoke(args=arguments)


@pytest.fixture(scope="module")
def demo(app, superuser):
    """The demo, as `flask seed` makes it; the result of the command and how long it took, in seconds."""
    began = time.monotonic()
    result = app.test_cli_runner().invoke(args=["seed"])
    yield result, time.monotonic() - began
    emptied(app, superuser)
