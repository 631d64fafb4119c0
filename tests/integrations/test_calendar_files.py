"""Calendar files: whole days, series, exceptions, and what is not one."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from clinic.integrations.calendar_files import Unreadable, read

LONDON = ZoneInfo("Europe/London")
FIRST, UNTIL = date(2030, 1, 1), date(2032, 1, 1)


def file(*events):
    """A calendar file of these events, each a few lines."""
    inside = "".join(f"BEGIN:VEVENT\r\n{event.strip().replace(chr(10), chr(13) + chr(10))}\r\nEND:VEVENT\r\n"
                     for event in events)  # fmt: skip
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//\r\n{inside}END:VCALENDAR\r\n".encode()


def days(*events, zone=LONDON):
    """The first days of what is found, on the zone's calendar."""
    return [str(each.starts_at.astimezone(zone).date()) for each in read(file(*events), zone, FIRST, UNTIL)]


def test_a_whole_day_is_the_day_of_the_clinics_zone():
    (found,) = read(file("UID:a\nDTSTART;VALUE=DATE:20300606\nSUMMARY:A  day"), LONDON, FIRST, UNTIL)
    assert (found.uid, found.title) == ("a", "A day")
    assert found.starts_at == datetime(2030, 6, 5, 23, tzinfo=UTC)
    assert found.ends_at - found.starts_at == timedelta(hours=24)


def test_a_change_sunday_is_as_long_as_it_is():
    zone = ZoneInfo("Australia/Lord_Howe")
    (found,) = read(file("UID:a\nDTSTART;VALUE=DATE:20310406"), zone, FIRST, UNTIL)
    assert found.ends_at - found.starts_at == timedelta(hours=24, minutes=30)


def test_a_yearly_series_leaves_out_its_exceptions_and_follows_what_was_moved():
    series = "UID:a\nDTSTART;VALUE=DATE:20201225\nRRULE:FREQ=YEARLY\nSUMMARY:Christmas"
    assert days(series) == ["2030-12-25", "2031-12-25"]
    assert days(series + "\nEXDATE;VALUE=DATE:20301225") == ["2031-12-25"]
    moved = "UID:a\nRECURRENCE-ID;VALUE=DATE:20301225\nDTSTART;VALUE=DATE:20301227\nSUMMARY:Christmas, moved"
    assert days(series, moved) == ["2030-12-27", "2031-12-25"]
    cancelled = "UID:a\nRECURRENCE-ID;VALUE=DATE:20301225\nDTSTART;VALUE=DATE:20301225\nSTATUS:CANCELLED"
    assert days(series, cancelled) == ["2031-12-25"]


def test_a_rule_by_weekday_its_end_and_single_dates_count():
    monday = "UID:a\nDTSTART;VALUE=DATE:20300506\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=1MO;UNTIL=20301231T000000Z"
    assert days(monday) == ["2030-05-06"]
    assert days("UID:b\nDTSTART;VALUE=DATE:20300506\nRDATE;VALUE=DATE:20310505") == ["2030-05-06", "2031-05-05"]
    assert days("UID:c\nDTSTART;VALUE=DATE:20300506\nRRULE:FREQ=DAILY;COUNT=2") == ["2030-05-06", "2030-05-07"]


def test_times_keep_their_zone_and_those_without_one_are_on_the_clinics_clock():
    there = "UID:a\nDTSTART;TZID=America/New_York:20300606T090000\nDTEND;TZID=America/New_York:20300606T100000"
    here = "UID:b\nDTSTART:20300606T090000\nDURATION:PT2H"
    found = read(file(there, here), LONDON, FIRST, UNTIL)
    assert [each.starts_at.hour for each in found] == [8, 13]
    assert found[0].ends_at - found[0].starts_at == timedelta(hours=2)


def test_what_lies_outside_lasts_no_time_or_for_years_is_left_out():
    assert days(
        "UID:a\nDTSTART;VALUE=DATE:20291231", "UID:b\nDTSTART;VALUE=DATE:20320101", "UID:c\nDTSTART:20300606T090000Z",
        "UID:d\nDTSTART;VALUE=DATE:20300101\nDTEND;VALUE=DATE:20310601",
    ) == []  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        b"", b"hello", b"BEGIN:VCALENDAR", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VEVENT\r\nEND:VCALENDAR",
        file("UID:a\nDTSTART;VALUE=DATE:20300606\nRRULE:FREQ=SECONDLY"),
        file("UID:a\nDTSTART;VALUE=DATE:20300606\nRRULE:FREQ=DAILY;INTERVAL=0"),
        file("UID:a\nDTSTART;VALUE=DATE:20300606\nRRULE:FREQ=DAILY;BYHOUR=1,2,3"),
        file("UID:a\nDTSTART;VALUE=DATE:20300101\nRRULE:FREQ=DAILY"),
        file("UID:a\nDTSTART;VALUE=DATE:20300606\nDTEND:20300607T000000Z"),
        file("UID:a\nDTSTART:yesterday"),
        file(*["UID:a\nDTSTART;VALUE=DATE:20300606"] * 2001),
    ],
)  # fmt: skip
def test_what_is_no_calendar_of_holidays_is_said_to_be_none(text):
    with pytest.raises(Unreadable):
        read(text, LONDON, FIRST, UNTIL)
