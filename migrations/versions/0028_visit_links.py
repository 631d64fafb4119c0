"""The patient's link to a visit, what is asked before it and how it was."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from clinic.migrating import keep_held, protect, through, touch

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

OF_VISIT = "(SELECT v.patient_id FROM visits AS v WHERE v.clinic_id = {table}.clinic_id AND v.id = {table}.visit_id)"
# Whoever holds a link has no sign-in: the database looks the link up, and from then on they see this one patient.
ENTER = """
CREATE FUNCTION app_enter_link(clinic uuid, token bytea, OUT link_id uuid, OUT visit_id uuid, OUT patient_id uuid)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('app.clinic_id', clinic::text, true), set_config('app.user_id', '', true),
            set_config('app.patient_ids', '', true);
    SELECT l.id, v.id, v.patient_id INTO link_id, visit_id, patient_id
      FROM visit_links AS l
      JOIN clinics AS c ON c.id = l.clinic_id AND c.deleted_at IS NULL AND c.closed_at IS NULL
      JOIN visits AS v ON v.clinic_id = l.clinic_id AND v.id = l.visit_id
       AND v.cancel_reason IS DISTINCT FROM 'entered_in_error'
      JOIN patients AS p ON p.clinic_id = v.clinic_id AND p.id = v.patient_id
       AND num_nonnulls(p.deleted_at, p.deceased_at, p.erased_at, p.merged_into_id) = 0
     WHERE l.clinic_id = clinic AND l.token_hash = token AND l.revoked_at IS NULL;
    PERFORM set_config('app.patient_ids', coalesce('{' || patient_id::text || '}', '{}'), true);
END $$
"""


def upgrade():
    _visit_links()
    _intake()
    _visit_feedback()
    op.add_column("providers", sa.Column("rating_count", sa.Integer(), server_default="0", nullable=False))
    op.execute(ENTER)


def downgrade():
    op.execute("DROP FUNCTION app_enter_link(uuid, bytea)")
    op.drop_column("providers", "rating_count")
    for table in ("visit_feedback", "intake_answers", "intake_questions", "visit_links"):
        op.drop_table(table)


def _visit_links():
    op.create_table(
        "visit_links",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("token_encrypted", sa.LargeBinary(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        *_owned("visit_links"),
        *_touched(),
        _refers("visit_links", "visit_id", "visits"),
    )
    op.create_index("uq_visit_links_token_hash", "visit_links", ["clinic_id", "token_hash"], unique=True)
    op.create_index(
        "uq_visit_links_visit_id", "visit_links", ["clinic_id", "visit_id"], unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )  # fmt: skip
    op.create_index("ix_visit_links_visit_id", "visit_links", ["clinic_id", "visit_id"])
    _about_a_visit("visit_links")
    touch("visit_links")


def _intake():
    op.create_table(
        "intake_questions",
        sa.Column("visit_type_id", sa.Uuid(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("choices", ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("is_required", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True)),
        *_owned("intake_questions"),
        *_touched(),
        sa.CheckConstraint(
            "kind IN ('short_text', 'long_text', 'yes_no', 'choice', 'number', 'date')",
            name=op.f("ck_intake_questions_kind_is_known"),
        ),
        sa.CheckConstraint(
            "(kind = 'choice') = (cardinality(choices) > 0)", name=op.f("ck_intake_questions_a_list_has_entries")
        ),
        _refers("intake_questions", "visit_type_id", "visit_types"),
    )
    op.create_index(
        "ix_intake_questions_visit_type_id_position", "intake_questions", ["clinic_id", "visit_type_id", "position"]
    )
    protect("intake_questions")
    op.execute("GRANT SELECT, DELETE ON intake_questions TO clinic_keeper")
    touch("intake_questions")
    op.create_table(
        "intake_answers",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text()),
        sa.Column("answered_by_id", sa.Uuid()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        *_owned("intake_answers"),
        _refers("intake_answers", "visit_id", "visits"),
        _refers("intake_answers", "question_id", "intake_questions"),
        sa.ForeignKeyConstraint(["answered_by_id"], ["users.id"], name=op.f("fk_intake_answers_answered_by_id")),
    )
    op.create_index("ix_intake_answers_visit_id_created_at", "intake_answers", ["clinic_id", "visit_id", "created_at"])
    op.create_index("ix_intake_answers_question_id", "intake_answers", ["clinic_id", "question_id"])
    _index_where("intake_answers", "answered_by_id")
    # Only ever added to: an answer that was changed is another row.
    _about_a_visit("intake_answers", rights="SELECT, INSERT")


def _visit_feedback():
    op.create_table(
        "visit_feedback",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid()),
        sa.Column("rating", sa.SmallInteger(), nullable=False),
        sa.Column("comment", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("hidden_reason", sa.Text()),
        sa.Column("moderated_at", sa.DateTime(timezone=True)),
        sa.Column("moderated_by_id", sa.Uuid()),
        *_owned("visit_feedback"),
        *_touched(),
        sa.CheckConstraint("state IN ('waiting', 'shown', 'hidden')", name=op.f("ck_visit_feedback_state_is_known")),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_visit_feedback_rating_in_range")),
        sa.CheckConstraint(
            "(state = 'hidden') = (hidden_reason IS NOT NULL)", name=op.f("ck_visit_feedback_hidden_has_a_reason")
        ),
        sa.CheckConstraint("state <> 'waiting' OR comment IS NOT NULL", name=op.f("ck_visit_feedback_words_wait")),
        _refers("visit_feedback", "visit_id", "visits"),
        _refers("visit_feedback", "provider_id", "providers"),
        sa.ForeignKeyConstraint(["moderated_by_id"], ["users.id"], name=op.f("fk_visit_feedback_moderated_by_id")),
    )
    op.create_index("uq_visit_feedback_visit_id", "visit_feedback", ["clinic_id", "visit_id"], unique=True)
    op.create_index(
        "ix_visit_feedback_provider_id_created_at", "visit_feedback", ["clinic_id", "provider_id", "created_at"]
    )
    op.create_index(
        "ix_visit_feedback_created_at", "visit_feedback", ["clinic_id", "created_at"],
        postgresql_where=sa.text("comment IS NOT NULL"),
    )  # fmt: skip
    _index_where("visit_feedback", "moderated_by_id")
    _about_a_visit("visit_feedback")
    touch("visit_feedback")


def _owned(table):
    return (
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name=f"fk_{table}_clinic_id"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f(f"pk_{table}")),
    )


def _touched():
    return (
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )


def _refers(table, column, other):
    return sa.ForeignKeyConstraint(
        ["clinic_id", column], [f"{other}.clinic_id", f"{other}.id"], name=op.f(f"fk_{table}_clinic_id_{column}")
    )


def _index_where(table, column):
    op.create_index(
        f"ix_{table}_{column}", table, ["clinic_id", column], postgresql_where=sa.text(f"{column} IS NOT NULL")
    )


def _about_a_visit(table, rights="SELECT, INSERT, UPDATE"):
    """Seen by whom the visit is seen; removed by the keeper, but for what a legal hold keeps."""
    protect(table, rights, patient=through(table, "visits", "visit_id"))
    op.execute(f"GRANT SELECT, DELETE ON {table} TO clinic_keeper")
    keep_held(table, OF_VISIT.format(table=table))
