"""Second factors, throttles, and what a session, a person and a link know beyond a password."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from clinic.migrating import grant, touch

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

PURPOSES = "'verify_email', 'reset_password', 'invite', 'change_email', 'connect_patient'"
FORMER_PURPOSES = "'verify_email', 'reset_password', 'invite'"
RELATIONS = "'self', 'parent', 'guardian', 'carer'"


def _moments():
    return [
        sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
        for name in ("created_at", "updated_at")
    ]


def upgrade():
    op.add_column("users", sa.Column("totp_last_step", sa.BigInteger()))
    op.add_column("users", sa.Column("password_changed_at", sa.DateTime(timezone=True)))
    op.add_column("users", sa.Column("email_changed_at", sa.DateTime(timezone=True)))
    op.add_column("users", sa.Column("factors_reset_at", sa.DateTime(timezone=True)))

    op.add_column("user_sessions", sa.Column("awaits_factor", sa.Boolean(), server_default="false", nullable=False))
    op.add_column(
        "user_sessions",
        sa.Column("proved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.add_column("user_sessions", sa.Column("challenge", sa.LargeBinary()))
    op.add_column("user_sessions", sa.Column("challenge_expires_at", sa.DateTime(timezone=True)))

    op.add_column("user_tokens", sa.Column("new_email", sa.Text()))
    op.add_column("user_tokens", sa.Column("former_email", sa.Text()))
    op.add_column("user_tokens", sa.Column("patient_id", sa.Uuid()))
    op.add_column("user_tokens", sa.Column("relation", sa.Text()))
    op.add_column("user_tokens", sa.Column("access_until", sa.DateTime(timezone=True)))
    op.drop_constraint("ck_user_tokens_purpose_is_known", "user_tokens")
    op.create_check_constraint(op.f("ck_user_tokens_purpose_is_known"), "user_tokens", f"purpose IN ({PURPOSES})")
    op.create_check_constraint(op.f("ck_user_tokens_relation_is_known"), "user_tokens", f"relation IN ({RELATIONS})")
    op.create_foreign_key(
        op.f("fk_user_tokens_clinic_id_patient_id"), "user_tokens", "patients", ["clinic_id", "patient_id"],
        ["clinic_id", "id"],
    )  # fmt: skip

    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        *_moments(),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_recovery_codes_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sa.UniqueConstraint("user_id", "code_hash", name=op.f("uq_recovery_codes_user_id_code_hash")),
    )
    op.create_table(
        "passkeys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("transports", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True)),
        *_moments(),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_passkeys_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkeys_credential_id")),
    )
    op.create_index("ix_passkeys_user_id", "passkeys", ["user_id"])
    op.create_table(
        "throttles",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spent", sa.Integer(), nullable=False),
        *_moments(),
        sa.CheckConstraint("spent >= 0", name=op.f("ck_throttles_spent_is_a_count")),
        sa.PrimaryKeyConstraint("kind", "key_hash", name=op.f("pk_throttles")),
    )
    op.create_index("ix_throttles_started_at", "throttles", ["started_at"])
    for table in ("recovery_codes", "passkeys", "throttles"):
        grant(table, "SELECT, INSERT, UPDATE, DELETE")
        touch(table)


def downgrade():
    op.drop_table("throttles")
    op.drop_table("passkeys")
    op.drop_table("recovery_codes")
    # A link of a kind that the former schema does not know cannot be kept; it is worth nothing there.
    op.execute(f"DELETE FROM user_tokens WHERE purpose NOT IN ({FORMER_PURPOSES})")
    op.drop_constraint("fk_user_tokens_clinic_id_patient_id", "user_tokens")
    op.drop_constraint("ck_user_tokens_relation_is_known", "user_tokens")
    op.drop_constraint("ck_user_tokens_purpose_is_known", "user_tokens")
    op.create_check_constraint(
        op.f("ck_user_tokens_purpose_is_known"), "user_tokens", f"purpose IN ({FORMER_PURPOSES})"
    )
    for column in ("access_until", "relation", "patient_id", "former_email", "new_email"):
        op.drop_column("user_tokens", column)
    for column in ("challenge_expires_at", "challenge", "proved_at", "awaits_factor"):
        op.drop_column("user_sessions", column)
    for column in ("factors_reset_at", "email_changed_at", "password_changed_at", "totp_last_step"):
        op.drop_column("users", column)
