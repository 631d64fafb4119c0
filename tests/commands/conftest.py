"""What the tests of the command line share: the command line itself, and the demo, made once."""

import pytest

from tests.databases import emptied
from tests.queries_counted import counted


@pytest.fixture
def flask(app):
    """Run `flask ...` and return its result."""
    runner = app.test_cli_runner()
    return lambda *arguments: runner.invoke(args=arguments)


@pytest.fixture(scope="module")
def demo(app, superuser):
    """The demo, as `flask seed` makes it; the result of the command and the statements it took."""
    with counted(app) as statements:
        result = app.test_cli_runner().invoke(args=["seed"])
    yield result, statements
    emptied(app, superuser)
