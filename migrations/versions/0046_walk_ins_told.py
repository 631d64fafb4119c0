"""Who comes without a time is told their number, their wait and their link."""

from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

FORMER = (
    "booked", "requested", "accepted", "moved", "cancelled", "restored", "reminder", "offer", "offer_withdrawn",
    "request_received", "request_closed",
)  # fmt: skip
NEW = "ticket"
NAME = "ck_notifications_kind_is_known"


def upgrade():
    _allow(*FORMER, NEW)


def downgrade():
    # The former schema has no word for it: it is kept as a message about the visit, whose text says what was told. What
    # has not gone out yet does not go out as that: nobody who waits already is told that their visit is booked.
    op.execute("ALTER TABLE notifications NO FORCE ROW LEVEL SECURITY")
    op.execute(f"UPDATE notifications SET kind = 'booked' WHERE kind = '{NEW}'")
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
