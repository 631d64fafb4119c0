"""What was measured on patients, a partition for each year, made ahead so that no first of January stops the clinic."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from clinic.migrating import keep_held, moments, own_patient, protect, refers, touch

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

KINDS = (
    "'blood_pressure', 'glucose', 'weight', 'height', 'bmi', 'heart_rate', 'spo2', 'respiration', 'hrv_rmssd',"
    " 'hrv_sdnn', 'sleep', 'steps', 'mood', 'a1c', 'temperature', 'other'"
)
SOURCES = "'manual', 'healthkit', 'apple', 'oura', 'fitbit', 'garmin', 'withings', 'device', 'desk', 'import'"
SOMETIMES = ("reading_id", "visit_id", "entered_by_id", "mistaken_by_id")
# Runs as the owner, whose tables they are; only the keeper's role may call it. Whatever is older than the first year
# has one partition: a record that is brought along may begin a century ago.
PARTITIONS = """
CREATE FUNCTION ensure_measurement_partitions(years_ahead int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET timezone = 'UTC' AS $$
DECLARE
    first constant int := 2024;
    year int;
    name text;
    made int := 0;
BEGIN
    FOR year IN SELECT generate_series(first - 1, extract(year FROM now())::int + years_ahead) LOOP
        name := CASE WHEN year < first THEN 'measurements_before' ELSE 'measurements_' || year END;
        IF to_regclass('public.' || name) IS NULL THEN
            EXECUTE format('CREATE TABLE public.%I PARTITION OF public.measurements FOR VALUES FROM (%s) TO (%L)', name,
                           CASE WHEN year < first THEN 'MINVALUE'
                                ELSE quote_literal(make_timestamptz(year, 1, 1, 0, 0, 0)) END,
                           make_timestamptz(year + 1, 1, 1, 0, 0, 0));
            -- Reached only through measurements and its policies; by its own name it shows nobody anything.
            EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', name);
            EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', name);
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END $$
"""


def upgrade():
    op.create_table(
        "measurements",
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Numeric()),
        sa.Column("value_text", sa.Text()),
        sa.Column("components", JSONB(), server_default="{}", nullable=False),
        sa.Column("unit", sa.Text()),
        sa.Column("reading_id", sa.Uuid()),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("metadata", JSONB(), server_default="{}", nullable=False),
        sa.Column("entered_by_id", sa.Uuid()),
        sa.Column("mistaken_at", sa.DateTime(timezone=True)),
        sa.Column("mistaken_by_id", sa.Uuid()),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *moments(),
        _check("kind_is_known", f"kind IN ({KINDS})"),
        _check("source_is_known", f"source IN ({SOURCES})"),
        _check("context_is_known", "context IN ('sleep', 'rest', 'workout', 'unknown')"),
        _check("says_something", "num_nonnulls(value, value_text) > 0"),
        _check("value_in_range", "value > -1000000000 AND value < 1000000000"),
        _check("words_length", "length(value_text) <= 500 AND length(unit) <= 50"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_measurements_clinic_id"),
        refers("measurements", "patient_id", "patients"),
        refers("measurements", "visit_id", "visits"),
        sa.ForeignKeyConstraint(["entered_by_id"], ["users.id"], name=op.f("fk_measurements_entered_by_id")),
        sa.ForeignKeyConstraint(["mistaken_by_id"], ["users.id"], name=op.f("fk_measurements_mistaken_by_id")),
        # The key of the partitions is a part of it.
        sa.PrimaryKeyConstraint("clinic_id", "id", "measured_at", name=op.f("pk_measurements")),
        postgresql_partition_by="RANGE (measured_at)",
    )
    for columns in (("patient_id", "kind", "measured_at"), ("patient_id", "measured_at", "id")):
        op.create_index(f"ix_measurements_{'_'.join(columns)}", "measurements", ["clinic_id", *columns])
    for column in SOMETIMES:
        op.create_index(
            f"ix_measurements_{column}", "measurements", ["clinic_id", column],
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )  # fmt: skip
    # The patient sees each value as soon as it is recorded.
    protect("measurements", patient=own_patient())
    op.execute("GRANT SELECT, DELETE ON measurements TO clinic_keeper")
    keep_held("measurements", "measurements.patient_id")
    touch("measurements")
    op.execute(PARTITIONS)
    op.execute("REVOKE ALL ON FUNCTION ensure_measurement_partitions(int) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION ensure_measurement_partitions(int) TO clinic_keeper")
    op.execute("SELECT ensure_measurement_partitions(2)")


def downgrade():
    op.execute("DROP FUNCTION ensure_measurement_partitions(int)")
    op.drop_table("measurements")


def _check(name, condition):
    return sa.CheckConstraint(condition, name=op.f(f"ck_measurements_{name}"))
