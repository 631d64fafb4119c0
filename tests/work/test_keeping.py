"""What the night lets go of, class by class, what it never touches, and what a legal hold keeps from it."""

from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa

from clinic.actions import legal_holds, visits
from clinic.actions.patients import add_tag
from clinic.models.patients import TagKind
from clinic.models.retention import CLASSES
from clinic.models.visits import CancelReason, Visit
from clinic.work.handlers import run
from clinic.work.keeper import keeper


@pytest.fixture
def sql(superuser):
    """Run statements past every rule; the rows of the last one."""

    def do(*statements):
        with superuser.connect() as connection:
            for statement in statements:
                found = connection.exec_driver_sql(statement)
            return found.fetchall() if found.returns_rows else found.rowcount

    return do


@pytest.fixture
def night(app, session):
    """Let a night pass."""

    def pass_():
        session.rollback()
        run(app, "keeping.purge", {})
        session.expire_all()

    return pass_


def count(sql, table):
    return sql(f"SELECT count(*) FROM {table}")[0][0]


# A row that is past its time, one that is not quite, and the table they are in.
ROWS = {
    "user_sessions": """
        INSERT INTO user_sessions (id, user_id, token_hash, expires_at, revoked_at)
        SELECT gen_random_uuid(), u.id, decode(md5(age), 'hex'), now() - age::interval + CASE kind WHEN 'ran out'
               THEN interval '0' ELSE interval '1 year' END, CASE kind WHEN 'ran out' THEN NULL
               ELSE now() - age::interval END
          FROM (SELECT id FROM users LIMIT 1) AS u, (VALUES ('91 days', 'ran out'), ('92 days', 'signed out'),
               ('89 days', 'ran out'), ('88 days', 'signed out')) AS t (age, kind)""",
    "user_tokens": """
        INSERT INTO user_tokens (id, user_id, purpose, token_hash, expires_at, used_at)
        SELECT gen_random_uuid(), u.id, 'reset_password', decode(md5(age), 'hex'), now() - age::interval, used
          FROM (SELECT id FROM users LIMIT 1) AS u, (VALUES ('91 days', NULL), ('0 days', now() - interval '91 days'),
               ('89 days', NULL), ('100 days', now() - interval '89 days')) AS t (age, used)""",
    "idempotency_keys": """
        INSERT INTO idempotency_keys (id, user_id, key, method, path, request_hash, status_code, expires_at)
        SELECT gen_random_uuid(), u.id, age, 'POST', '/', '', 303, now() - age::interval
          FROM (SELECT id FROM users LIMIT 1) AS u, (VALUES ('1 minute'), ('2 hours'), ('-1 minute'), ('-23 hours'))
               AS t (age)""",
    "recovery_codes": """
        INSERT INTO recovery_codes (id, user_id, code_hash, used_at)
        SELECT gen_random_uuid(), u.id, decode(md5(age), 'hex'), now() - age::interval
          FROM (SELECT id FROM users LIMIT 1) AS u, (VALUES ('91 days'), ('93 days'), ('89 days'), ('1 day'))
               AS t (age)""",
}


