"""Connections to outside systems and the names they use for our rows."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from clinic.migrating import protect, touch

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "integrations",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("api_key_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column(
            "settings",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "kind IN ('cal', 'acuity', 'retell', 'daily', 'jitsi', 'stripe', 'razorpay', 'withings', 'fitbit', 'oura', 'garmin', 'fhir_import', 'csv_import')",
            name=op.f("ck_integrations_kind_is_known"),
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_integrations_clinic_id"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_integrations")),
    )
    op.create_index("uq_integrations_kind", "integrations", ["clinic_id", "kind"], unique=True)
    op.create_table(
        "external_ids",
        sa.Column("integration_id", sa.Uuid(), nullable=False),
        sa.Column("resource_type", sa.Text(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "integration_id"],
            ["integrations.clinic_id", "integrations.id"],
            name=op.f("fk_external_ids_clinic_id_integration_id"),
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_external_ids_clinic_id"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_external_ids")),
    )
    op.create_index(
        "ix_external_ids_resource_id",
        "external_ids",
        ["clinic_id", "resource_type", "resource_id"],
        unique=False,
    )
    op.create_index(
        "uq_external_ids_external_id",
        "external_ids",
        ["clinic_id", "integration_id", "resource_type", "external_id"],
        unique=True,
    )
    protect("integrations", patient="false")
    touch("integrations")
    protect("external_ids", patient="false")
    touch("external_ids")


def downgrade():
    op.drop_table("external_ids")
    op.drop_table("integrations")
