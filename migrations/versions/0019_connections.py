"""Who sees a record in the portal: links for addresses nobody has an account with yet, and sign-ups the desk looks at."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade():
    op.alter_column("user_tokens", "user_id", nullable=True)
    op.add_column("user_tokens", sa.Column("tries", sa.Integer(), server_default="0", nullable=False))
    op.create_check_constraint(
        op.f("ck_user_tokens_has_its_person"), "user_tokens", "user_id IS NOT NULL OR purpose = 'connect_patient'"
    )
    op.create_index(
        "ix_user_tokens_patient_id", "user_tokens", ["clinic_id", "patient_id"],
        postgresql_where=sa.text("patient_id IS NOT NULL"),
    )  # fmt: skip
    op.add_column("patients", sa.Column("signed_up_at", sa.DateTime(timezone=True)))
    op.add_column("patients", sa.Column("sign_up_seen_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_patients_signed_up_at", "patients", ["clinic_id", "signed_up_at"],
        postgresql_where=sa.text("signed_up_at IS NOT NULL AND sign_up_seen_at IS NULL AND deleted_at IS NULL"),
    )  # fmt: skip
    op.create_index(
        "ix_patients_email", "patients", ["clinic_id", "email"], postgresql_where=sa.text("email IS NOT NULL")
    )


def downgrade():
    op.drop_index("ix_patients_email", "patients")
    op.drop_index("ix_patients_signed_up_at", "patients")
    op.drop_column("patients", "sign_up_seen_at")
    op.drop_column("patients", "signed_up_at")
    op.drop_index("ix_user_tokens_patient_id", "user_tokens")
    op.drop_constraint("ck_user_tokens_has_its_person", "user_tokens")
    op.drop_column("user_tokens", "tries")
    # A link for an address without an account cannot be kept; it is worth nothing there.
    op.execute("DELETE FROM user_tokens WHERE user_id IS NULL")
    op.alter_column("user_tokens", "user_id", nullable=False)
