"""`flask check` finds what is wrong beside the visits: links, forms, jobs, seals, sessions, the database itself."""

from contextlib import contextmanager

import pytest
from sqlalchemy import text

from clinic.actions.patients import add_tag
from clinic.models.patients import TagKind

FRESH_SEAL = """
INSERT INTO audit_seals (clinic_id, id, number, entry_ids, first_at, last_at, previous_hash, hash)
SELECT clinic_id, gen_random_uuid(), {number}, array_agg(id), min(created_at), max(created_at), {previous}, {hash}
  FROM audit_entries WHERE clinic_id = (SELECT id FROM clinics WHERE slug = 'rose-street') GROUP BY clinic_id
"""
# What to plant, and the beginning of the line that tells of it. Everything is planted past every protection.
ROWS = {
    "a row that points into another clinic": (
        ["UPDATE patient_tags SET patient_id = (SELECT id FROM patients WHERE full_name = 'Sam Stranger')"],
        "fault: rose-street: a row of patient_tags points at a row of patients that is not there or not this clinic's",
    ),
    "a row that points at nobody": (
        ["UPDATE visits SET created_by_id = gen_random_uuid()"],
        "fault: rose-street: a row of visits points at a row of users",
    ),
    "a visit of a deleted patient": (
        ["UPDATE patients SET deleted_at = now()"],
        "fault: rose-street: a visit to come is of a patient who is deleted",
    ),
    "an erased patient with a telephone": (
        ["UPDATE patients SET erased_at = now() - interval '1 hour', phone = '1' WHERE full_name = 'Sam Stranger'"],
        "fault: harbour: an erased patient's record still says something of them",
    ),
    "a form that waits for its answer": (
        ["INSERT INTO idempotency_keys (id, user_id, key, method, path, request_hash, expires_at, created_at)"
         " SELECT gen_random_uuid(), id, 'k', 'POST', '/', '', now(), now() - interval '6 minutes' FROM users LIMIT 1"],
        "fault: a form was answered under one key twice, or has been waiting",
    ),
    "a job of a dead worker": (
        ["INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('default', 'planted', 'doing')"],
        "fault: a job is in the hands of a worker that is gone",
    ),
    "a job that nobody takes": (
        ["INSERT INTO procrastinate_jobs (queue_name, task_name, scheduled_at)"
         " VALUES ('default', 'planted', now() - interval '16 minutes')"],
        "fault: a job has been due for more than a quarter of an hour",
    ),
    "a job that was given up": (
        ["INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('default', 'planted', 'failed')"],
        "warning: a job was given up",
    ),
    "a chain that does not begin": (
        [FRESH_SEAL.format(number=2, previous="'\\x00'", hash="'\\x02'")],
        "fault: rose-street: a seal of the audit log is missing, or is not linked",
    ),
    "a seal that is not linked": (
        [FRESH_SEAL.format(number=1, previous="'\\x00'", hash="'\\x01'"),
         FRESH_SEAL.format(number=2, previous="'\\x09'", hash="'\\x02'")],
        "fault: rose-street: a seal of the audit log is missing, or is not linked",
    ),
    "a sealed entry that is gone": (
        [FRESH_SEAL.format(number=1, previous="'\\x00'", hash="'\\x01'"), "DELETE FROM audit_entries"],
        "fault: rose-street: a sealed entry of the audit log is gone",
    ),
    "a session of somebody suspended": (
        ["UPDATE users SET status = 'suspended'"], "fault: somebody who may not sign in has a live session",
    ),
    "a session of somebody deleted": (
        ["UPDATE users SET deleted_at = now()"], "fault: somebody who may not sign in has a live session",
    ),
    "a session in a closed clinic": (
        ["UPDATE clinics SET closed_at = now()"], "fault: somebody has a live session in a clinic that is closed",
    ),
}  # fmt: skip
# How to break the database, how to mend it, and what is then told.
GAPS = {
    "a table without row-level security": (
        "ALTER TABLE patients DISABLE ROW LEVEL SECURITY", "ALTER TABLE patients ENABLE ROW LEVEL SECURITY",
        "fault: a clinic's table does not force row-level security, or has no policy of the clinic [I16] (patients)",
    ),
    "a table whose owner sees all": (
        "ALTER TABLE visits NO FORCE ROW LEVEL SECURITY", "ALTER TABLE visits FORCE ROW LEVEL SECURITY",
        "[I16] (visits)",
    ),
    "a new table that was never protected": (
        "CREATE TABLE planted (clinic_id uuid NOT NULL)", "DROP TABLE planted", "[I16] (planted)",
    ),
    "a policy that is always true": (
        "CREATE POLICY planted ON patients USING (true)", "DROP POLICY planted ON patients",
        "fault: a policy lets the application see rows whoever asks [I16] (patients.planted)",
    ),
    "an application that passes row-level security": (
        "ALTER ROLE clinic_app BYPASSRLS", "ALTER ROLE clinic_app NOBYPASSRLS", "[I17] (clinic_app)",
    ),
    "an application that owns a table": (
        "CREATE TABLE planted (id int); ALTER TABLE planted OWNER TO clinic_app", "DROP TABLE planted",
        "fault: a role of the application owns something or has a power [I17] (clinic_app)",
    ),
    "an application that may rewrite the audit log": (
        "GRANT UPDATE ON audit_entries TO clinic_app", "REVOKE UPDATE ON audit_entries FROM clinic_app",
        "fault: the application may change what is only ever added to [I17] (audit_entries)",
    ),
    "a view with its owner's eyes": (
        "CREATE VIEW planted AS SELECT * FROM patients", "DROP VIEW planted",
        "fault: a view does not run as its caller [I18] (planted)",
    ),
    "a key without the clinic": (
        "CREATE UNIQUE INDEX planted_ids ON patients (id);"
        " ALTER TABLE patient_tags ADD CONSTRAINT planted FOREIGN KEY (patient_id) REFERENCES patients (id)",
        "ALTER TABLE patient_tags DROP CONSTRAINT planted; DROP INDEX planted_ids",
        "fault: a key between two tables of clinics does not carry the clinic [I19] (planted)",
    ),
}  # fmt: skip


