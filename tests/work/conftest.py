"""What the tests of jobs stand on."""

import pytest

from tests.telling import Telling


@pytest.fixture
def telling(app, session, cast, superuser, tmp_path, monkeypatch):
    """What patients of Rose Street are told, kept in a folder; by day, at whatever hour the test runs."""
    monkeypatch.setitem(app.config, "MAIL_URL", "")
    monkeypatch.setitem(app.config, "SMS_URL", "")
    monkeypatch.setitem(app.config, "MAIL_FOLDER", str(tmp_path / "mail"))
    return Telling(app, session, cast, superuser, tmp_path / "mail")


@pytest.fixture
def tom(session, cast):
    """Tom, who has an email address and a mobile number."""
    cast.tom.email, cast.tom.phone = "tom@baker.example", "+44 7700 900123"
    session.commit()
    return cast.tom