class TestPurge:
    @pytest.mark.parametrize("table", ROWS)
    def test_what_is_past_its_time_goes_and_what_is_not_stays(self, night, sql, cast, table):
        sql(ROWS[table])
        night()
        assert count(sql, table) == 2
        night()
        assert count(sql, table) == 2

    def test_jobs_that_ended_a_month_ago_go_with_their_events_and_waiting_ones_never(self, night, sql, cast):
        sql(
            """INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('default', 'old', 'failed'),
               ('default', 'young', 'failed'), ('default', 'waiting', 'todo')""",
            """INSERT INTO procrastinate_events (job_id, type, at) SELECT id, 'failed', now() - CASE task_name
               WHEN 'old' THEN interval '31 days' ELSE interval '29 days' END FROM procrastinate_jobs""",
            "UPDATE procrastinate_events SET at = now() - interval '31 days' WHERE type = 'deferred'",
            """INSERT INTO procrastinate_periodic_defers (task_name, defer_timestamp, job_id)
               SELECT 'old', 1, id FROM procrastinate_jobs WHERE task_name = 'old'""",
        )
        night()
        left = sql("SELECT task_name FROM procrastinate_jobs ORDER BY 1")
        assert [name for (name,) in left] == ["waiting", "young"]
        assert count(sql, "procrastinate_events WHERE job_id NOT IN (SELECT id FROM procrastinate_jobs)") == 0
        night()
        assert count(sql, "procrastinate_periodic_defers WHERE task_name = 'old'") == 0

    def test_the_run_stands_in_the_audit_log_with_how_much_went(self, night, sql, cast, session):
        sql(ROWS["recovery_codes"])
        night()
        told = sql("SELECT metadata FROM audit_entries WHERE action = 'keeping.purge' AND actor_role = 'job'")
        assert told == [({"Recovery codes": 2},)]

    def test_rights_held_for_a_while_are_kept_six_years_in_each_clinic(self, night, sql, cast):
        sql(f"""INSERT INTO access_grants (clinic_id, id, kind, user_id, granted_by_id, scope, reason, until,
                                           created_at)
                SELECT clinic_id, gen_random_uuid(), 'support', user_id, user_id, ARRAY['visits'], 'Asked to look',
                       now() - age::interval, now() - age::interval
                  FROM memberships, (VALUES ('6 years 1 day'), ('5 years')) AS t (age)
                 WHERE user_id = '{cast.ines.user.id}'""")  # fmt: skip
        night()
        assert count(sql, "access_grants") == 1

    def test_every_class_that_goes_names_only_tables_that_are_there(self, sql, cast):
        for kept in CLASSES:
            for table in kept.tables:
                assert sql(f"SELECT to_regclass('public.{table}') IS NOT NULL")[0][0], table


class TestAuditMonths:
    OLD = "audit_entries_2019_03"

    @pytest.fixture(autouse=True)
    def an_old_month(self, sql, cast):
        young = "audit_entries_2024_03"
        sql(
            f"CREATE TABLE {self.OLD} PARTITION OF audit_entries FOR VALUES FROM ('2019-03-01') TO ('2019-04-01')",
            f"CREATE TABLE {young} PARTITION OF audit_entries FOR VALUES FROM ('2024-03-01') TO ('2024-04-01')",
            f"ALTER TABLE {self.OLD} OWNER TO clinic_owner", f"ALTER TABLE {young} OWNER TO clinic_owner",
            *(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY; ALTER TABLE {name} FORCE ROW LEVEL SECURITY"
              for name in (self.OLD, young)),
            *(f"INSERT INTO audit_entries (clinic_id, id, created_at, action, decision, changes, metadata)"
              f" VALUES ('{cast.rose.id}', gen_random_uuid(), '{year}-03-05', 'x', 'allowed', '{{}}', '{{}}')"
              for year in (2019, 2024)),
        )  # fmt: skip
        yield
        for name in (self.OLD, f"old_{self.OLD}", young):
            sql(f"DROP TABLE IF EXISTS {name}")

    def test_a_month_older_than_six_years_leaves_the_log_and_a_younger_one_stays(self, night, sql):
        night()
        assert count(sql, "audit_entries WHERE created_at < '2020-01-01'") == 0
        assert count(sql, "audit_entries WHERE created_at BETWEEN '2024-01-01' AND '2025-01-01'") == 1
        assert count(sql, f"old_{self.OLD}") == 1

    def test_while_the_clinic_holds_a_record_its_months_stay(self, night, sql, cast, session):
        hold = legal_holds.place(cast.tom, "Letter of a court", by=cast.ines.actor)
        session.commit()
        night()
        assert count(sql, "audit_entries WHERE created_at < '2020-01-01'") == 1
        session.enter(cast.scope)
        legal_holds.end(session.merge(hold), by=cast.ines.actor)
        session.commit()
        night()
        assert count(sql, "audit_entries WHERE created_at < '2020-01-01'") == 0

    def test_the_seals_still_follow_each_other_afterwards_and_no_entry_is_missed(self, night, sql, app):
        flask = app.test_cli_runner()
        assert "entries sealed" in flask.invoke(args=["audit", "seal"]).output
        night()
        assert count(sql, f"old_{self.OLD}") == 1
        for arguments in (["audit", "verify"], ["check"]):
            result = flask.invoke(args=arguments)
            assert result.exit_code == 0, result.output

    def test_the_application_itself_may_not_take_a_month_out(self, session):
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            session.execute(sa.text("SELECT detach_audit_partitions()"))


