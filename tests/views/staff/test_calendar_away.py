"""When a doctor is away or the clinic is closed, as the calendar says it: a whole day, or the part of it in the day."""

import re

import pytest

from clinic.actions import blocks, closures


@pytest.fixture
def ill_then_closed(cast, session):
    """Dr Osei is ill all of tomorrow; from the evening after it the clinic is closed until two mornings later."""
    first, last = cast.tomorrow_at(0), cast.tomorrow_at(0, days=2)
    blocks.add(cast.dr_osei, first, last, zone="Europe/London", reason="Fever", by=cast.ines.actor)
    span = {"starts_at": cast.tomorrow_at(20, days=2), "ends_at": cast.tomorrow_at(9, days=4)}
    closures.add(session, title="Works", by=cast.ines.actor, **span)
    session.commit()


def away(page, date):
    """What the page says of blocks and closures of that day; a page of one day alone has one lane."""
    lane = page.partition(f'data-date="{date}"')[2].partition("</section>")[0] or page
    tiles = re.findall(r'<li class="tile tile-(?:block|closure)[^>]*>(.*?)</li>', lane, re.DOTALL)
    return [" ".join(re.sub("<[^>]*>", " ", tile).split()) for tile in tiles]


@pytest.mark.parametrize("view", ["index", "week"])
@pytest.mark.parametrize(
    ("days", "words"),
    [
        (1, "All day Away Fever"),
        (2, "20:00 Closed Works · until 00:00"),
        (3, "All day Closed Works"),
        (4, "00:00 Closed Works · until 09:00"),
    ],
)
def test_each_day_says_what_part_of_it_is_taken(cast, amara, ill_then_closed, view, days, words):
    date = cast.tomorrow_at(12, days=days).date().isoformat()
    page = amara.open(f"staff.calendar.{view}", date=date, provider=cast.dr_osei.id, whole="1").text
    assert away(page, date) == [words]
