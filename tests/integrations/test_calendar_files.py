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


BERLIN, ANGELES = "TZID=Europe/Berlin", "TZID=America/Los_Angeles"
# Every day for four days about the Sunday on which the clock of Berlin goes forward, and back.
NINE_IN_SPRING = f"UID:a\nDTSTART;{BERLIN}:20300329T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4"
NINE_IN_AUTUMN = f"UID:a\nDTSTART;{BERLIN}:20301025T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4"


def begins(*events, zone=LONDON):
    """When what is found begins, in UTC."""
    return [f"{each.starts_at.astimezone(UTC):%m-%d %H:%M}" for each in read(file(*events), zone, FIRST, UNTIL)]


def test_a_cancelled_date_is_left_out_whatever_zone_its_moment_is_written_in():
    assert begins(NINE_IN_SPRING) == ["03-29 08:00", "03-30 08:00", "03-31 07:00", "04-01 07:00"]
    cancelled = "\nEXDATE:20300330T080000Z,20300401T070000Z"
    assert begins(NINE_IN_SPRING + cancelled) == ["03-29 08:00", "03-31 07:00"]
    assert begins(NINE_IN_AUTUMN + "\nEXDATE:20301026T070000Z,20301028T080000Z") == ["10-25 07:00", "10-27 08:00"]
    assert begins(NINE_IN_AUTUMN + f"\nEXDATE;{ANGELES}:20301026T000000,20301028T010000") == [
        "10-25 07:00", "10-27 08:00",
    ]  # fmt: skip
    # What is next to it is not it: nine o'clock in UTC is none of these.
    assert len(begins(NINE_IN_SPRING + "\nEXDATE:20300330T090000Z")) == 4


def test_a_series_without_a_zone_is_on_the_clinics_clock_and_so_is_what_is_left_out_of_it():
    floating = "UID:a\nDTSTART:20300330T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3"
    assert begins(floating + "\nEXDATE:20300331T080000Z") == ["03-30 09:00", "04-01 08:00"]
    in_utc = "UID:a\nDTSTART:20300330T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3"
    assert begins(in_utc + f"\nEXDATE;{BERLIN}:20300331T110000") == ["03-30 09:00", "04-01 09:00"]


def test_a_date_that_was_moved_is_at_its_new_time_alone():
    moved = "UID:a\nRECURRENCE-ID:{}\nDTSTART:{}\nDURATION:PT1H"
    assert begins(NINE_IN_SPRING, moved.format("20300331T070000Z", "20300331T120000Z")) == [
        "03-29 08:00", "03-30 08:00", "03-31 12:00", "04-01 07:00",
    ]  # fmt: skip
    assert begins(NINE_IN_AUTUMN, moved.format("20301026T070000Z", "20301026T120000Z")) == [
        "10-25 07:00", "10-26 12:00", "10-27 08:00", "10-28 08:00",
    ]  # fmt: skip


def test_a_date_that_was_added_is_at_the_moment_it_names():
    assert begins(NINE_IN_SPRING + "\nRDATE:20300403T080000Z,20301203T080000Z")[4:] == ["04-03 08:00", "12-03 08:00"]
    assert begins(NINE_IN_SPRING + "\nRDATE:20300329T080000Z") == begins(NINE_IN_SPRING)


def hours(*events, zone=LONDON):
    """From when until when what is found lasts, in UTC."""
    found = read(file(*events), zone, FIRST, UNTIL)
    return [(each.starts_at.strftime("%m-%d %H"), each.ends_at.strftime("%m-%d %H")) for each in found]


def test_a_date_that_was_added_with_its_own_length_has_that():
    start = "UID:a\nDTSTART;TZID=Europe/London:20300107T090000\nDTEND;TZID=Europe/London:20300107T100000\n"
    added = "RDATE;TZID=Europe/London;VALUE=PERIOD:20300108T090000/PT3H,20300109T090000/20300109T170000"
    assert hours(start + added) == [("01-07 09", "01-07 10"), ("01-08 09", "01-08 12"), ("01-09 09", "01-09 17")]
    assert hours("UID:b\nDTSTART:20300107T090000Z\nRDATE;VALUE=PERIOD:20300107T090000Z/PT2H") == [
        ("01-07 09", "01-07 11")
    ]
    backwards = "UID:c\nDTSTART:20300107T090000Z\nRDATE;VALUE=PERIOD:20300108T090000Z/20300108T080000Z"
    assert hours(backwards) == []


@pytest.mark.parametrize(
    ("evening", "begins", "ends"), [("20300330", "03-30 22", "03-31 05"), ("20301026", "10-26 21", "10-27 06")]
)
def test_a_night_over_which_the_clock_changes_ends_when_its_calendar_says(evening, begins, ends):
    morning = f"{int(evening) + 1}T060000"
    for zone, start in ((";TZID=Europe/London", "UID:a"), ("", "UID:b")):
        night = f"{start}\nDTSTART{zone}:{evening}T220000\n"
        assert hours(f"{night}DTEND{zone}:{morning}") == [(begins, ends)]


def test_every_date_of_a_series_lasts_as_long_as_the_first_by_its_end_and_days_of_a_length_are_the_calendars():
    nights = "UID:a\nDTSTART;TZID=Europe/London:20300329T220000\nRRULE:FREQ=DAILY;COUNT=2\n"
    assert hours(nights + "DTEND;TZID=Europe/London:20300330T060000") == [
        ("03-29 22", "03-30 06"),
        ("03-30 22", "03-31 06"),
    ]
    assert hours(nights + "DURATION:PT8H") == [("03-29 22", "03-30 06"), ("03-30 22", "03-31 06")]
    assert hours(nights + "DURATION:P1DT2H") == [("03-29 22", "03-31 00"), ("03-30 22", "03-31 23")]


def test_a_rule_ends_at_its_instant_and_not_with_a_day():
    late = f"UID:a\nDTSTART;{ANGELES}:20301116T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL={{}}"
    two = ["11-16 17:00", "11-17 17:00"]
    # The last second of the 17th in Los Angeles.
    assert begins(late.format("20301118T075959Z")) == two
    # What begins at the instant itself is the last; a second before it is not.
    assert begins(late.format("20301118T170000Z")) == [*two, "11-18 17:00"]
    assert begins(late.format("20301118T165959Z")) == two
    # A day without a time is in it whole, and a time without a zone is the series' own.
    assert begins(late.format("20301117")) == begins(late.format("20301117T090000")) == two
    summer = f"UID:a\nDTSTART;{ANGELES}:20300716T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20300718T065959Z"
    assert begins(summer) == ["07-16 16:00", "07-17 16:00"]
    east = "UID:a\nDTSTART;TZID=Asia/Tokyo:20300716T080000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20300716T230000Z"
    assert begins(east) == ["07-15 23:00", "07-16 23:00"]
    # Half past two comes twice that night, and the rule ends between the two.
    twice = f"UID:a\nDTSTART;{BERLIN}:20301026T023000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20301027T010000Z"
    assert begins(twice) == ["10-26 00:30", "10-27 00:30"]


@pytest.mark.parametrize("until", ["99991231", "99991231T235959Z", "99991231T235959"])
def test_a_rule_for_ever_is_followed_as_far_as_is_asked(until):
    for_ever = f"UID:a\nDTSTART;{ANGELES}:20301231T090000\nDURATION:PT1H\nRRULE:FREQ=YEARLY;UNTIL={until}"
    assert begins(for_ever) == ["12-31 17:00", "12-31 17:00"]


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
