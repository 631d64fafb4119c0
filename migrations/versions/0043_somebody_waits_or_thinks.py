"""Who thinks about an offered time still waits: a time freed meanwhile may be theirs if they say no."""

from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

# Nothing but the statuses differs from what it replaces; whoever may call it stays as it is.
SOMEBODY_WAITS = """
CREATE OR REPLACE FUNCTION somebody_waits() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    seen text := current_setting('app.patient_ids', true);
    waits boolean;
BEGIN
    PERFORM set_config('app.patient_ids', '', true);
    SELECT EXISTS (SELECT 1 FROM waitlist_entries
                    WHERE clinic_id = nullif(current_setting('app.clinic_id', true), '')::uuid
                      AND status IN ({statuses}))
      INTO waits;
    PERFORM set_config('app.patient_ids', coalesce(seen, ''), true);
    RETURN waits;
END
$$
"""


def upgrade():
    op.execute(SOMEBODY_WAITS.format(statuses="'waiting', 'offered'"))


def downgrade():
    op.execute(SOMEBODY_WAITS.format(statuses="'waiting'"))
