"""Public holidays out of a file: looked at, ticked, closed once however often the file comes."""

import io
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from babel.dates import format_date

from clinic.models.audit import AuditEntry
from clinic.models.closures import Closure, ClosureSource
from clinic.queries import affected
from clinic.queries.open_times import open_times
from clinic.views.staff import holidays


def rows(session):
    session.rollback()
    session.expire_all()
    return session.scalars(sa.select(Closure).order_by(Closure.starts_at)).all()


def day(cast, days):
    return cast.tomorrow_at(12, days=days).astimezone(ZoneInfo("Europe/London")).date()


@pytest.fixture
def file(cast):
    """A yearly holiday in ten days, another in twenty."""

    def events():
        lines = [
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//", "BEGIN:VEVENT", "UID:swithin",
            f"DTSTART;VALUE=DATE:{day(cast, 10):%Y%m%d}", "RRULE:FREQ=YEARLY", "SUMMARY:St Swithin", "END:VEVENT",
            "BEGIN:VEVENT", "UID:crispin", f"DTSTART;VALUE=DATE:{day(cast, 20):%Y%m%d}",
            "SUMMARY:St Crispin <b>", "END:VEVENT", "END:VCALENDAR", "",
        ]  # fmt: skip
        return "\r\n".join(lines).encode()

    return events


def look(visitor, text, name="holidays.ics"):
    """What the page says to a file."""
    return visitor.send("staff.holidays.look", {"file": (io.BytesIO(text), name)})


def boxes(page):
    """What the ticked boxes of the page would send."""
    return [unescape(value) for value in re.findall(r'name="days" value="([^"]*)" checked>', page)]


def test_the_days_are_shown_first_and_the_ticked_ones_are_closed(ines, cast, session, file):
    page = look(ines, file())
    assert page.status_code == 200 and "St Crispin &lt;b&gt;" in page.text and not rows(session)
    sent = boxes(page.text)
    assert len(sent) == 3
    assert ines.send("staff.holidays.create", {"days": sent[:2]}).status_code == 303
    first, second = rows(session)
    assert (first.title, second.title) == ("St Swithin", "St Crispin <b>")
    assert first.source == ClosureSource.ICS and first.last_day("Europe/London") == day(cast, 10)
    assert not open_times(session, cast.at, cast.consultation, [cast.dr_osei.id], day(cast, 10), day(cast, 10))
    entries = session.scalars(sa.select(AuditEntry.action).where(AuditEntry.resource_type == "closures")).all()
    assert entries == ["closures.add", "closures.add"]


def test_each_day_says_from_when_to_when_it_closes(ines, cast):
    def event(uid, name, begins, ends):
        return ["BEGIN:VEVENT", f"UID:{uid}", f"DTSTART{begins}", f"DTEND{ends}", f"SUMMARY:{name}", "END:VEVENT"]

    def words(days):
        return format_date(day(cast, days), "medium", locale="en_GB")

    afternoon = event("eve", "The eve", f":{day(cast, 8):%Y%m%d}T120000", f":{day(cast, 8):%Y%m%d}T180000")
    week = event("week", "The week", f";VALUE=DATE:{day(cast, 9):%Y%m%d}", f";VALUE=DATE:{day(cast, 13):%Y%m%d}")
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//"]
    text = "\r\n".join([*head, *afternoon, *week, "END:VCALENDAR", ""]).encode()
    eve, rest = (re.sub(r"<[^>]*>|\s+", " ", part) for part in look(ines, text).text.split("The week", 1))
    assert f"{words(8)}, 12:00" in eve and f"{words(8)}, 18:00" in eve
    assert words(9) in rest and f"{words(12)} all day" in re.sub(" +", " ", rest)


