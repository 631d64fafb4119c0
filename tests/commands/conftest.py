"""What the tests of the command line share: the command line itself, and the demo, made once."""

import time

import pytest
from sqlalchemy import text

from clinic.db import db
from tests.conftest import TABLES


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
    with app.app_context():
        db.session.remove()
    with superuser.connect() as connection:
        wipe = connection.execute(text(TABLES)).scalar()
        connection.execute(text("SET session_replication_role = replica"))
        connection.exec_driver_sql(wipe)
        connection.exec_driver_sql("DELETE FROM procrastinate_events; DELETE FROM procrastinate_jobs")
        connection.execute(text("SET session_replication_role = origin"))
