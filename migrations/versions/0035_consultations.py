"""Doctors' notes, what was added to them, and the templates they begin from."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from clinic.migrating import keep_held, own_columns, protect, refers, through, touch

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

WORDS = ("complaints", "diagnosis", "treatment", "notes")
OF_VISIT = "(SELECT v.patient_id FROM visits AS v WHERE v.clinic_id = {table}.clinic_id AND v.id = {table}.visit_id)"
OF_NOTE = (
    "(SELECT v.patient_id FROM consultations AS c JOIN visits AS v ON v.clinic_id = c.clinic_id AND v.id = c.visit_id"
    " WHERE c.clinic_id = consultation_addenda.clinic_id AND c.id = consultation_addenda.consultation_id)"
)
# The patient reads a note once it is signed, and what was added to it since.
RELEASED = f"{through('consultations', 'visits', 'visit_id')} AND (signed_at IS NOT NULL)"
# Whoever asks and by whichever way. The keeper alone may, who removes the words of a record that is erased.
SIGNED_STAYS = """
CREATE FUNCTION keep_signed_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.signed_at IS NOT NULL AND current_user <> 'clinic_keeper' THEN
        RAISE EXCEPTION 'a signed note is never changed' USING ERRCODE = '23514', CONSTRAINT = 'signed_note_stays';
    END IF;
    RETURN NEW;
END $$
"""
ADDED_TO_SIGNED = """
CREATE FUNCTION add_to_signed_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM consultations AS c WHERE c.clinic_id = NEW.clinic_id AND c.id = NEW.consultation_id
                      AND c.signed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'only a signed note has addenda' USING ERRCODE = '23514', CONSTRAINT = 'addendum_after_signing';
    END IF;
    RETURN NEW;
