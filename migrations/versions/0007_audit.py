"""The audit log, one partition a month, made months ahead so that no first of a month stops the clinic."""

from alembic import op

from clinic.migrating import CLINIC, EVERYBODY, grant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE audit_entries (
    clinic_id uuid NOT NULL,
    id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    actor_id uuid,
    actor_role text,
    on_behalf_of_id uuid,
    action text NOT NULL,
    decision text NOT NULL,
    resource_type text,
    resource_id uuid,
    changes jsonb NOT NULL,
    metadata jsonb NOT NULL,
    ip_address inet,
    user_agent text,
    request_id text,
    CONSTRAINT ck_audit_entries_decision_is_known CHECK (decision IN ('allowed', 'refused')),
    CONSTRAINT pk_audit_entries PRIMARY KEY (clinic_id, id, created_at)
) PARTITION BY RANGE (created_at)
"""
# Runs as the owner, whose tables they are; only the keeper's role may call it.
PARTITIONS = """
CREATE FUNCTION ensure_audit_partitions(months_ahead int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET timezone = 'UTC' AS $$
DECLARE
    month date;
    name text;
    made int := 0;
BEGIN
    FOR month IN
        SELECT generate_series(date_trunc('month', now()) - interval '1 month',
                               date_trunc('month', now()) + make_interval(months => months_ahead), interval '1 month')
    LOOP
        name := 'audit_entries_' || to_char(month, 'YYYY_MM');
        IF to_regclass('public.' || name) IS NULL THEN
            EXECUTE format('CREATE TABLE public.%I PARTITION OF public.audit_entries FOR VALUES FROM (%L) TO (%L)',
                           name, month::timestamptz, (month + interval '1 month')::timestamptz);
            -- Reached only through audit_entries and its policies; by its own name it shows nobody anything.
            EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', name);
            EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', name);
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END $$
"""
NIL = "'00000000-0000-0000-0000-000000000000'::uuid"


def upgrade():
    op.execute(TABLE)
    op.create_index("ix_audit_entries_created_at", "audit_entries", ["clinic_id", "created_at"])
    op.create_index(
        "ix_audit_entries_resource",
        "audit_entries",
        ["clinic_id", "resource_type", "resource_id", "created_at"],
    )
    grant("audit_entries", "SELECT, INSERT")
    op.execute("ALTER TABLE audit_entries ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE audit_entries FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY reading ON audit_entries FOR SELECT USING (clinic_id = {CLINIC} AND {EVERYBODY})")
    # What happens outside any clinic is written under the nil id and read by nobody inside one.
    op.execute(
        f"CREATE POLICY writing ON audit_entries FOR INSERT WITH CHECK (clinic_id = {CLINIC} OR clinic_id = {NIL})"
    )
    op.execute(PARTITIONS)
    op.execute("REVOKE ALL ON FUNCTION ensure_audit_partitions(int) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION ensure_audit_partitions(int) TO clinic_keeper")
    op.execute("SELECT ensure_audit_partitions(12)")


def downgrade():
    op.execute("DROP FUNCTION ensure_audit_partitions(int)")
    op.drop_table("audit_entries")
