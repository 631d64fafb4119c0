"""The life of a visit in the documentation is the one in the code."""

from clinic.config import HOME
from tests.rules.drawings import flows_page


def test_the_page_of_flows_is_what_the_table_of_steps_says():
    assert (HOME / "docs" / "flows.md").read_text() == flows_page(), "docs/flows.md is old: run `make docs`"
