"""Days of the calendar that are over: there to be looked at, with nothing to book."""

from datetime import timedelta

import pytest


@pytest.mark.parametrize("page", ["index", "week"])
@pytest.mark.parametrize("ahead", [0, -8])
def test_no_quarter_of_a_day_that_is_over_is_there_to_be_booked(cast, amara, page, ahead):
    day = cast.tomorrow_at(9).date() + timedelta(days=ahead)
    shown = amara.open(f"staff.calendar.{page}", date=day, provider=cast.dr_osei.id).text
    assert ('<li class="free' in shown) is (ahead == 0)
