"""Held times that are offered to somebody, and the visits that lost theirs to a change of the clinic's."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from clinic.migrating import keep_held, own_columns, own_patient, protect, refers, touch

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

LIVE = "status IN ('prepared', 'sent')"


def upgrade():
    # A seat that is kept for an offer is held by nobody who is signed in.
    op.alter_column("seat_holds", "held_by_id", nullable=True)
    op.create_table(
        "strandings",
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("closure_id", sa.Uuid(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("former", JSONB(), server_default="{}", nullable=False),
        sa.Column("answer_hours", sa.Integer(), server_default="48", nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sending_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_by_id", sa.Uuid(), nullable=True),
        *own_columns("strandings"),
        sa.CheckConstraint(
            "cause IN ('block', 'closure', 'hours', 'inactive')", name=op.f("ck_strandings_cause_is_known")
        ),
        sa.CheckConstraint("answer_hours BETWEEN 1 AND 720", name=op.f("ck_strandings_answer_in_range")),
        refers("strandings", "provider_id", "providers"),
        refers("strandings", "closure_id", "closures"),
        sa.ForeignKeyConstraint(["made_by_id"], ["users.id"], name=op.f("fk_strandings_made_by_id")),
    )
    op.create_index("ix_strandings_created_at", "strandings", ["clinic_id", "created_at"])
    for column in ("provider_id", "closure_id", "made_by_id"):
        op.create_index(
            f"ix_strandings_{column}", "strandings", ["clinic_id", column],
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )  # fmt: skip
    protect("strandings")
    op.execute("GRANT SELECT, DELETE ON strandings TO clinic_keeper")
    touch("strandings")
    _offers()
    _stranded()


def _offers():
    op.create_table(
        "slot_offers",
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("visit_type_id", sa.Uuid(), nullable=False),
        sa.Column("visit_mode", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=True),
        sa.Column("seat_hold_id", sa.Uuid(), nullable=True),
        sa.Column("is_move", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("visit_starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("waitlist_entry_id", sa.Uuid(), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("token_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        *own_columns("slot_offers"),
        sa.CheckConstraint(
            "purpose IN ('stranded', 'waitlist', 'request')", name=op.f("ck_slot_offers_purpose_is_known")
        ),
        sa.CheckConstraint(
            "status IN ('prepared', 'sent', 'accepted', 'declined', 'lapsed', 'withdrawn')",
            name=op.f("ck_slot_offers_status_is_known"),
        ),
        sa.CheckConstraint(
            "visit_mode IN ('in_person', 'virtual')", name=op.f("ck_slot_offers_visit_mode_is_known")
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_slot_offers_ends_after_it_starts")),
        sa.CheckConstraint(
            "(visit_starts_at IS NOT NULL) = is_move", name=op.f("ck_slot_offers_moves_from_somewhere")
        ),
        sa.CheckConstraint("NOT is_move OR visit_id IS NOT NULL", name=op.f("ck_slot_offers_moves_a_visit")),
        sa.CheckConstraint(
            "status NOT IN ('accepted', 'declined') OR answered_at IS NOT NULL",
            name=op.f("ck_slot_offers_answered_when"),
        ),
        sa.CheckConstraint(
            "status <> 'sent' OR (token_hash IS NOT NULL AND sent_at IS NOT NULL)",
            name=op.f("ck_slot_offers_sent_has_link"),
        ),
        refers("slot_offers", "patient_id", "patients"),
        refers("slot_offers", "provider_id", "providers"),
        refers("slot_offers", "visit_type_id", "visit_types"),
        refers("slot_offers", "visit_id", "visits"),
        refers("slot_offers", "slot_id", "slots", ondelete="SET NULL (slot_id)"),
        refers("slot_offers", "seat_hold_id", "seat_holds", ondelete="SET NULL (seat_hold_id)"),
        sa.ForeignKeyConstraint(["answered_by_id"], ["users.id"], name=op.f("fk_slot_offers_answered_by_id")),
    )  # fmt: skip
    for name, condition in (("patient_id", "purpose <> 'stranded'"), ("visit_id", "is_move")):
        op.create_index(
            f"uq_slot_offers_{name}", "slot_offers", ["clinic_id", name], unique=True,
            postgresql_where=sa.text(f"{LIVE} AND {condition}"),
        )  # fmt: skip
    op.create_index("uq_slot_offers_token_hash", "slot_offers", ["clinic_id", "token_hash"], unique=True)
    op.create_index("ix_slot_offers_patient_id_created_at", "slot_offers", ["clinic_id", "patient_id", "created_at"])
    op.create_index("ix_slot_offers_provider_id_starts_at", "slot_offers", ["clinic_id", "provider_id", "starts_at"])
    op.create_index("ix_slot_offers_visit_type_id", "slot_offers", ["clinic_id", "visit_type_id"])
    op.create_index("ix_slot_offers_live", "slot_offers", ["clinic_id", "until"], postgresql_where=sa.text(LIVE))
    for column in ("visit_id", "slot_id", "seat_hold_id", "request_id", "waitlist_entry_id", "answered_by_id"):
        op.create_index(
            f"ix_slot_offers_{column}", "slot_offers", ["clinic_id", column],
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )  # fmt: skip
    protect("slot_offers", patient=own_patient())
    op.execute("GRANT SELECT, DELETE ON slot_offers TO clinic_keeper")
    keep_held("slot_offers", "slot_offers.patient_id")
    touch("slot_offers")


def _stranded():
    op.create_table(
        "stranded_visits",
        sa.Column("stranding_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("is_urgent", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=True),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        *own_columns("stranded_visits"),
        sa.CheckConstraint(
            "status IN ('waiting', 'proposed', 'nothing', 'skipped', 'settled')",
            name=op.f("ck_stranded_visits_status_is_known"),
        ),
        refers("stranded_visits", "stranding_id", "strandings"),
        refers("stranded_visits", "visit_id", "visits"),
        refers("stranded_visits", "offer_id", "slot_offers"),
        refers("stranded_visits", "patient_id", "patients"),
    )
    op.create_index(
        "uq_stranded_visits_stranding_id_visit_id", "stranded_visits", ["clinic_id", "stranding_id", "visit_id"],
        unique=True,
    )  # fmt: skip
    op.create_index("ix_stranded_visits_visit_id", "stranded_visits", ["clinic_id", "visit_id"])
    op.create_index("ix_stranded_visits_patient_id", "stranded_visits", ["clinic_id", "patient_id"])
    op.create_index(
        "ix_stranded_visits_offer_id", "stranded_visits", ["clinic_id", "offer_id"],
        postgresql_where=sa.text("offer_id IS NOT NULL"),
    )  # fmt: skip
    protect("stranded_visits", patient=own_patient())
    op.execute("GRANT SELECT, DELETE ON stranded_visits TO clinic_keeper")
    keep_held("stranded_visits", "stranded_visits.patient_id")
    touch("stranded_visits")


def downgrade():
    for table in ("stranded_visits", "slot_offers", "strandings"):
        op.drop_table(table)
    # The owner is held to the rows of a clinic too, and is in none here.
    op.execute("ALTER TABLE seat_holds NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM seat_holds WHERE held_by_id IS NULL")
    op.execute("ALTER TABLE seat_holds FORCE ROW LEVEL SECURITY")
    op.alter_column("seat_holds", "held_by_id", nullable=False)
