"""The dates of a rule: so many days, weeks or months apart, so often or until a day."""

from datetime import date

from clinic.models.series import MOST, dates


def test_every_week_eight_times():
    found = dates("week", 1, date(2026, 10, 6), times=8)
    assert len(found) == 8 and found[0] == date(2026, 10, 6) and found[-1] == date(2026, 11, 24)


def test_every_other_week_until_a_day_that_counts_itself():
    found = dates("week", 2, date(2026, 10, 6), until_on=date(2026, 11, 3))
    assert found == [date(2026, 10, 6), date(2026, 10, 20), date(2026, 11, 3)]


def test_every_third_day():
    assert dates("day", 3, date(2026, 12, 30), times=2) == [date(2026, 12, 30), date(2027, 1, 2)]


def test_a_month_that_is_too_short_has_its_last_day_so_that_none_is_left_out():
    found = dates("month", 1, date(2026, 1, 31), times=4)
    assert found == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]


def test_a_rule_without_a_near_end_gives_one_date_more_than_can_be_booked_and_no_more():
    assert len(dates("day", 1, date(2026, 1, 1), until_on=date(2099, 1, 1))) == MOST + 1
