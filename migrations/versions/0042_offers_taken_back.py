"""Patients are told when a time that was offered to them is taken back."""

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

FORMER = (
    "booked", "requested", "accepted", "moved", "cancelled", "restored", "reminder", "offer", "request_received",
    "request_closed",
)  # fmt: skip
NEW = "offer_withdrawn"
NAME = "ck_notifications_kind_is_known"


def upgrade():
    _allow(*FORMER, NEW)


def downgrade():
    # The former schema has no word for it: it is kept as a message about the offer, whose text says what was told.
    op.execute("ALTER TABLE notifications NO FORCE ROW LEVEL SECURITY")
    op.execute(f"UPDATE notifications SET kind = 'offer' WHERE kind = '{NEW}'")
    op.execute("ALTER TABLE notifications FORCE ROW LEVEL SECURITY")
    _allow(*FORMER)


def _allow(*kinds):
    known = ", ".join(f"'{kind}'" for kind in kinds)
    op.execute(
        f"ALTER TABLE notifications DROP CONSTRAINT {NAME}, ADD CONSTRAINT {NAME} CHECK (kind IN ({known})) NOT VALID"
    )
    # The rows are read in a second transaction, while others go on writing.
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE notifications VALIDATE CONSTRAINT {NAME}")
