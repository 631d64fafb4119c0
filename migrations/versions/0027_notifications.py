"""What patients are told, and whether it arrived; the calls the desk makes, and the answers that come by text."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from clinic.migrating import grant, keep_held, moments, own_columns, own_patient, protect, refers, touch

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

NOBODY = "false"


def upgrade():
    _visit_types()
    _notifications()
    _calls()
    _texts()


def downgrade():
    op.drop_table("text_replies")
    op.drop_table("text_numbers")
    op.drop_table("call_attempts")
    op.drop_table("notifications")
    op.drop_constraint(op.f("ck_visit_types_reminders_in_range"), "visit_types")
    op.drop_column("visit_types", "reminder_hours")


def _visit_types():
    op.add_column("visit_types", sa.Column(
        "reminder_hours", postgresql.ARRAY(sa.SmallInteger()), server_default="{48,2}", nullable=False,
    ))  # fmt: skip
    op.create_check_constraint(
        op.f("ck_visit_types_reminders_in_range"), "visit_types",
        "cardinality(reminder_hours) <= 5 AND 1 <= ALL (reminder_hours) AND 720 >= ALL (reminder_hours)",
    )  # fmt: skip


def _moment(name, nullable=True):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _user(table, column):
    return sa.ForeignKeyConstraint([column], ["users.id"], name=op.f(f"fk_{table}_{column}"))


def _known(table, column, *values):
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_{table}_{column}_is_known"))


def _index(table, *columns, where=None, name=None):
    options = {"postgresql_where": sa.text(where)} if where else {}
    op.create_index(name or f"ix_{table}_" + "_".join(columns), table, ["clinic_id", *columns], **options)


def _notifications():
    table = "notifications"
    op.create_table(
        table,
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid()),
        sa.Column("offer_id", sa.Uuid()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text()),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("why", sa.Text()),
        sa.Column("at_once", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("send_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        _moment("visit_starts_at"),
        _moment("old_starts_at"),
        sa.Column("offset_hours", sa.SmallInteger()),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("language", sa.Text()),
        sa.Column("sent_to", sa.Text()),
        sa.Column("subject", sa.Text()),
        sa.Column("text", sa.Text()),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("service_id", sa.Text()),
        sa.Column("service_status", sa.Text()),
        sa.Column("service_code", sa.Text()),
        _moment("sent_at"),
        _moment("delivered_at"),
        _moment("desk_since"),
        _moment("desk_done_at"),
        sa.Column("desk_done_by_id", sa.Uuid()),
        sa.Column("created_by_id", sa.Uuid()),
        _known(
            table, "kind", "booked", "requested", "accepted", "moved", "cancelled", "restored", "reminder", "offer",
            "request_received", "request_closed",
        ),
        _known(table, "channel", "email", "sms", "phone"),
        _known(
            table, "state", "waiting", "sending", "sent", "delivered", "call", "failed", "unclear", "not_needed"
        ),
        _known(
            table, "why", "patient_gone", "overtaken", "switched_off", "known", "too_late", "no_address", "refused",
            "away", "no_answer", "stopped", "called_once", "together",
        ),
        sa.CheckConstraint(
            "(kind = 'reminder') = (offset_hours IS NOT NULL)", name=op.f("ck_notifications_reminder_has_its_offset")
        ),
        sa.CheckConstraint(
            "kind <> 'reminder' OR visit_id IS NOT NULL", name=op.f("ck_notifications_reminder_of_a_visit")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'not_needed', 'failed') OR channel IS NOT NULL",
            name=op.f("ck_notifications_sent_by_a_channel"),
        ),
        refers(table, "patient_id", "patients"),
        refers(table, "visit_id", "visits"),
        refers(table, "offer_id", "slot_offers"),
        _user(table, "desk_done_by_id"),
        _user(table, "created_by_id"),
        *own_columns(table),
    )  # fmt: skip
    op.create_index(
        "uq_notifications_reminder", table, ["clinic_id", "visit_id", "offset_hours", "visit_starts_at"], unique=True,
        postgresql_where=sa.text("kind = 'reminder'"),
    )  # fmt: skip
    _index(table, "patient_id", "created_at")
    _index(table, "visit_id", "created_at")
    for column in ("offer_id", "created_by_id", "desk_done_by_id"):
        _index(table, column, where=f"{column} IS NOT NULL")
    _index(table, "desk_since", where="desk_since IS NOT NULL AND desk_done_at IS NULL", name="ix_notifications_desk")
    _index(table, "send_at", where="state IN ('waiting', 'sending')")
    _index(table, "sent_to", "sent_at", where="channel = 'sms'")
    protect(table, patient=own_patient())
    op.execute(f"GRANT SELECT, DELETE ON {table} TO clinic_keeper")
    keep_held(table, "notifications.patient_id")
    touch(table)


def _calls():
    table = "call_attempts"
    op.create_table(
        table,
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("called_by_id", sa.Uuid()),
        _moment("undone_at"),
        _known(table, "outcome", "reached", "left_message", "no_answer"),
        refers(table, "notification_id", "notifications"),
        _user(table, "called_by_id"),
        *own_columns(table),
    )
    _index(table, "notification_id", "created_at")
    _index(table, "called_by_id")
    # What the desk notes of a call is the desk's.
    protect(table, patient=NOBODY)
    op.execute(f"GRANT SELECT, DELETE ON {table} TO clinic_keeper")
    keep_held(table, "(SELECT n.patient_id FROM notifications AS n WHERE n.clinic_id = call_attempts.clinic_id"
                     " AND n.id = call_attempts.notification_id)")  # fmt: skip
    touch(table)


def _texts():
    op.create_table(
        "text_numbers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number_hash", sa.LargeBinary(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        _moment("last_at", nullable=False),
        _moment("stopped_at"),
        *moments(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_numbers")),
        sa.UniqueConstraint("number_hash", "clinic_id", name=op.f("uq_text_numbers_number_hash_clinic_id")),
    )
    op.create_index("ix_text_numbers_clinic_id", "text_numbers", ["clinic_id"])
    grant("text_numbers", "SELECT, INSERT, UPDATE, DELETE")
    op.execute("GRANT SELECT, DELETE ON text_numbers TO clinic_keeper")
    touch("text_numbers")
    table = "text_replies"
    op.create_table(
        table,
        sa.Column("patient_id", sa.Uuid()),
        sa.Column("notification_id", sa.Uuid()),
        sa.Column("service_id", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        _moment("desk_since"),
        _moment("desk_done_at"),
        sa.Column("desk_done_by_id", sa.Uuid()),
        _known(table, "meaning", "confirm", "cancel", "stop", "start", "other"),
        _known(table, "result", "confirmed", "cancelled", "noted", "several", "none", "not_possible", "to_read"),
        refers(table, "patient_id", "patients"),
        refers(table, "notification_id", "notifications"),
        _user(table, "desk_done_by_id"),
        *own_columns(table),
    )
    op.create_index("uq_text_replies_service_id", table, ["clinic_id", "service_id"], unique=True)
    for column in ("patient_id", "notification_id", "desk_done_by_id"):
        _index(table, column, where=f"{column} IS NOT NULL")
    _index(table, "desk_since", where="desk_since IS NOT NULL AND desk_done_at IS NULL", name="ix_text_replies_desk")
    protect(table, patient=NOBODY)
    op.execute(f"GRANT SELECT, DELETE ON {table} TO clinic_keeper")
    keep_held(table, "text_replies.patient_id")
    touch(table)
