"""Files about patients."""

import sqlalchemy as sa
from alembic import op

from clinic.migrating import keep_held, own_columns, own_patient, protect, refers, touch

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

LARGEST = 500 * 2**20
# What the patient sent themselves, or was handed; a doctor's from its release on, and a dictation never.
RELEASED = (
    "from_patient OR state = 'ready' AND ("
    "category IN ('consent_form', 'insurance_card', 'message_attachment', 'prescription')"
    " OR released_at IS NOT NULL AND category NOT IN ('dictation'))"
)


def upgrade():
    op.create_table(
        "documents",
        sa.Column("visit_id", sa.Uuid()),
        sa.Column("insurance_policy_id", sa.Uuid()),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("category_text", sa.Text()),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("storage_key", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("mime_type", sa.Text()),
        sa.Column("sha256", sa.Text()),
        sa.Column("file_size", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fingerprint", sa.Text()),
        sa.Column("preview_pages", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text()),
        sa.Column("from_patient", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("uploaded_by_id", sa.Uuid()),
        sa.Column("released_at", sa.DateTime(timezone=True)),
        sa.Column("released_by_id", sa.Uuid()),
        sa.Column("deleted_by_id", sa.Uuid()),
        sa.Column("deleted_at", sa.DateTime(timezone=True)),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        *own_columns("documents"),
        *_checks(),
        refers("documents", "patient_id", "patients"),
        refers("documents", "visit_id", "visits"),
        refers("documents", "insurance_policy_id", "insurance_policies"),
        *(
            sa.ForeignKeyConstraint([name], ["users.id"], name=op.f(f"fk_documents_{name}"))
            for name in ("uploaded_by_id", "released_by_id", "deleted_by_id")
        ),
        sa.UniqueConstraint("storage_key", name="uq_documents_storage_key"),
    )
    _indexes()
    protect("documents", patient=f"{own_patient()} AND ({RELEASED})")
    op.execute("GRANT SELECT, DELETE ON documents TO clinic_keeper")
    keep_held("documents", "patient_id")
    touch("documents")


def downgrade():
    op.drop_table("documents")


def _checks():
    known = {
        "category": "'report', 'lab_report', 'x_ray', 'prescription', 'picture', 'dictation', 'consent_form', 'brief',"
        " 'insurance_card', 'message_attachment', 'other'",
        "state": "'sending', 'checking', 'ready', 'refused'",
        "problem": "'wrong_type', 'not_text', 'not_a_picture', 'incomplete', 'lost'",
    }
    rules = {
        **{f"{column}_is_known": f"{column} IN ({values})" for column, values in known.items()},
        "size_in_range": f"file_size BETWEEN 1 AND {LARGEST}",
        "received_in_range": "received BETWEEN 0 AND file_size",
        "refused_has_a_problem": "(state = 'refused') = (problem IS NOT NULL)",
        "ready_is_whole": "state <> 'ready' OR (mime_type IS NOT NULL AND sha256 ~ '^[0-9a-f]{64}$'"
        " AND received = file_size)",
        "other_has_a_word": "category = 'other' OR category_text IS NULL",
    }
    return [sa.CheckConstraint(rule, name=op.f(f"ck_documents_{name}")) for name, rule in rules.items()]


def _indexes():
    op.create_index(
        "ix_documents_patient_id_recorded_at_id", "documents", ["clinic_id", "patient_id", "recorded_at", "id"]
    )
    op.create_index("ix_documents_uploaded_by_id", "documents", ["clinic_id", "uploaded_by_id"])
    op.create_index("ix_documents_file_size", "documents", ["clinic_id", "file_size"])
    for column in ("visit_id", "insurance_policy_id", "released_by_id", "deleted_by_id"):
        op.create_index(
            f"ix_documents_{column}", "documents", ["clinic_id", column],
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )  # fmt: skip
    op.create_index(
        "ix_documents_unsettled", "documents", ["clinic_id", "updated_at"],
        postgresql_where=sa.text("state IN ('sending', 'checking')"),
    )  # fmt: skip
