"""Insurance policies, what was known of a patient before, and records that became one."""

import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from clinic.migrating import EVERYBODY, keep_held, moments, own_columns, own_patient, protect, refers, touch

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
# What the portal's sign-in read of whom somebody acts for, and what it reads now: with a record come those that became
# part of it, whose finished rows stayed where they are; one that was deleted is nobody's to see.
ACTS_FOR = """
        SELECT coalesce(array_agg(a.patient_id), '{}'), array_agg(a.relation) INTO patients, relations
          FROM patient_access AS a
         WHERE a.clinic_id = app_enter.clinic_id AND a.user_id = app_enter.user_id
           AND (a.until IS NULL OR a.until > now());
        PERFORM set_config('app.patient_ids', patients::text, true);"""
ACTS_FOR_ALL = """
        SELECT coalesce(array_agg(a.patient_id), '{}'), array_agg(a.relation) INTO patients, relations
          FROM patient_access AS a
          JOIN patients AS p ON p.clinic_id = a.clinic_id AND p.id = a.patient_id AND p.deleted_at IS NULL
         WHERE a.clinic_id = app_enter.clinic_id AND a.user_id = app_enter.user_id
           AND (a.until IS NULL OR a.until > now());
        merged := ARRAY(SELECT p.id FROM patients AS p
                         WHERE p.clinic_id = app_enter.clinic_id AND p.merged_into_id = ANY (patients));
        PERFORM set_config('app.patient_ids', (patients || merged)::text, true);"""
OUT, OUT_ALL = "OUT relations text[],", "OUT relations text[], OUT merged uuid[],"
DROP = "DROP FUNCTION app_enter(text, bytea, text, int, boolean)"


def upgrade():
    _insurance_policies()
    _patient_changes()
    _patient_merges()
    before = _enter()
    after = before.replace(ACTS_FOR, ACTS_FOR_ALL).replace(OUT, OUT_ALL)
    op.execute(DROP)
    op.execute(after)


def downgrade():
    op.execute(DROP)
    op.execute(_enter())
    for table in ("patient_merges", "patient_changes", "insurance_policies"):
        op.drop_table(table)


def _enter():
    return runpy.run_path(str(Path(__file__).with_name("0012_entering_again.py")))["ENTER"]