@pytest.fixture
def deleted(cast, session, sql):
    """Tom, whose record was deleted seven years ago; he had come once and has a tag."""
    visit = cast.booked()
    add_tag(cast.tom, TagKind.TAG, "Long visits", by=cast.amara.actor)
    visits.cancel(session.get(Visit, (cast.rose.id, visit.id)), CancelReason.PATIENT, by=cast.amara.actor)
    session.commit()
    sql(f"UPDATE patients SET deleted_at = now() - interval '7 years' WHERE id = '{cast.tom.id}'")
    return cast.tom.id


def keep_for(sql, years):
    sql(f"UPDATE clinics SET settings = settings || '{{\"kept_years\": {years}}}'")


class TestDeletedPatients:
    def test_without_the_clinics_word_a_deleted_record_is_kept(self, night, sql, deleted):
        night()
        assert count(sql, f"patients WHERE id = '{deleted}'") == 1

    def test_after_the_clinics_years_it_goes_with_everything_about_it_and_nothing_else(self, night, sql, deleted, app):
        keep_for(sql, 6)
        before = count(sql, "patients")
        night()
        assert count(sql, "patients") == before - 1
        for table in ("visits", "patient_tags", "visit_events"):
            assert count(sql, table) == 0
        assert app.test_cli_runner().invoke(args=["check"]).exit_code == 0

    def test_before_that_it_stays(self, night, sql, deleted):
        keep_for(sql, 8)
        night()
        assert count(sql, f"patients WHERE id = '{deleted}'") == 1

    def test_under_a_legal_hold_it_stays_whatever_the_setting_says(self, night, sql, deleted, cast):
        keep_for(sql, 6)
        sql(f"""INSERT INTO legal_holds (clinic_id, id, patient_id, reason, placed_by_id)
                VALUES ('{cast.rose.id}', '{uuid4()}', '{deleted}', 'Letter of a court', '{cast.ines.user.id}')""")
        night()
        assert count(sql, f"patients WHERE id = '{deleted}'") == 1 and count(sql, "visits") == 1

    def test_a_patient_who_is_not_deleted_is_never_touched(self, night, sql, cast):
        keep_for(sql, 0)
        sql("UPDATE patients SET created_at = now() - interval '40 years'")
        before = count(sql, "patients")
        night()
        assert count(sql, "patients") == before


class TestKeeper:
    def test_even_the_keeper_cannot_delete_what_is_held(self, app, cast, session, sql):
        legal_holds.place(cast.tom, "Letter of a court", by=cast.ines.actor)
        session.commit()
        with keeper(cast.rose.id) as connection:
            assert connection.execute("DELETE FROM patient_words WHERE patient_id = %s", [cast.tom.id]).rowcount == 0
            assert connection.execute("DELETE FROM legal_holds").rowcount == 0

    def test_the_keeper_sees_one_clinic_only(self, app, cast):
        with keeper(cast.harbour.id) as connection:
            assert connection.execute("SELECT count(*) FROM patients").fetchone() == (1,)

    @pytest.mark.parametrize("table", ["audit_entries", "audit_seals", "users", "clinics"])
    def test_the_keeper_may_not_delete_from(self, app, cast, table):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), keeper(cast.rose.id) as connection:
            connection.execute(f"DELETE FROM {table}")

    def test_the_application_may_not_delete_what_only_the_keeper_may(self, session):
        for table in ("patients", "visits", "user_sessions", "legal_holds"):
            with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
                session.execute(sa.text(f"DELETE FROM {table}"))
            session.rollback()
