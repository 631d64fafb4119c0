"""The report of what is promised tells more than its tests do: the races in full, and what is left out."""

import re

from clinic.config import HOME
from tests.security_report import RACES, page


def test_it_quotes_the_races_with_their_browsers_and_rounds_and_when_they_were_measured():
    told, races = page({}), RACES.read_text()
    rows = re.findall(r"^\| (?!Race|---|Control|neither|the lock).+ \|$", races, re.MULTILINE)
    assert len(rows) > 5 and all(row in told for row in rows)
    assert "browsers held, booked, moved" in told
    assert re.search(r"^Measured .+ by `make races`", told, re.MULTILINE)


def test_it_tells_everything_that_is_deliberately_left_out_and_why():
    section = (
        (HOME / "SECURITY.md").read_text().partition("## Deliberately left out, and why\n")[2].partition("\n## ")[0]
    )
    assert section.count("\n- **") > 5
    told = page({})
    assert section.strip() in told and "## Running it safely" not in told
