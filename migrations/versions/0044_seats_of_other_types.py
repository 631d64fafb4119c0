"""How many places of a group of any type are taken by visits of other types than one, whoever asks."""

from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

# A patient sees no visits but their own, and yet what is open to them depends on those of others; it tells a number.
SEATS_OF_OTHER_TYPES = """
CREATE FUNCTION seats_of_other_types(of_slot uuid, than_type uuid) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    seen text := current_setting('app.patient_ids', true);
    seats bigint;
BEGIN
    PERFORM set_config('app.patient_ids', '', true);
    SELECT count(*) FROM visits
     WHERE clinic_id = nullif(current_setting('app.clinic_id', true), '')::uuid
       AND slot_id = of_slot AND visit_type_id <> than_type
      INTO seats;
    PERFORM set_config('app.patient_ids', coalesce(seen, ''), true);
    RETURN seats;
END
$$
"""
SIGNATURE = "seats_of_other_types(uuid, uuid)"


def upgrade():
    op.execute(SEATS_OF_OTHER_TYPES)
    op.execute(f"REVOKE ALL ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO clinic_app")


def downgrade():
    op.execute(f"DROP FUNCTION {SIGNATURE}")
