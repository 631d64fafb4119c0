"""Laboratory orders and their results."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from clinic.migrating import keep_held, own_columns, own_patient, protect, refers, touch

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
NOT_YET = "order_id IS NULL AND reviewed_at IS NULL AND withdrawn_at IS NULL AND source <> 'import'"


def upgrade():
    _orders()
    _results()


def downgrade():
    op.drop_table("lab_results")
    op.drop_table("lab_orders")


def _orders():
    table = "lab_orders"
    op.create_table(
        table,
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid()),
        sa.Column("provider_id", sa.Uuid()),
        sa.Column("ordered_by_id", sa.Uuid()),
        sa.Column("tests", ARRAY(sa.Text()), nullable=False),
        sa.Column("notes", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("ordered_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT),
        sa.Column("completed_at", MOMENT),
        sa.Column("cancelled_at", MOMENT),
        sa.Column("cancel_reason", sa.Text()),
        sa.Column("comment", sa.Text()),
        *own_columns(table),
        *_releasable(table),
        _check(table, "status_is_known", "status IN ('ordered', 'in_progress', 'completed', 'cancelled')"),
        _check(table, "tests_are_some", "cardinality(tests) BETWEEN 1 AND 50"),
        _check(table, "completed_has_a_time", "(status = 'completed') = (completed_at IS NOT NULL)"),
        _check(table, "cancelled_has_a_time", "(status = 'cancelled') = (cancelled_at IS NOT NULL)"),
        _check(
            table, "released_when_completed",
            "status = 'completed' OR num_nonnulls(reviewed_at, released_at, release_due_at) = 0",
        ),
        _check(table, "release_rule_is_there", "release_rule IS NOT NULL"),
        sa.UniqueConstraint("clinic_id", "id", "patient_id", name=op.f("uq_lab_orders_clinic_id_id_patient_id")),
        refers(table, "patient_id", "patients"),
        refers(table, "visit_id", "visits"),
        refers(table, "provider_id", "providers"),
        _user(table, "ordered_by_id"),
    )  # fmt: skip
    op.create_index("ix_lab_orders_patient_id_ordered_at_id", table, ["clinic_id", "patient_id", "ordered_at", "id"])
    for column in ("visit_id", "ordered_by_id", "reviewed_by_id", "withheld_by_id"):
        _index_where(table, column)
    op.create_index(
        "ix_lab_orders_provider_id_ordered_at", table, ["clinic_id", "provider_id", "ordered_at"],
        postgresql_where=sa.text("provider_id IS NOT NULL"),
    )  # fmt: skip
    op.create_index(
        "ix_lab_orders_ordered_at_id", table, ["clinic_id", "ordered_at", "id"],
        postgresql_where=sa.text("status IN ('ordered', 'in_progress')"),
    )  # fmt: skip
    op.create_index(
        "ix_lab_orders_completed_at_id", table, ["clinic_id", "completed_at", "id"],
        postgresql_where=sa.text("status = 'completed' AND reviewed_at IS NULL"),
    )  # fmt: skip
    _about_a_patient(table, "released_at <= now()")


def _results():
    table = "lab_results"
    op.create_table(
        table,
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid()),
        sa.Column("provider_id", sa.Uuid()),
        sa.Column("entered_by_id", sa.Uuid()),
        sa.Column("analyte", sa.Text(), nullable=False),
        sa.Column("code", sa.Text()),
        sa.Column("value", sa.Numeric()),
        sa.Column("comparator", sa.Text()),
        sa.Column("value_text", sa.Text()),
        sa.Column("unit", sa.Text()),
        sa.Column("range_low", sa.Numeric()),
        sa.Column("range_high", sa.Numeric()),
        sa.Column("range_text", sa.Text()),
        sa.Column("flag", sa.Text()),
        sa.Column("sampled_at", MOMENT, nullable=False),
        sa.Column("laboratory", sa.Text()),
        sa.Column("remark", sa.Text()),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_key", sa.Text()),
        sa.Column("digest", sa.LargeBinary()),
        sa.Column("withdrawn_at", MOMENT),
        sa.Column("withdrawn_by_id", sa.Uuid()),
        *own_columns(table),
        *_releasable(table),
        _check(
            table, "flag_is_known",
            "flag IN ('normal', 'low', 'high', 'abnormal', 'very_low', 'very_high', 'critical')",
        ),
        _check(table, "comparator_is_known", "comparator IN ('<', '<=', '>=', '>')"),
        _check(table, "source_is_known", "source IN ('typed', 'file', 'import')"),
        _check(table, "a_value_or_words", "num_nonnulls(value, value_text) > 0"),
        _check(table, "comparator_of_a_value", "comparator IS NULL OR value IS NOT NULL"),
        *(
            _check(table, f"{column}_in_reach", f"{column} > -1e15 AND {column} < 1e15")
            for column in ("value", "range_low", "range_high")
        ),
        _check(table, "range_upwards", "range_high >= range_low"),
        _check(table, "unit_is_ucum", "unit ~ '^[!-~]{1,60}$'"),
        _check(table, "code_is_loinc", "code ~ '^[0-9]{1,7}-[0-9]$'"),
        _check(table, "analyte_length", "length(analyte) BETWEEN 1 AND 300"),
        _check(table, "own_rule_without_an_order", "(order_id IS NULL) = (release_rule IS NOT NULL)"),
        _check(table, "the_order_waits", "order_id IS NULL OR num_nonnulls(release_due_at, withheld_at) = 0"),
        refers(table, "patient_id", "patients"),
        refers(table, "provider_id", "providers"),
        # Looked at when a transaction ends: a merge of two records moves the order first and then its results.
        sa.ForeignKeyConstraint(
            ["clinic_id", "order_id", "patient_id"], ["lab_orders.clinic_id", "lab_orders.id", "lab_orders.patient_id"],
            name=op.f("fk_lab_results_clinic_id_order_id_patient_id"), deferrable=True, initially="DEFERRED",
        ),
        _user(table, "entered_by_id"),
        _user(table, "withdrawn_by_id"),
    )  # fmt: skip
    op.create_index("ix_lab_results_patient_id_sampled_at_id", table, ["clinic_id", "patient_id", "sampled_at", "id"])
    for column in ("order_id", "provider_id", "entered_by_id", "withdrawn_by_id", "reviewed_by_id", "withheld_by_id"):
        _index_where(table, column)
    op.create_index(
        "uq_lab_results_source_key", table, ["clinic_id", "patient_id", "source_key"], unique=True,
        postgresql_where=sa.text("source_key IS NOT NULL AND withdrawn_at IS NULL"),
    )  # fmt: skip
    op.create_index(
        "ix_lab_results_open", table, ["clinic_id", "patient_id", "created_at"], postgresql_where=sa.text(NOT_YET)
    )
    _about_a_patient(table, "released_at <= now() AND withdrawn_at IS NULL")


def _releasable(table):
    return (
        sa.Column("release_rule", sa.Text()),
        sa.Column("release_after_days", sa.SmallInteger()),
        sa.Column("release_due_at", MOMENT),
        sa.Column("reviewed_at", MOMENT),
        sa.Column("reviewed_by_id", sa.Uuid()),
        sa.Column("released_at", MOMENT),
        sa.Column("withheld_at", MOMENT),
        sa.Column("withheld_by_id", sa.Uuid()),
        _check(table, "release_rule_is_known", "release_rule IN ('now', 'after_review', 'after_days')"),
        _check(
            table, "days_with_their_rule",
            "(release_rule IS NOT DISTINCT FROM 'after_days') = (release_after_days IS NOT NULL)",
        ),
        _check(table, "release_after_days_in_range", "release_after_days BETWEEN 1 AND 90"),
        _check(
            table, "withheld_is_not_released", "withheld_at IS NULL OR num_nonnulls(released_at, release_due_at) = 0"
        ),
        _user(table, "reviewed_by_id"),
        _user(table, "withheld_by_id"),
    )  # fmt: skip


def _about_a_patient(table, released):
    """The patient sees it once it is released; the keeper removes it, but for what a legal hold keeps."""
    protect(table, patient=f"{own_patient()} AND ({released})")
    op.execute(f"GRANT SELECT, DELETE ON {table} TO clinic_keeper")
    keep_held(table, f"{table}.patient_id")
    touch(table)


def _check(table, name, condition):
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _user(table, column):
    return sa.ForeignKeyConstraint([column], ["users.id"], name=op.f(f"fk_{table}_{column}"))


def _index_where(table, column):
    op.create_index(
        f"ix_{table}_{column}", table, ["clinic_id", column], postgresql_where=sa.text(f"{column} IS NOT NULL")
    )
