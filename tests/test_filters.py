"""Dates, times and money read as the clinic's country writes them, on the clinic's own clock."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from flask import g

from clinic import filters
from clinic.db import now

NOON = datetime(2026, 7, 14, 12, 5, tzinfo=UTC)
PLACES = {
    "London": ("Europe/London", "en_GB", "GBP", "13:05", "14 Jul 2026", "£1,234.50", "14/07/2026"),
    "New York": ("America/New_York", "en_US", "USD", "8:05 AM", "Jul 14, 2026", "$1,234.50", "7/14/2026"),
    "Lisbon": ("Europe/Lisbon", "pt_PT", "EUR", "13:05", "14 Jul 2026", "1 234,50 €", "14/07/2026"),
    "Berlin": ("Europe/Berlin", "de_DE", "EUR", "14:05", "14 Jul 2026", "1.234,50 €", "14.7.2026"),
}


@pytest.fixture(params=PLACES, ids=str)
def written(request, app):
    """A page of the clinic, and how its country writes things."""
    timezone, locale, currency, *expected = PLACES[request.param]
    with app.test_request_context("/"):
        g.page_clinic = SimpleNamespace(timezone=timezone, locale=locale, currency=currency)
        yield expected


def _spaced(text):
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def test_as_the_country_writes_it(written):
    clock, day, money, birthday = written
    assert _spaced(filters.clock(NOON)) == clock
    assert _spaced(filters.day_short(NOON)) == day
    assert _spaced(filters.money(Decimal("1234.5"))) == money
    assert filters.birthday(date(2026, 7, 14)) == birthday


def test_a_moment_names_its_zone(app):
    with app.test_request_context("/"):
        g.page_clinic = SimpleNamespace(timezone="America/New_York", locale="en_US", currency="USD")
        assert "EDT" in filters.moment(NOON) and "July" in filters.moment(NOON)
        assert filters.moment(NOON, ZoneInfo("Europe/Berlin")).endswith("(GMT+02:00)")


def test_days_and_months_are_in_the_pages_own_language_wherever_the_clinic_is(app):
    with app.test_request_context("/"):
        g.page_clinic = SimpleNamespace(timezone="Europe/Berlin", locale="de_DE", currency="EUR")
        assert filters.day(NOON) == "Tuesday, 14 July 2026" and "(CEST)" in filters.moment(NOON)
        filters.speak("de")
        assert filters.day(NOON) == "Dienstag, 14. Juli 2026" and "(MESZ)" in filters.moment(NOON)


def test_how_long_ago_is_said_in_minutes_then_hours(app):
    with app.test_request_context("/"):
        assert filters.ago(now() - timedelta(minutes=12, seconds=30)) == "12 min"
        assert filters.ago(now() - timedelta(minutes=125, seconds=30)) == "2 h 5 min"
        assert filters.birthday(None) == ""


@pytest.mark.parametrize(
    ("born", "words"),
    [(date(1955, 12, 1), "70 years"), (date(2024, 7, 14), "2 years"), (date(2024, 7, 15), "23 months"),
     (date(2026, 6, 13), "1 month"), (date(2026, 7, 14), "0 months"), (date(2026, 7, 15), ""), (None, "")],
)  # fmt: skip
def test_an_age_is_in_years_and_in_months_for_the_first_two(app, born, words):
    with app.test_request_context("/"):
        g.page_clinic = SimpleNamespace(timezone="Europe/London", locale="en_GB", currency="GBP")
        assert filters.age(born, on=date(2026, 7, 14)) == words
