"""The drawn pages of the documentation are what the code would draw today."""

from clinic.config import HOME
from tests.rules.drawings import calendar_lines, data_model_page, flows_page, keeping_page, map_page


def test_the_page_of_flows_is_what_the_table_of_steps_says():
    assert (HOME / "docs" / "flows.md").read_text() == flows_page(), "docs/flows.md is old: run `make docs`"


def test_the_page_of_the_data_model_is_what_the_models_say():
    assert (HOME / "docs" / "data-model.md").read_text() == data_model_page(), (
        "docs/data-model.md is old: run `make docs`"
    )


def test_the_map_names_every_module():
    assert (HOME / "docs" / "map.md").read_text() == map_page(), "docs/map.md is old: run `make docs`"


def test_the_page_of_what_is_kept_is_what_the_classes_and_the_rules_say():
    assert (HOME / "docs" / "keeping.md").read_text() == keeping_page(), "docs/keeping.md is old: run `make docs`"


def test_the_calendars_places_are_as_many_as_the_longest_day_has_lines():
    written = (HOME / "static" / "css" / "calendar_lines.css").read_text()
    assert written == calendar_lines(), "static/css/calendar_lines.css is old: run `make docs`"