END $$
"""


def upgrade():
    _consultations()
    _addenda()
    _open_notes()
    _templates()


def downgrade():
    for table in ("note_templates", "open_notes", "consultation_addenda", "consultations"):
        op.drop_table(table)
    op.execute("DROP FUNCTION add_to_signed_note()")
    op.execute("DROP FUNCTION keep_signed_note()")


def _consultations():
    op.create_table(
        "consultations",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid()),
        *_words(),
        sa.Column("duration_minutes", sa.Integer()),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True)),
        sa.Column("edited_by_id", sa.Uuid()),
        sa.Column("saved_page", sa.Uuid()),
        sa.Column("saved_number", sa.Integer()),
        sa.Column("signed_at", sa.DateTime(timezone=True)),
        sa.Column("signed_by_id", sa.Uuid()),
        *own_columns("consultations"),
        *_lengths("consultations"),
        _check("consultations", "duration_minutes_in_range", "duration_minutes BETWEEN 0 AND 1440"),
        _check("consultations", "version_in_range", "version >= 0"),
        _check("consultations", "signed_has_a_doctor", "signed_at IS NULL OR provider_id IS NOT NULL"),
        _check("consultations", "signed_by_has_a_time", "signed_by_id IS NULL OR signed_at IS NOT NULL"),
        refers("consultations", "visit_id", "visits"),
        refers("consultations", "provider_id", "providers"),
        _refers_to_user("consultations", "edited_by_id"),
        _refers_to_user("consultations", "signed_by_id"),
    )
    op.create_index("uq_consultations_visit_id", "consultations", ["clinic_id", "visit_id"], unique=True)
    for column in ("provider_id", "edited_by_id", "signed_by_id"):
        _index_where("consultations", column)
    op.create_index(
        "ix_consultations_unsigned", "consultations", ["clinic_id", "provider_id", "edited_at", "id"],
        postgresql_where=sa.text("signed_at IS NULL"),
    )  # fmt: skip
    protect("consultations", patient=f"({RELEASED})")
    op.execute("GRANT SELECT, DELETE ON consultations TO clinic_keeper")
    op.execute(f"GRANT UPDATE ({', '.join(WORDS)}, diagnosis_codes) ON consultations TO clinic_keeper")
    for command in ("DELETE", "UPDATE"):
        keep_held("consultations", OF_VISIT.format(table="consultations"), command)
    touch("consultations")
    op.execute(SIGNED_STAYS)
    op.execute(
        "CREATE TRIGGER consultations_signed_stays BEFORE UPDATE ON consultations FOR EACH ROW"
        " EXECUTE FUNCTION keep_signed_note()"
    )


def _addenda():
    op.create_table(
        "consultation_addenda",
        sa.Column("consultation_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid()),
        sa.Column("written_by_id", sa.Uuid()),
        sa.Column("text", sa.Text(), nullable=False),
        *(column for column in own_columns("consultation_addenda") if getattr(column, "name", "") != "updated_at"),
        _check("consultation_addenda", "text_length", "length(text) BETWEEN 1 AND 20000"),
        refers("consultation_addenda", "consultation_id", "consultations"),
        refers("consultation_addenda", "provider_id", "providers"),
        _refers_to_user("consultation_addenda", "written_by_id"),
    )
    op.create_index(
        "ix_consultation_addenda_consultation_id_created_at", "consultation_addenda",
        ["clinic_id", "consultation_id", "created_at"],
    )  # fmt: skip
    for column in ("provider_id", "written_by_id"):
        _index_where("consultation_addenda", column)
    # Only ever added to.
    protect(
        "consultation_addenda", "SELECT, INSERT",
        patient=through("consultation_addenda", "consultations", "consultation_id"),
    )  # fmt: skip
    op.execute("GRANT SELECT, DELETE ON consultation_addenda TO clinic_keeper")
    keep_held("consultation_addenda", OF_NOTE)
    op.execute(ADDED_TO_SIGNED)
    op.execute(
        "CREATE TRIGGER consultation_addenda_after_signing BEFORE INSERT ON consultation_addenda FOR EACH ROW"
        " EXECUTE FUNCTION add_to_signed_note()"
    )


def _open_notes():
    op.create_table(
        "open_notes",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        *own_columns("open_notes"),
        refers("open_notes", "visit_id", "visits"),
        _refers_to_user("open_notes", "user_id"),
    )
    op.create_index("ix_open_notes_visit_id_created_at", "open_notes", ["clinic_id", "visit_id", "created_at"])
    op.create_index("ix_open_notes_user_id", "open_notes", ["clinic_id", "user_id"])
    op.create_index("ix_open_notes_seen_at", "open_notes", ["clinic_id", "seen_at"])
    # Who works at a note is the staff's to know. A page that was closed is forgotten by the next one that is open.
    protect("open_notes", "SELECT, INSERT, UPDATE, DELETE", patient="false")
    op.execute("GRANT SELECT, DELETE ON open_notes TO clinic_keeper")
    keep_held("open_notes", OF_VISIT.format(table="open_notes"))
    touch("open_notes")


def _templates():
    op.create_table(
        "note_templates",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        *_words(),
        sa.Column("retired_at", sa.DateTime(timezone=True)),
        *own_columns("note_templates"),
        *_lengths("note_templates"),
        _check("note_templates", "name_length", "length(name) BETWEEN 1 AND 100"),
        refers("note_templates", "provider_id", "providers"),
    )
    op.create_index("ix_note_templates_provider_id_name", "note_templates", ["clinic_id", "provider_id", "name"])
    op.create_index(
        "uq_note_templates_name", "note_templates", ["clinic_id", "provider_id", sa.text("lower(name)")], unique=True,
        postgresql_where=sa.text("retired_at IS NULL"),
    )  # fmt: skip
    protect("note_templates", patient="false")
    op.execute("GRANT SELECT, DELETE ON note_templates TO clinic_keeper")
    touch("note_templates")


def _words():
    """The parts of a note, all of which may be left out."""
    return (
        *(sa.Column(name, sa.Text()) for name in WORDS),
        sa.Column("diagnosis_codes", ARRAY(sa.Text()), server_default="{}", nullable=False),
    )


def _lengths(table):
    return (
        *(_check(table, f"{name}_length", f"length({name}) BETWEEN 1 AND 20000") for name in WORDS),
        _check(table, "diagnosis_codes_count", "cardinality(diagnosis_codes) <= 20"),
    )


def _check(table, name, condition):
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _refers_to_user(table, column):
    return sa.ForeignKeyConstraint([column], ["users.id"], name=op.f(f"fk_{table}_{column}"))


def _index_where(table, column):
    op.create_index(
        f"ix_{table}_{column}", table, ["clinic_id", column], postgresql_where=sa.text(f"{column} IS NOT NULL")
    )