def test_each_day_says_how_many_visits_it_would_take_the_time_of(ines, cast, file):
    for hour in (10, 14):
        cast.booked(cast.tomorrow_at(hour, days=10))
    cast.booked(cast.tomorrow_at(10, days=11))
    page = look(ines, file()).text
    assert page.count("2 visits lie in it; their patients will need another time") == 1
    assert page.count("lie in it") + page.count("lies in it") == 1


def test_the_visits_of_all_days_are_counted_at_once(session, cast):
    at = cast.tomorrow_at(10, days=10)
    cast.booked(at)
    spans = [(at + timedelta(hours=n), at + timedelta(hours=n + 2)) for n in (-1, 0, 5, -2)]
    assert affected.in_spans(session, cast.at, spans) == [1, 1, 0, 0]
    assert affected.in_spans(session, cast.at, []) == []


def test_visits_on_the_days_are_looked_after_at_once(ines, cast, session, file):
    cast.booked(cast.tomorrow_at(10, days=10))
    answer = ines.send("staff.holidays.create", {"days": boxes(look(ines, file()).text)})
    assert answer.status_code == 303 and answer.location.endswith("/staff/stranded")
    assert "St Swithin" in ines.open(answer.location).text


def test_the_same_file_again_changes_nothing(ines, session, file):
    sent = boxes(look(ines, file()).text)
    for _twice in range(2):
        assert ines.send("staff.holidays.create", {"days": sent}).status_code == 303
    assert len(rows(session)) == 3
    page = look(ines, file()).text
    assert not boxes(page) and page.count("closed already") == 3


def test_a_day_that_was_opened_again_comes_back_only_when_it_is_ticked(ines, session, file):
    sent = boxes(look(ines, file()).text)
    ines.send("staff.holidays.create", {"days": sent})
    ines.send("staff.closures.remove", closure_id=rows(session)[0].id)
    page = look(ines, file()).text
    assert not boxes(page) and "you opened it again" in page
    ines.send("staff.holidays.create", {"days": sent[:1]})
    assert [each.removed_at for each in rows(session)] == [None] * 3


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        (b"hello", "holidays.ics", "not a calendar we can read"),
        (b"", "holidays.ics", "The file is empty"),
        (b"\x00\xff", "holidays.ics", "not plain text"),
        (b"BEGIN:VCALENDAR", "holidays.exe", "not taken here"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(ines, session, text, name, words):
    answer = look(ines, text, name)
    assert answer.status_code == 422 and words in answer.text and not rows(session)


def test_one_that_is_too_large_is_refused(ines, session, file, monkeypatch):
    monkeypatch.setattr(holidays, "CALENDARS", replace(holidays.CALENDARS, most_bytes=100))
    answer = look(ines, file())
    assert answer.status_code == 422 and "too large" in answer.text and not rows(session)


def test_no_file_at_all_is_asked_for(ines):
    answer = ines.send("staff.holidays.look", {})
    assert answer.status_code == 422 and "Choose a file first" in answer.text


@pytest.mark.parametrize(
    "typed", ["", "[]", "{", '["a", "b", "2030-01-01", "2030-01-02"]', '["", "b", 1, 2]', "[1, 2, 3, 4]"]
)
def test_days_the_page_did_not_write_are_refused(ines, session, typed):
    answer = ines.send("staff.holidays.create", {"days": [typed]})
    assert answer.status_code == 422 and "Choose the file again" in answer.text and not rows(session)


def test_days_that_are_over_are_left_out(ines, session, cast):
    over = f'["a", "Over", "{cast.tomorrow_at(9, days=-5).isoformat()}", "{cast.tomorrow_at(10, days=-5).isoformat()}"]'
    answer = ines.send("staff.holidays.create", {"days": [over]})
    assert answer.status_code == 303 and not rows(session)


def test_only_the_administrator_may(amara, osei, maya, file, cast):
    for visitor in (amara, osei, maya):
        assert visitor.open("staff.holidays.new").status_code == 403
        assert look(visitor, file()).status_code == 403
        assert visitor.send("staff.holidays.create", {"days": []}).status_code == 403
