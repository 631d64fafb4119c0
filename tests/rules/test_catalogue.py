"""The database keeps the rules of the house: these tests walk its catalogue and fail for any table that breaks one."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from clinic.actions.acting import Actor, audit
from clinic.models.audit import NO_CLINIC
from clinic.scope import Scope

GLOBAL = {
    "clinics", "users", "user_sessions", "user_tokens", "recovery_codes", "passkeys", "throttles", "idempotency_keys",
    "kept_forms", "breakers", "text_numbers",
}  # fmt: skip
NOT_OURS = {"alembic_version"}
APPEND_ONLY = {
    "visit_events", "day_closings", "request_events", "intake_answers", "patient_changes", "audit_entries",
    "audit_seals", "prescriptions", "prescription_items", "prescription_stops",
    "consultation_addenda",
}  # fmt: skip
# Every row is nobody's in particular, or a policy of its own shuts the portal out.
WITHOUT_TIMESTAMPS = APPEND_ONLY | {"patient_words", "drug_words"}


@pytest.fixture(scope="module")
def ask(app, superuser):
    """Ask the catalogue; rows as tuples."""

    def asked(statement, **values):
        with superuser.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text(statement), values)]

    return asked


@pytest.fixture(scope="module")
def ours(ask):
    """Every table of ours, without partitions and the job queue's."""
    rows = ask(
        """SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
           AND NOT c.relispartition AND c.relname NOT LIKE 'procrastinate_%'"""
    )
    return {name for (name,) in rows} - NOT_OURS


@pytest.fixture(scope="module")
def owned(ours):
    """The clinic-owned ones."""
    return ours - GLOBAL


def test_a_table_is_global_or_it_has_a_clinic(ask, owned):
    with_clinic = {name for (name,) in ask(
        """SELECT table_name FROM information_schema.columns
            WHERE table_schema = 'public' AND column_name = 'clinic_id' AND is_nullable = 'NO'""")}  # fmt: skip
    assert owned <= with_clinic


def test_the_key_of_a_clinics_row_begins_with_the_clinic(ask, owned):
    first = dict(ask(
        """SELECT c.relname, a.attname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
            WHERE k.contype = 'p' AND c.relnamespace = 'public'::regnamespace"""))  # fmt: skip
    assert {table: first.get(table) for table in owned} == dict.fromkeys(owned, "clinic_id")


@pytest.mark.promise(15, "every table of a clinic's")
def test_every_clinic_owned_table_forces_row_level_security_on_its_clinic(ask, owned):
    rows = ask(
        """SELECT c.relname FROM pg_class c
            WHERE c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (
                SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid
                   AND coalesce(pg_get_expr(p.polqual, c.oid), '') LIKE '%app.clinic_id%')"""
    )
    assert owned <= {name for (name,) in rows}


def test_a_table_that_names_a_patient_or_a_visit_is_shut_to_other_patients(ask, owned):
    about = ask(
        """SELECT DISTINCT table_name FROM information_schema.columns WHERE table_schema = 'public'
              AND column_name IN ('patient_id', 'visit_id')"""
    )
    shut = {name for (name,) in ask(
        """SELECT c.relname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
            WHERE NOT p.polpermissive AND pg_get_expr(p.polqual, c.oid) LIKE '%app.patient_ids%'""")}  # fmt: skip
    assert {name for (name,) in about} & owned <= shut
    assert {"patients", "memberships"} <= shut


def test_a_foreign_key_between_two_clinic_owned_tables_carries_the_clinic(ask, owned):
    rows = ask(
        """SELECT k.conname, c.relname, f.relname,
                  EXISTS (SELECT 1 FROM unnest(k.conkey) n JOIN pg_attribute a ON a.attrelid = k.conrelid
                           AND a.attnum = n WHERE a.attname = 'clinic_id')
             FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid
            WHERE k.contype = 'f' AND NOT c.relispartition"""
    )
    loose = [name for name, table, other, carries in rows if table in owned and other in owned and not carries]
    assert not loose


def test_no_foreign_key_cascades_but_an_offer_forgets_a_time_that_is_gone(ask):
    """Whoever deletes an expired hold may not see the patient it was for; only the key itself reaches the offer."""
    others = ask(
        """SELECT conname::text, confdeltype::text, confupdtype::text FROM pg_constraint WHERE contype = 'f'
              AND (confdeltype NOT IN ('a', 'r') OR confupdtype NOT IN ('a', 'r'))
              AND conrelid::regclass::text NOT LIKE 'procrastinate_%'"""
    )
    forgetting = ("fk_slot_offers_clinic_id_slot_id", "fk_slot_offers_clinic_id_seat_hold_id")
    assert set(others) == {(name, "n", "a") for name in forgetting}


def test_every_foreign_key_of_a_clinics_row_has_an_index_that_begins_with_the_clinic(ask, owned):
    keys = ask(
        """SELECT c.relname, a.attname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
             CROSS JOIN unnest(k.conkey) n JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = n
            WHERE k.contype = 'f' AND a.attname <> 'clinic_id' AND NOT c.relispartition"""
    )
    indexed = set(ask(
        """SELECT c.relname, a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
             JOIN pg_attribute first ON first.attrelid = c.oid AND first.attnum = i.indkey[0]
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[1]
            WHERE first.attname = 'clinic_id'"""))  # fmt: skip
    # A visit's slot is referenced together with its doctor; the index on the slot finds it.
    wanted = {(table, column) for table, column in keys if table in owned}
    assert wanted - indexed == set()


