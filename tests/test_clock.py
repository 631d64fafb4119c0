"""Whose clock counts: the database's, however wrong this machine's is; and a cookie's date counts for nothing."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from flask import session as cookie
from itsdangerous import TimestampSigner

from clinic import clock
from tests.forged import forged


@pytest.fixture(autouse=True)
def restored(monkeypatch):
    """Whatever a test lets the clock believe, the next one does not."""
    monkeypatch.setattr(clock, "_known", None)


def _heard(ahead, took=0.0):
    """The database said it is so many seconds later than here, after so long."""
    asked = time.monotonic() - took
    clock.compare(datetime.now(UTC) + timedelta(seconds=ahead - took / 2), asked)


def _ahead():
    return (clock.now() - datetime.now(UTC)).total_seconds()


class TestNow:
    def test_before_the_database_was_asked_it_is_this_machines(self):
        assert abs(_ahead()) < 1

    @pytest.mark.parametrize("ahead", [3600, -600])
    def test_it_is_the_databases_in_utc(self, ahead):
        _heard(ahead)
        assert abs(_ahead() - ahead) < 1 and clock.now().tzinfo is UTC

    def test_a_slow_answer_does_not_blur_what_a_quick_one_told(self):
        _heard(600)
        _heard(600.4, took=2)
        assert abs(_ahead() - 600) < 0.2

    def test_a_clock_that_was_set_is_followed_however_slowly_it_is_told(self):
        _heard(600)
        _heard(-3600, took=2)
        assert abs(_ahead() + 3600) < 2

    def test_every_transaction_compares(self, session):
        _heard(600)
        session.rollback()
        session.connection()
        assert abs(_ahead()) < 5


class TestCookie:
    @pytest.mark.parametrize("ahead", [600, -600, -86400 * 400])
    def test_one_signed_by_a_server_with_another_clock_is_read(self, app, monkeypatch, ahead):
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(TimestampSigner, "get_timestamp", lambda self: int(time.time()) + ahead)
            signed = app.session_interface.get_signing_serializer(app).dumps({"kept": "words"})
        with app.test_request_context(headers={"Cookie": f"{app.config['SESSION_COOKIE_NAME']}={signed}"}):
            assert cookie["kept"] == "words"

    def test_one_that_somebody_else_signed_is_nothing(self, app):
        signed = app.session_interface.get_signing_serializer(app).dumps({"kept": "words"})
        with app.test_request_context(headers={"Cookie": f"{app.config['SESSION_COOKIE_NAME']}={forged(signed)}"}):
            assert not cookie
