"""What the keeper may remove for good, what a legal hold forbids even to the keeper, and how old months go."""

from alembic import op

from clinic.migrating import keep_held

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# Rows without a clinic that have an end; and the job queue's.
ENDING = ("user_sessions", "user_tokens", "recovery_codes", "throttles", "idempotency_keys", "kept_forms")
QUEUE = ("procrastinate_jobs", "procrastinate_events", "procrastinate_periodic_defers")
# Children before parents, as a clinic's rows are removed.
OWNED = (
    "locations", "memberships", "providers", "provider_visit_types", "visit_types", "availabilities", "slots",
    "seat_holds", "visits", "visit_events", "patients", "patient_words", "patient_access", "patient_tags",
    "integrations", "external_ids", "access_grants", "legal_holds", "erasures",
)  # fmt: skip
# Whose patient a row is about, where it is about one.
ABOUT = {
    "patients": "id",
    "patient_words": "patient_id",
    "patient_access": "patient_id",
    "patient_tags": "patient_id",
    "visits": "patient_id",
    "access_grants": "patient_id",
    "erasures": "patient_id",
}
OF_VISIT = (
    "(SELECT v.patient_id FROM visits AS v WHERE v.clinic_id = visit_events.clinic_id AND v.id = visit_events.visit_id)"
)
# Runs as the owner, whose tables they are. A month that is still within six years stays, whoever asks; so does one
# in which a clinic that holds a record has an entry.
DETACH = """
CREATE FUNCTION detach_audit_partitions() RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET timezone = 'UTC' AS $$
DECLARE
    old record;
    holder uuid;
    is_held boolean;
    gone int := 0;
BEGIN
    FOR old IN
        SELECT c.relname AS name, to_date(right(c.relname, 7), 'YYYY_MM') AS month
          FROM pg_class AS c JOIN pg_inherits AS i ON i.inhrelid = c.oid
         WHERE i.inhparent = 'public.audit_entries'::regclass AND c.relname ~ '^audit_entries_[0-9]{4}_[0-9]{2}$'
           AND to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month' <= now() - interval '6 years'
         ORDER BY 1
    LOOP
        is_held := false;
        PERFORM set_config('app.patient_ids', '', true);
        FOR holder IN SELECT DISTINCT h.clinic_id FROM public.legal_holds AS h WHERE h.ended_at IS NULL LOOP
            PERFORM set_config('app.clinic_id', holder::text, true);
            is_held := is_held OR EXISTS (
                SELECT 1 FROM public.audit_entries AS e WHERE e.clinic_id = holder
                   AND e.created_at >= old.month AND e.created_at < old.month + interval '1 month');
        END LOOP;
        CONTINUE WHEN is_held;
        EXECUTE format('ALTER TABLE public.audit_entries DETACH PARTITION public.%I', old.name);
        -- Nobody reads it by this name but the owner, who exports it and drops it.
        EXECUTE format('ALTER TABLE public.%I RENAME TO %I', old.name, 'old_' || old.name);
        gone := gone + 1;
    END LOOP;
    PERFORM set_config('app.clinic_id', '', true);
    RETURN gone;
END $$
"""


def upgrade():
    for table in (*ENDING, *OWNED, *QUEUE):
        op.execute(f"GRANT SELECT, DELETE ON {table} TO clinic_keeper")
    op.execute("GRANT SELECT ON clinics, procrastinate_workers TO clinic_keeper")
    op.execute("GRANT UPDATE (notes) ON visit_events TO clinic_keeper")
    # The queue's own trigger forgets there which job it was.
    op.execute("GRANT UPDATE ON procrastinate_periodic_defers TO clinic_keeper")
    op.execute("GRANT UPDATE (taken) ON slots TO clinic_keeper")
    # Whatever clinic they are in, the keeper and the owner's functions know of every hold.
    op.execute("CREATE POLICY known ON legal_holds FOR SELECT TO clinic_keeper, CURRENT_USER USING (true)")
    op.execute("CREATE POLICY held ON legal_holds AS RESTRICTIVE FOR DELETE TO clinic_keeper"
               " USING (ended_at IS NOT NULL)")  # fmt: skip
    for table, column in ABOUT.items():
        keep_held(table, f"{table}.{column}")
    for command in ("DELETE", "UPDATE"):
        keep_held("visit_events", OF_VISIT, command)
    op.execute(DETACH)
    op.execute("REVOKE ALL ON FUNCTION detach_audit_partitions() FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION detach_audit_partitions() TO clinic_keeper")


def downgrade():
    op.execute("DROP FUNCTION detach_audit_partitions()")
    for table in (*ABOUT, "visit_events", "legal_holds"):
        op.execute(f"DROP POLICY held ON {table}")
    op.execute("DROP POLICY held_update ON visit_events")
    op.execute("DROP POLICY known ON legal_holds")
    op.execute("REVOKE UPDATE (taken) ON slots FROM clinic_keeper")
    op.execute("REVOKE UPDATE (notes) ON visit_events FROM clinic_keeper")
    for table in ("clinics", "procrastinate_workers", *ENDING, *OWNED, *QUEUE):
        op.execute(f"REVOKE ALL ON {table} FROM clinic_keeper")
