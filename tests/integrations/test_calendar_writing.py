"""Calendar files that we write: what programs read of them, as the format has it."""

from clinic.integrations.calendar_writing import feed


def test_a_feed_says_by_both_names_how_long_it_keeps_as_a_duration_that_programs_read():
    lines = feed("Dr Osei", []).decode().splitlines()
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H" in lines and "X-PUBLISHED-TTL:PT1H" in lines
