"""When a patient sees what: the table of releases is what the database itself keeps to."""

import re

import pytest
import sqlalchemy as sa

from clinic.db import Base
from clinic.models.release import AT_ONCE, RELEASED, WITH_THEIR_PARENT
from clinic.queries.news import SEEN_SINCE

POLICY = sa.text(
    """SELECT pg_get_expr(polqual, polrelid) FROM pg_policy
        WHERE polrelid = CAST(:table AS regclass) AND polname = :name AND NOT polpermissive"""
)
SAMPLE = sa.text("SELECT pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polname = 'sample_of_a_condition'")


@pytest.fixture
def policy(app, superuser):
    """What the portal's policy of a table says, as the database spells it."""

    def asked(table):
        with superuser.connect() as connection:
            return _plain(connection.execute(POLICY, {"table": table, "name": "of_patient"}).scalar() or "")

    return asked


@pytest.fixture
def spelled(app, superuser):
    """A condition on a table as the database spells it; asked by a policy that is taken back at once."""

    def asked(table, condition):
        with superuser.connect().execution_options(isolation_level="READ COMMITTED") as connection:
            connection.execute(sa.text(f"CREATE POLICY sample_of_a_condition ON {table} USING ({condition})"))
            words = connection.execute(SAMPLE).scalar()
            connection.rollback()
        return _plain(words)

    return asked


def _plain(condition):
    return re.sub(r"[()\s]", "", condition)


# Staff, whom no list of patients limits.
EVERYBODY = "SELECTNULLIFcurrent_setting'app.patient_ids'::text,true,''::text::uuid[]AS\"nullif\"ISNULL"
# They are about coming to the clinic, not about what was found there.
NO_PART_OF_THE_RECORD = {"notifications", "visit_requests", "waitlist_entries", "stranded_visits", "slot_offers"}


@pytest.mark.parametrize("table", sorted(RELEASED))
def test_the_database_shows_a_patient_no_row_before_its_release(policy, spelled, table):
    kept, condition = policy(table), RELEASED[table].condition
    own = "app.patient_ids" in kept.replace(EVERYBODY, "") or "EXISTS" in kept
    assert own, f"{table} is not kept to the patient's own rows: {kept}"
    if condition != AT_ONCE:
        assert spelled(table, condition) in kept


@pytest.mark.parametrize("table", sorted(WITH_THEIR_PARENT))
def test_what_has_no_release_of_its_own_is_seen_if_and_only_if_its_parent_is(policy, table):
    assert f"EXISTSSELECT1FROM{WITH_THEIR_PARENT[table]}parent" in policy(table)


def test_every_clinical_table_of_a_patient_says_when_they_see_it():
    """A table that names a patient and a doctor or a visit is on the list, or is no part of the record."""
    known = RELEASED.keys() | WITH_THEIR_PARENT.keys()
    columns = {table.name: set(table.columns.keys()) for table in Base.metadata.sorted_tables}
    record = {
        table
        for table, names in columns.items()
        if {"patient_id", "visit_id"} <= names or {"patient_id", "recorded_at"} <= names
    }
    assert record - known <= NO_PART_OF_THE_RECORD


def test_what_counts_as_new_is_something_that_is_released():
    assert SEEN_SINCE.keys() <= RELEASED.keys() | WITH_THEIR_PARENT.keys()
