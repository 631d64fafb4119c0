"""No table is forgotten: what says something about a patient is in their copy, is purged with them, or says why not."""

import sqlalchemy as sa

from clinic.db import Base
from clinic.models.retention import CLASSES
from clinic.queries.about_patients import tables_about_patients
from clinic.queries.checking import ALL_RULES
from clinic.queries.exports import LEFT_OUT, RELEASED, clinics_tables

# Tables of subjects, some still to come, and the rules that must then ask about them.
SUBJECTS = {
    "payments": {"I6", "I7"}, "webhook_events": {"I9"}, "text_replies": {"I9"}, "notifications": {"I9"},
    "documents": {"I15"},
}  # fmt: skip


def test_every_table_that_leads_to_a_patient_is_known_to_the_copies_and_the_purge(app, superuser):
    reached = {each.table for each in tables_about_patients()}
    with superuser.connect() as connection:
        named = set(
            connection.execute(
                sa.text(
                    """SELECT DISTINCT c.relname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
                        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
                          AND NOT c.relispartition AND a.attname IN ('patient_id', 'visit_id') AND NOT a.attisdropped"""
                )
            ).scalars()
        )
        pointing = set(
            connection.execute(
                sa.text(
                    """WITH RECURSIVE about AS (SELECT 'patients'::regclass::oid AS id UNION
                           SELECT k.conrelid FROM pg_constraint AS k JOIN about ON k.confrelid = about.id
                            WHERE k.contype = 'f')
                       SELECT c.relname FROM about JOIN pg_class AS c ON c.oid = about.id WHERE NOT c.relispartition"""
                )
            ).scalars()
        )
    # The audit log outlives all it names; what it says of a patient is in the copy all the same.
    assert named - {"audit_entries"} <= reached and pointing == reached


def test_what_is_left_out_of_a_patients_copy_says_why_and_is_there():
    reached = {each.table for each in tables_about_patients()}
    assert set(LEFT_OUT) <= reached and all(len(why) > 20 for why in LEFT_OUT.values())
    assert set(RELEASED) <= reached - set(LEFT_OUT)


def test_every_table_of_clinics_is_in_the_clinics_copy(app, superuser):
    with superuser.connect() as connection:
        owned = set(
            connection.execute(
                sa.text(
                    """SELECT c.relname FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.conrelid
                         JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
                        WHERE k.contype = 'p' AND a.attname = 'clinic_id' AND NOT c.relispartition
                          AND c.relname NOT LIKE 'old_audit_entries_%'"""
                )
            ).scalars()
        )
    assert owned == set(clinics_tables())


def test_every_table_stands_in_the_table_of_what_is_kept_how_long():
    told = {table for kept in CLASSES for table in kept.tables}
    assert set(Base.metadata.tables) <= told


def test_the_keeper_may_remove_every_clinics_rows_but_the_audit_logs_and_a_hold_stops_it(app, superuser):
    held = {each.table for each in tables_about_patients()} - {"user_tokens"}
    with superuser.connect() as connection:
        for table in clinics_tables():
            may = connection.execute(
                sa.text("SELECT has_table_privilege('clinic_keeper', :table, 'DELETE')"), {"table": table}
            ).scalar()
            assert may != table.startswith("audit_"), table
        policies = set(
            connection.execute(
                sa.text(
                    """SELECT c.relname FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid
                        WHERE NOT p.polpermissive AND p.polcmd = 'd' AND p.polname = 'held'
                          AND 'clinic_keeper'::regrole = ANY (p.polroles)"""
                )
            ).scalars()
        )
    assert held == policies


def test_the_tables_of_a_subject_are_there_together_with_its_invariants(app, superuser):
    with superuser.connect() as connection:
        there = set(
            connection.execute(sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars()
        )
    asked = {rule.number for rule in ALL_RULES}
    assert {f"I{number}" for number in (1, 2, 3, 4, 5, 8, 10, 11, 12, 13, 14, 16, 17, 18, 19)} <= asked
    for table, rules in SUBJECTS.items():
        asked_of_it = {rule.number for rule in ALL_RULES if table in rule.sql}
        assert table not in there or rules <= asked_of_it, f"{table} is there without {rules - asked_of_it}"
