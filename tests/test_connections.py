"""Connections are looked at before they are lent out: one that the server gave up is never handed to anybody."""

import pytest
import sqlalchemy as sa

from clinic import connections
from clinic.db import db


@pytest.fixture
def engine(cast):
    """The application's engine, with nothing lent out."""
    db.session.remove()
    db.engine.dispose()
    return db.engine


def _server_process(engine):
    with engine.connect() as connection:
        return connection.execute(sa.text("SELECT pg_backend_pid()")).scalar()


@pytest.fixture
def pings(engine, monkeypatch):
    """How often a connection was asked whether its server is still there."""
    asked = []
    ping = engine.dialect.do_ping
    monkeypatch.setattr(engine.dialect, "do_ping", lambda connection: asked.append(1) or ping(connection))
    return asked


def test_a_connection_used_a_moment_ago_is_lent_out_without_asking_the_server(engine, pings):
    assert len({_server_process(engine) for _ in range(5)}) == 1
    assert not pings


def test_one_that_rested_is_asked_first(engine, pings, monkeypatch):
    _server_process(engine)
    monkeypatch.setattr(connections, "RESTED", -1)
    _server_process(engine)
    assert len(pings) == 1


def test_one_that_the_server_closed_is_replaced_unnoticed(engine, superuser):
    former = _server_process(engine)
    with superuser.connect() as root:
        root.execute(sa.text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": former})
    assert _server_process(engine) != former
