"""Every field of the five source designs has a place, and the places that exist are really there."""

import csv

import sqlalchemy as sa

from clinic.config import HOME

FIELDS = 592


def _rows():
    with (HOME / "docs" / "source-map.csv").open() as file:
        return list(csv.DictReader(file))


def test_no_field_has_fallen_out():
    rows = _rows()
    assert len(rows) == FIELDS
    assert all(row["table"] and row["column"] and row["state"] in ("built", "later") for row in rows)


def test_what_is_marked_built_is_in_the_database_and_what_is_marked_later_is_not(app, superuser):
    with superuser.connect() as connection:
        columns = {
            tuple(row)
            for row in connection.execute(
                sa.text("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'")
            )
        }
    for row in _rows():
        place = (row["table"], row["column"])
        assert (place in columns) == (row["state"] == "built"), f"{row['system']}.{row['entity']}.{row['field']}"