@pytest.fixture
def rose(cast, session, amara):
    """Rose Street with a visit to come, a tag, and Amara signed in."""
    cast.booked()
    add_tag(cast.tom, TagKind.TAG, "Long visits", by=cast.amara.actor)
    session.commit()


@contextmanager
def past_every_protection(superuser):
    with superuser.connect() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        yield connection
        connection.execute(text("SET session_replication_role = origin"))


class TestCheckEverywhere:
    def test_ordinary_days_break_no_rule(self, flask, rose):
        result = flask("check")
        assert result.exit_code == 0 and "2 clinics checked, 0 faults" in result.output

    @pytest.mark.parametrize("fault", ROWS)
    def test_it_finds_a_planted_row(self, flask, rose, superuser, fault):
        statements, told = ROWS[fault]
        with past_every_protection(superuser) as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        result = flask("check")
        assert told in result.output and result.exit_code == (0 if told.startswith("warning") else 1), result.output

    @pytest.mark.parametrize("gap", GAPS)
    def test_it_finds_a_gap_in_the_database_itself(self, flask, rose, superuser, gap):
        make, mend, told = GAPS[gap]
        with superuser.connect() as connection:
            connection.exec_driver_sql(make)
            try:
                result = flask("check")
            finally:
                connection.exec_driver_sql(mend)
        assert result.exit_code == 1 and told in result.output, result.output
        assert flask("check").exit_code == 0

    def test_a_key_somebody_took_away_is_missed(self, flask, rose, superuser):
        definition = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'fk_locations_clinic_id'"
        with superuser.connect() as connection:
            rule = connection.execute(text(definition)).scalar()
            connection.execute(text("ALTER TABLE locations DROP CONSTRAINT fk_locations_clinic_id"))
            try:
                result = flask("check")
            finally:
                connection.execute(text(f"ALTER TABLE locations ADD CONSTRAINT fk_locations_clinic_id {rule}"))
        assert result.exit_code == 1 and "[I4] (locations (clinic_id) to clinics)" in result.output, result.output

    def test_nothing_of_a_patient_is_printed(self, flask, rose, superuser):
        with past_every_protection(superuser) as connection:
            connection.exec_driver_sql("UPDATE patient_words SET patient_id = gen_random_uuid()")
        result = flask("check")
        assert result.exit_code == 1 and "patient_words points at a row of patients" in result.output
        assert "baker" not in result.output.lower()
