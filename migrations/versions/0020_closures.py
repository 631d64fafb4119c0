"""When the clinic, one place or one doctor is closed."""

import sqlalchemy as sa
from alembic import op

from clinic.migrating import protect, touch

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "closures",
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), server_default="manual", nullable=False),
        sa.Column("external_uid", sa.Text(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("source IN ('manual', 'ics')", name=op.f("ck_closures_source_is_known")),
        sa.CheckConstraint(
            "ends_at > starts_at AND ends_at <= starts_at + interval '367 days'", name=op.f("ck_closures_length")
        ),
        sa.CheckConstraint(
            "(source = 'ics') = (external_uid IS NOT NULL)", name=op.f("ck_closures_file_has_a_uid")
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_closures_clinic_id"),
        sa.ForeignKeyConstraint(
            ["clinic_id", "provider_id"], ["providers.clinic_id", "providers.id"],
            name=op.f("fk_closures_clinic_id_provider_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "location_id"], ["locations.clinic_id", "locations.id"],
            name=op.f("fk_closures_clinic_id_location_id"),
        ),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_closures")),
    )  # fmt: skip
    op.create_index(
        "ix_closures_ends_at", "closures", ["clinic_id", "ends_at"], postgresql_where=sa.text("removed_at IS NULL")
    )
    for column in ("provider_id", "location_id"):
        op.create_index(
            f"ix_closures_{column}", "closures", ["clinic_id", column],
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )  # fmt: skip
    op.create_index(
        "uq_closures_external_uid", "closures", ["clinic_id", "external_uid", "starts_at"], unique=True,
        postgresql_where=sa.text("external_uid IS NOT NULL"),
    )  # fmt: skip
    protect("closures")
    op.execute("GRANT SELECT, DELETE ON closures TO clinic_keeper")
    touch("closures")


def downgrade():
    op.drop_table("closures")