def _insurance_policies():
    op.create_table(
        "insurance_policies",
        sa.Column("insurer_name", sa.Text(), nullable=False),
        sa.Column("plan_name", sa.Text()),
        sa.Column("member_id", sa.Text()),
        sa.Column("group_id", sa.Text()),
        sa.Column("policy_holder_name", sa.Text()),
        sa.Column("policy_holder_phone", sa.Text()),
        sa.Column("priority", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("eligibility_status", sa.Text(), server_default="unknown", nullable=False),
        sa.Column("last_verified_at", MOMENT),
        sa.Column("last_verified_by_id", sa.Uuid()),
        sa.Column("verified_how", sa.Text()),
        sa.Column("verified_note", sa.Text()),
        sa.Column("asked_at", MOMENT),
        sa.Column("from_patient", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_by_id", sa.Uuid()),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_by_id", sa.Uuid()),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        *own_columns("insurance_policies"),
        sa.CheckConstraint(
            "eligibility_status IN ('active', 'inactive', 'pending', 'unknown')",
            name=op.f("ck_insurance_policies_eligibility_status_is_known"),
        ),
        sa.CheckConstraint(
            "verified_how IN ('phone', 'website', 'card', 'letter', 'service')",
            name=op.f("ck_insurance_policies_verified_how_is_known"),
        ),
        sa.CheckConstraint(
            "length(insurer_name) BETWEEN 1 AND 200", name=op.f("ck_insurance_policies_insurer_name_length")
        ),
        sa.CheckConstraint("priority BETWEEN 1 AND 9", name=op.f("ck_insurance_policies_priority_in_range")),
        sa.CheckConstraint(
            "(last_verified_at IS NULL) = (verified_how IS NULL)", name=op.f("ck_insurance_policies_verified_says_how")
        ),
        sa.CheckConstraint(
            "eligibility_status = 'unknown' OR last_verified_at IS NOT NULL",
            name=op.f("ck_insurance_policies_known_was_verified"),
        ),
        refers("insurance_policies", "patient_id", "patients"),
        *_people("insurance_policies", "last_verified_by_id", "created_by_id", "ended_by_id"),
    )
    _index("insurance_policies", "patient_id", "priority")
    for column in ("last_verified_by_id", "created_by_id", "ended_by_id"):
        _index("insurance_policies", column)
    protect("insurance_policies", patient=own_patient())
    op.execute("GRANT SELECT, DELETE ON insurance_policies TO clinic_keeper")
    keep_held("insurance_policies", "insurance_policies.patient_id")
    touch("insurance_policies")


def _patient_changes():
    op.create_table(
        "patient_changes",
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("before", sa.Text()),
        sa.Column("after", sa.Text()),
        sa.Column("changed_by_id", sa.Uuid()),
        sa.Column("changed_for_id", sa.Uuid()),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        *(each for each in own_columns("patient_changes") if getattr(each, "name", "") not in _names(moments())),
        refers("patient_changes", "patient_id", "patients"),
        *_people("patient_changes", "changed_by_id", "changed_for_id"),
    )
    _index("patient_changes", "patient_id", "created_at")
    _index("patient_changes", "changed_by_id")
    _index("patient_changes", "changed_for_id", postgresql_where=sa.text("changed_for_id IS NOT NULL"))
    # The desk's note is not the patient's to read, and no more what it was before.
    protect("patient_changes", "SELECT, INSERT", patient=f"({own_patient()} AND field <> 'notes')")
    # The words of one who is erased go; that something was changed stays.
    op.execute("GRANT SELECT, DELETE, UPDATE (before, after) ON patient_changes TO clinic_keeper")
    keep_held("patient_changes", "patient_changes.patient_id")


def _patient_merges():
    op.create_table(
        "patient_merges",
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("looked_over_by_id", sa.Uuid()),
        sa.Column("declined_at", MOMENT),
        sa.Column("declined_by_id", sa.Uuid()),
        sa.Column("merged_at", MOMENT),
        sa.Column("moved", JSONB(), server_default="{}", nullable=False),
        sa.Column("filled", JSONB(), server_default="[]", nullable=False),
        sa.Column("undone_at", MOMENT),
        sa.Column("undone_by_id", sa.Uuid()),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        *own_columns("patient_merges"),
        sa.CheckConstraint("patient_id <> other_id", name=op.f("ck_patient_merges_two_records")),
        sa.CheckConstraint("num_nonnulls(merged_at, declined_at) <= 1", name=op.f("ck_patient_merges_one_answer")),
        sa.CheckConstraint(
            "undone_at IS NULL OR merged_at IS NOT NULL", name=op.f("ck_patient_merges_undone_was_merged")
        ),
        sa.CheckConstraint("looked_over_by_id <> asked_by_id", name=op.f("ck_patient_merges_two_pairs_of_eyes")),
        refers("patient_merges", "patient_id", "patients"),
        refers("patient_merges", "other_id", "patients"),
        *_people("patient_merges", "asked_by_id", "looked_over_by_id", "declined_by_id", "undone_by_id"),
    )
    for column in ("patient_id", "other_id", "created_at", "asked_by_id", "looked_over_by_id", "declined_by_id",
                   "undone_by_id"):  # fmt: skip
        _index("patient_merges", column)
    op.create_index(
        "uq_patient_merges_other_id", "patient_merges", ["clinic_id", "other_id"], unique=True,
        postgresql_where=sa.text("declined_at IS NULL AND undone_at IS NULL"),
    )  # fmt: skip
    # Which two records it is about never changes, not even when one of them becomes part of a third.
    protect("patient_merges", "SELECT, INSERT", patient=EVERYBODY)
    op.execute(
        "GRANT UPDATE (looked_over_by_id, declined_at, declined_by_id, merged_at, moved, filled, undone_at,"
        " undone_by_id, reason, updated_at) ON patient_merges TO clinic_app"
    )
    op.execute("GRANT SELECT, DELETE ON patient_merges TO clinic_keeper")
    keep_held("patient_merges", "patient_merges.patient_id")
    touch("patient_merges")


def _people(table, *columns):
    return [sa.ForeignKeyConstraint([name], ["users.id"], name=op.f(f"fk_{table}_{name}")) for name in columns]


def _index(table, *columns, **options):
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, ["clinic_id", *columns], **options)


def _names(columns):
    return {column.name for column in columns}
