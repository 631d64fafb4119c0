"""Referrals and excuse notes."""

import sqlalchemy as sa
from alembic import op

from clinic.migrating import keep_held, own_columns, own_patient, protect, refers, touch

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

SENT = f"{own_patient()} AND (sent_at IS NOT NULL)"
OPEN = "status IN ('pending', 'sent', 'accepted')"
CHECKS = {
    "referrals": {
        "priority_is_known": "priority IN ('routine', 'urgent', 'stat')",
        "status_is_known": "status IN ('pending', 'sent', 'accepted', 'completed', 'cancelled')",
        "sent_to_is_known": "sent_to IN ('patient', 'specialist')",
        "sent_says_to_whom": "(sent_at IS NULL) = (sent_to IS NULL)",
        "sent_has_a_time": "status NOT IN ('sent', 'accepted', 'completed') OR sent_at IS NOT NULL",
        "pending_is_not_sent": "status <> 'pending' OR sent_at IS NULL",
        "accepted_was_sent": "accepted_at IS NULL OR sent_at IS NOT NULL",
        "accepted_has_a_time": "status <> 'accepted' OR accepted_at IS NOT NULL",
        "completed_has_a_time": "(status = 'completed') = (completed_at IS NOT NULL)",
        "completed_has_an_outcome": "completed_at IS NULL OR outcome IS NOT NULL",
        "cancelled_has_a_time": "(status = 'cancelled') = (cancelled_at IS NOT NULL)",
    },
    "excuse_notes": {
        "kind_is_known": "kind IN ('work', 'school', 'general')",
        "status_is_known": "status IN ('draft', 'sent')",
        "days_forwards": "ends_on >= starts_on",
        "sent_has_a_time": "(status = 'sent') = (sent_at IS NOT NULL)",
        "sent_has_a_code": "(sent_at IS NULL) = (check_code IS NULL)",
        "check_code_is_plain": "check_code ~ '^[0-9A-F]{4}[0-9A-HJKMNP-TV-Z]{12}$'",
    },
}
# What somebody has read stays as it was read. Words may be taken away, since a record can be erased.
WORDS = {
    "referrals": ("referred_to", "specialty", "reason", "notes"),
    "excuse_notes": ("reason", "restrictions"),
}
FACTS = {"referrals": ("priority",), "excuse_notes": ("kind", "starts_on", "ends_on", "check_code", "sent_at")}
STAYS = """
CREATE FUNCTION {table}_stay_as_read() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was sent stays as it was read' USING ERRCODE = 'check_violation',
          CONSTRAINT = '{table}_stay_as_read';
END $$
"""
# The first letters of a code say which clinics are looked through: as a rule one, whose rows are then seen for the
# length of one question. What is told is what the paper says itself; of a wrong code nothing, whatever is wrong with it.
BY_CODE = """
CREATE FUNCTION excuse_note_by_code(code text, OUT clinic_id uuid, OUT note_id uuid, OUT patient_id uuid,
                                    OUT starts_on date, OUT ends_on date, OUT is_withdrawn boolean)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    place record;
BEGIN
    PERFORM set_config('app.user_id', '', true), set_config('app.patient_ids', '', true);
    FOR place IN SELECT c.id FROM clinics AS c
                  WHERE upper(left(md5(c.id::text), 4)) = left(code, 4) AND c.deleted_at IS NULL LOOP
        PERFORM set_config('app.clinic_id', place.id::text, true);
        SELECT n.clinic_id, n.id, n.patient_id, n.starts_on, n.ends_on, n.withdrawn_at IS NOT NULL
          INTO clinic_id, note_id, patient_id, starts_on, ends_on, is_withdrawn
          FROM excuse_notes AS n
          JOIN patients AS p ON p.clinic_id = n.clinic_id AND p.id = n.patient_id AND p.erased_at IS NULL
         WHERE n.clinic_id = place.id AND n.check_code = code;
        EXIT WHEN note_id IS NOT NULL;
    END LOOP;
    PERFORM set_config('app.clinic_id', '', true), set_config('app.patient_ids', '{}', true);
END $$
"""


def upgrade():
    _referrals()
    _excuse_notes()
    op.execute(BY_CODE)


def _referrals():
    op.create_table(
        "referrals",
        *_about("referrals"),
        sa.Column("referred_to", sa.Text(), nullable=False),
        sa.Column("specialty", sa.Text()),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("sent_to", sa.Text()),
        sa.Column("outcome", sa.Text()),
        sa.Column("cancel_note", sa.Text()),
        *(_moment(step) for step in ("sent", "accepted", "completed", "cancelled")),
    )
    op.create_index("ix_referrals_open", "referrals", ["clinic_id", "created_at", "id"], postgresql_where=sa.text(OPEN))
    op.create_index(
        "ix_referrals_provider_id_created_at_id", "referrals", ["clinic_id", "provider_id", "created_at", "id"]
    )
    _kept("referrals")


def _excuse_notes():
    op.create_table(
        "excuse_notes",
        *_about("excuse_notes"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("restrictions", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        _moment("sent"),
        sa.Column("check_code", sa.Text()),
        _moment("withdrawn"),
    )
    op.create_index("uq_excuse_notes_check_code", "excuse_notes", ["clinic_id", "check_code"], unique=True)
    _index_where("excuse_notes", "provider_id")
    _kept("excuse_notes")


def _about(table):
    """Whom it is about, from which visit, by whom, and what the table must never hold."""
    return (
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid()),
        sa.Column("provider_id", sa.Uuid()),
        sa.Column("created_by_id", sa.Uuid()),
        *own_columns(table),
        refers(table, "patient_id", "patients"),
        refers(table, "visit_id", "visits"),
        refers(table, "provider_id", "providers"),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f(f"fk_{table}_created_by_id")),
        *(sa.CheckConstraint(sql, name=op.f(f"ck_{table}_{name}")) for name, sql in CHECKS[table].items()),
    )


def _moment(step):
    return sa.Column(f"{step}_at", sa.DateTime(timezone=True))


def _index_where(table, column):
    op.create_index(
        f"ix_{table}_{column}", table, ["clinic_id", column], postgresql_where=sa.text(f"{column} IS NOT NULL")
    )


def _kept(table):
    """Seen by the patient once sent, as it was read; removed by the keeper, but for what a legal hold keeps."""
    op.create_index(f"ix_{table}_patient_id_created_at_id", table, ["clinic_id", "patient_id", "created_at", "id"])
    _index_where(table, "visit_id")
    _index_where(table, "created_by_id")
    protect(table, patient=SENT)
    touch(table)
    op.execute(f"GRANT SELECT, DELETE ON {table} TO clinic_keeper")
    keep_held(table, f"{table}.patient_id")
    changed = [f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in FACTS[table]]
    changed += [
        f"NEW.{name} IS DISTINCT FROM OLD.{name} AND nullif(NEW.{name}, '') IS NOT NULL" for name in WORDS[table]
    ]
    op.execute(STAYS.format(table=table))
    op.execute(
        f"CREATE TRIGGER {table}_stay BEFORE UPDATE ON {table} FOR EACH ROW"
        f" WHEN (OLD.sent_at IS NOT NULL AND ({' OR '.join(changed)})) EXECUTE FUNCTION {table}_stay_as_read()"
    )


def downgrade():
    op.execute("DROP FUNCTION excuse_note_by_code(text)")
    for table in ("excuse_notes", "referrals"):
        op.drop_table(table)
        op.execute(f"DROP FUNCTION {table}_stay_as_read()")
