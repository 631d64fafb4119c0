"""What a person has had and must not have: conditions, allergies, immunizations, procedures."""

import sqlalchemy as sa
from alembic import op

from clinic.migrating import keep_held, own_columns, own_patient, protect, refers, touch

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

# The tables, and by when their entries are in order. The patient sees each as soon as it is recorded.
TABLES = {
    "conditions": "recorded_at", "allergies": "recorded_at", "immunizations": "given_at", "procedures": "performed_at",
}  # fmt: skip
SOMETIMES = ("visit_id", "provider_id", "recorded_by_id", "mistaken_by_id")


def upgrade():
    _table(
        "conditions",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("icd10", sa.Text()),
        sa.Column("onset_on", sa.Date()),
        sa.Column("ended_on", sa.Date()),
        _check("conditions", "icd10_is_a_code", r"icd10 ~ '^[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?$'"),
        _check("conditions", "name_length", "length(name) BETWEEN 1 AND 500"),
        _check("conditions", "ends_after_it_began", "ended_on >= onset_on"),
    )
    _table(
        "allergies",
        sa.Column("substance", sa.Text()),
        sa.Column("category", sa.Text()),
        sa.Column("criticality", sa.Text()),
        sa.Column("reaction", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("is_none_known", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("source_text", sa.Text()),
        _check(
            "allergies", "category_is_known", "category IN ('medication', 'food', 'environment', 'biologic')"
        ),
        _check("allergies", "criticality_is_known", "criticality IN ('high', 'low')"),
        _check("allergies", "status_is_known", "status IN ('active', 'inactive', 'resolved', 'refuted')"),
        _check("allergies", "substance_length", "length(substance) BETWEEN 1 AND 500"),
        _check("allergies", "a_substance_or_none_known", "is_none_known = (substance IS NULL)"),
    )  # fmt: skip
    op.create_index(
        "uq_allergies_none_known", "allergies", ["clinic_id", "patient_id"], unique=True,
        postgresql_where=sa.text("is_none_known AND status = 'active' AND mistaken_at IS NULL"),
    )  # fmt: skip
    _table(
        "immunizations",
        sa.Column("vaccine", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("dose_number", sa.SmallInteger()),
        sa.Column("lot_number", sa.Text()),
        sa.Column("site", sa.Text()),
        sa.Column("reason", sa.Text()),
        _check("immunizations", "status_is_known", "status IN ('completed', 'not_done')"),
        _check("immunizations", "vaccine_length", "length(vaccine) BETWEEN 1 AND 500"),
        _check("immunizations", "dose_number_in_range", "dose_number BETWEEN 1 AND 50"),
        _check("immunizations", "a_reason_where_not_given", "status = 'not_done' OR reason IS NULL"),
    )
    _table(
        "procedures",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("site", sa.Text()),
        sa.Column("outcome", sa.Text()),
        _check("procedures", "status_is_known", "status IN ('in_progress', 'completed', 'stopped')"),
        _check("procedures", "name_length", "length(name) BETWEEN 1 AND 500"),
        _check("procedures", "ends_after_it_began", "ended_at >= performed_at"),
    )


def downgrade():
    for table in TABLES:
        op.drop_table(table)


def _table(table, *more):
    """Make a table of entries about patients' health: what they all have, and what is this one's own."""
    at = TABLES[table]
    op.create_table(
        table,
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid()),
        sa.Column("provider_id", sa.Uuid()),
        sa.Column("recorded_by_id", sa.Uuid()),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("code", sa.Text()),
        sa.Column("code_system", sa.Text()),
        sa.Column("notes", sa.Text()),
        sa.Column("mistaken_at", sa.DateTime(timezone=True)),
        sa.Column("mistaken_by_id", sa.Uuid()),
        sa.Column(at, sa.DateTime(timezone=True), nullable=False),
        *own_columns(table),
        *more,
        _check(table, "source_is_known", "source IN ('clinic', 'patient', 'import')"),
        refers(table, "patient_id", "patients"),
        refers(table, "visit_id", "visits"),
        refers(table, "provider_id", "providers"),
        *(
            sa.ForeignKeyConstraint([column], ["users.id"], name=op.f(f"fk_{table}_{column}"))
            for column in ("recorded_by_id", "mistaken_by_id")
        ),
    )
    op.create_index(f"ix_{table}_patient_id_{at}_id", table, ["clinic_id", "patient_id", at, "id"])
    for column in SOMETIMES:
        op.create_index(
            f"ix_{table}_{column}", table, ["clinic_id", column], postgresql_where=sa.text(f"{column} IS NOT NULL")
        )
    protect(table, patient=own_patient())
    op.execute(f"GRANT SELECT, DELETE ON {table} TO clinic_keeper")
    keep_held(table, f"{table}.patient_id")
    touch(table)


def _check(table, name, condition):
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))