def test_append_only_tables_cannot_be_changed_by_the_application(ask):
    for table in APPEND_ONLY:
        rights = {right for (right,) in ask(
            "SELECT privilege_type FROM information_schema.role_table_grants"
            " WHERE grantee = 'clinic_app' AND table_name = :table", table=table)}  # fmt: skip
        assert rights == ({"SELECT"} if table == "audit_seals" else {"SELECT", "INSERT"})


def test_no_partition_of_the_audit_log_can_be_reached_by_its_own_name(ask):
    rows = ask(
        """SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity, has_table_privilege('clinic_app', c.oid,
                  'SELECT, INSERT, UPDATE, DELETE')
             FROM pg_class c WHERE c.relispartition AND c.relkind = 'r' AND c.relname LIKE 'audit_entries_%'"""
    )
    assert rows and all(secured and not reachable for _name, secured, reachable in rows)


def test_the_applications_role_owns_nothing_and_has_no_power(ask):
    assert (
        ask(
            """SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
                  EXISTS (SELECT 1 FROM pg_class WHERE relowner = r.oid), pg_has_role(r.oid, 'clinic_owner', 'MEMBER')
             FROM pg_roles r WHERE rolname IN ('clinic_app', 'clinic_keeper')"""
        )
        == [(False,) * 6] * 2
    )


def test_every_view_runs_as_its_caller(ask):
    assert not ask(
        """SELECT relname FROM pg_class WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace
              AND NOT coalesce(reloptions @> ARRAY['security_invoker=true'], false)"""
    )


def test_every_table_tells_when_a_row_was_made_and_changed(ask, ours):
    rows = ask(
        """SELECT c.relname FROM pg_class c
            WHERE EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'created_at')
              AND EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = c.relname || '_touched')"""
    )
    assert ours - WITHOUT_TIMESTAMPS <= {name for (name,) in rows}


def test_money_is_never_a_float(ask):
    assert not ask(
        """SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'
              AND data_type IN ('real', 'double precision', 'money') AND table_name NOT LIKE 'procrastinate_%'"""
    )


def test_times_carry_their_zone(ask, ours):
    rows = ask(
        """SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'
              AND data_type = 'timestamp without time zone'"""
    )
    assert not [row for row in rows if row[0] in ours]


def test_the_audit_log_takes_an_entry_on_the_first_of_next_month(session, superuser):
    first = (datetime.now(UTC).replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=0)
    with superuser.connect() as connection:
        connection.execute(
            sa.text(
                """INSERT INTO audit_entries (clinic_id, id, created_at, action, decision, changes, metadata)
                   VALUES (:nil, gen_random_uuid(), :first, 'test', 'allowed', '{}', '{}')"""
            ),
            {"nil": NO_CLINIC, "first": first},
        )
        name = connection.execute(
            sa.text("SELECT tableoid::regclass::text FROM audit_entries WHERE created_at = :first"), {"first": first}
        ).scalar()
    assert name == f"audit_entries_{first:%Y_%m}"


def test_what_happens_outside_any_clinic_is_written_and_shown_to_no_clinic(session, cast):
    audit(session, "accounts.sign_in", by=Actor())
    session.commit()
    seen = session.execute(sa.text("SELECT count(*) FROM audit_entries WHERE clinic_id = :nil"), {"nil": NO_CLINIC})
    assert seen.scalar() == 0


@pytest.mark.promise(15, "plain SQL, another clinic's rows")
def test_row_level_security_alone_keeps_the_clinics_apart(session, cast):
    """Plain SQL knows nothing of the session's criteria; the database still shows one clinic only."""
    seen = session.execute(sa.text("SELECT DISTINCT clinic_id FROM patients")).scalars().all()
    assert seen == [cast.rose.id]
    changed = session.execute(sa.text("UPDATE patients SET notes = 'x' WHERE id = :id"), {"id": cast.sam.id})
    assert changed.rowcount == 0


@pytest.mark.promise(15, "plain SQL, another patient's rows")
def test_row_level_security_alone_keeps_patients_apart_in_the_portal(session, cast):
    session.enter(Scope.portal(cast.rose.id, cast.maya.user.id, {cast.maya_patient.id}))
    assert session.execute(sa.text("SELECT id FROM patients")).scalars().all() == [cast.maya_patient.id]
    session.enter(Scope.public(cast.rose.id))
    assert session.execute(sa.text("SELECT count(*) FROM patients")).scalar() == 0


def test_a_row_cannot_point_into_another_clinic(session, cast):
    with pytest.raises(sa.exc.IntegrityError):
        session.execute(
            sa.text(
                """INSERT INTO patient_tags (clinic_id, id, patient_id, kind, tag)
                   VALUES (:clinic, gen_random_uuid(), :patient, 'tag', 'x')"""
            ),
            {"clinic": cast.rose.id, "patient": cast.sam.id},
        )


def test_an_orm_statement_without_a_scope_does_not_run(app, cast):
    from clinic.db import db
    from clinic.models.patients import Patient
    from clinic.scope import ScopeMissing

    db.session().scope = None
    with pytest.raises(ScopeMissing):
        db.session().scalars(sa.select(Patient)).all()
