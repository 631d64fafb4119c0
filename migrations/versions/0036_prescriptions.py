"""Prescriptions, the list of drugs and each doctor's favourites."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from clinic.migrating import keep_held, own_columns, own_patient, protect, refers, through, touch

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

OF_PRESCRIPTION = (
    "(SELECT p.patient_id FROM prescriptions AS p"
    " WHERE p.clinic_id = {table}.clinic_id AND p.id = {table}.prescription_id)"
)
# What the keeper blanks when a record is erased: words about a person. What was prescribed stays, as visits do.
WORDS = {
    "prescriptions": "advice", "prescription_items": "notes, allergy_warning, allergy_reason",
    "prescription_stops": "reason",
}  # fmt: skip
SOURCES = "source IN ('clinic', 'patient', 'import')"
DIRECTIONS = ("potency", "dosage", "frequency", "duration", "notes")


def upgrade():
    _prescriptions()
    _items()
    _stops()
    _drugs()
    _favourites()


def downgrade():
    for table in ("favourite_medicines", "drug_words", "drugs", "prescription_stops", "prescription_items",
                  "prescriptions"):  # fmt: skip
        op.drop_table(table)


def _prescriptions():
    op.create_table(
        "prescriptions",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid()),
        sa.Column("consultation_id", sa.Uuid()),
        sa.Column("provider_id", sa.Uuid()),
        sa.Column("prescriber", sa.Text()),
        sa.Column("licence_number", sa.Text()),
        sa.Column("advice", sa.Text()),
        sa.Column("replaces_id", sa.Uuid()),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_dated", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("issued_by_id", sa.Uuid()),
        *_added("prescriptions"),
        _check("prescriptions", "source_is_known", SOURCES),
        _check("prescriptions", "own_has_a_doctor", "source <> 'clinic' OR provider_id IS NOT NULL"),
        _check("prescriptions", "own_is_dated", "source <> 'clinic' OR is_dated"),
        _check("prescriptions", "replaces_another", "replaces_id <> id"),
        refers("prescriptions", "patient_id", "patients"),
        refers("prescriptions", "visit_id", "visits"),
        refers("prescriptions", "consultation_id", "consultations"),
        refers("prescriptions", "provider_id", "providers"),
        refers("prescriptions", "replaces_id", "prescriptions"),
        sa.ForeignKeyConstraint(["issued_by_id"], ["users.id"], name=op.f("fk_prescriptions_issued_by_id")),
    )
    op.create_index(
        "uq_prescriptions_replaces_id", "prescriptions", ["clinic_id", "replaces_id"], unique=True,
        postgresql_where=sa.text("replaces_id IS NOT NULL"),
    )  # fmt: skip
    op.create_index(
        "ix_prescriptions_patient_id_issued_at_id", "prescriptions", ["clinic_id", "patient_id", "issued_at", "id"]
    )
    _index_where("prescriptions", "provider_id", "visit_id", "consultation_id", "issued_by_id")
    # Released at issue: whatever is there, the patient sees.
    _only_added_to("prescriptions", own_patient(), "prescriptions.patient_id")


def _items():
    op.create_table(
        "prescription_items",
        sa.Column("prescription_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("medicine_name", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text()) for name in DIRECTIONS),
        sa.Column("allergy_warning", sa.Text()),
        sa.Column("allergy_reason", sa.Text()),
        *_added("prescription_items"),
        _check("prescription_items", "medicine_name_length", "length(medicine_name) BETWEEN 1 AND 500"),
        _check(
            "prescription_items", "a_warning_was_answered", "(allergy_warning IS NULL) = (allergy_reason IS NULL)"
        ),
        refers("prescription_items", "prescription_id", "prescriptions"),
    )  # fmt: skip
    op.create_index(
        "uq_prescription_items_position", "prescription_items", ["clinic_id", "prescription_id", "position"],
        unique=True,
    )  # fmt: skip
    _part_of_one("prescription_items")


def _stops():
    op.create_table(
        "prescription_stops",
        sa.Column("prescription_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid()),
        sa.Column("reason", sa.Text()),
        sa.Column("stopped_at", sa.DateTime(timezone=True)),
        sa.Column("stopped_by_id", sa.Uuid()),
        sa.Column("source", sa.Text(), nullable=False),
        *_added("prescription_stops"),
        _check("prescription_stops", "source_is_known", SOURCES),
        _check("prescription_stops", "own_has_a_reason", "source <> 'clinic' OR reason IS NOT NULL"),
        _check("prescription_stops", "own_has_a_time", "source <> 'clinic' OR stopped_at IS NOT NULL"),
        refers("prescription_stops", "prescription_id", "prescriptions"),
        refers("prescription_stops", "item_id", "prescription_items"),
        sa.ForeignKeyConstraint(["stopped_by_id"], ["users.id"], name=op.f("fk_prescription_stops_stopped_by_id")),
    )
    op.create_index("ix_prescription_stops_prescription_id", "prescription_stops", ["clinic_id", "prescription_id"])
    for name, column, only in (("item_id", "item_id", "item_id IS NOT NULL"),
                               ("whole", "prescription_id", "item_id IS NULL")):  # fmt: skip
        op.create_index(
            f"uq_prescription_stops_{name}", "prescription_stops", ["clinic_id", column], unique=True,
            postgresql_where=sa.text(only),
        )  # fmt: skip
    _index_where("prescription_stops", "stopped_by_id")
    _part_of_one("prescription_stops")


def _drugs():
    op.create_table(
        "drugs",
        sa.Column("list_name", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("synonyms", ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True)),
        *own_columns("drugs"),
        _check("drugs", "name_length", "length(name) BETWEEN 1 AND 500"),
    )
    op.create_index("uq_drugs_code", "drugs", ["clinic_id", "list_name", "code"], unique=True)
    op.create_table(
        "drug_words",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("word", sa.Text(collation="C"), nullable=False),
        sa.Column("drug_id", sa.Uuid(), nullable=False),
        sa.Column("is_name", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_drug_words_clinic_id"),
        refers("drug_words", "drug_id", "drugs"),
        sa.PrimaryKeyConstraint("clinic_id", "word", "drug_id", name=op.f("pk_drug_words")),
    )
    op.create_index("ix_drug_words_drug_id", "drug_words", ["clinic_id", "drug_id"])
    protect("drugs")
    touch("drugs")
    protect("drug_words", "SELECT, INSERT, DELETE")
    op.execute("GRANT SELECT, DELETE ON drugs, drug_words TO clinic_keeper")


def _favourites():
    op.create_table(
        "favourite_medicines",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("medicine_name", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text()) for name in DIRECTIONS),
        *own_columns("favourite_medicines"),
        _check("favourite_medicines", "medicine_name_length", "length(medicine_name) BETWEEN 1 AND 500"),
        refers("favourite_medicines", "provider_id", "providers"),
    )
    op.create_index(
        "uq_favourite_medicines_medicine", "favourite_medicines",
        ["clinic_id", "provider_id", "medicine_name", "potency"], unique=True, postgresql_nulls_not_distinct=True,
    )  # fmt: skip
    protect("favourite_medicines", "SELECT, INSERT, UPDATE, DELETE")
    touch("favourite_medicines")
    op.execute("GRANT SELECT, DELETE ON favourite_medicines TO clinic_keeper")


def _added(table):
    """The columns of a table that is only ever added to: no time of a change."""
    return [each for each in own_columns(table) if getattr(each, "name", None) != "updated_at"]


def _only_added_to(table, patient, whose):
    protect(table, "SELECT, INSERT", patient=patient)
    op.execute(f"GRANT SELECT, DELETE, UPDATE ({WORDS[table]}) ON {table} TO clinic_keeper")
    for command in ("DELETE", "UPDATE"):
        keep_held(table, whose, command)


def _part_of_one(table):
    _only_added_to(table, through(table, "prescriptions", "prescription_id"), OF_PRESCRIPTION.format(table=table))


def _index_where(table, *columns):
    for column in columns:
        op.create_index(
            f"ix_{table}_{column}", table, ["clinic_id", column], postgresql_where=sa.text(f"{column} IS NOT NULL")
        )


def _check(table, name, condition):
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))
