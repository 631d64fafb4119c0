"""Who comes early waits from their own time on: how early they came is no part of how long the next are told."""

from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

# Nothing but the minutes differs from what it replaces; whoever may call it stays as it is.
WAIT = """
CREATE OR REPLACE FUNCTION wait_range(clinic uuid, doctor uuid, type uuid, walked_in boolean,
                                      OUT low int, OUT high int, OUT counted int)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE seen text := current_setting('app.patient_ids', true);
BEGIN
    PERFORM set_config('app.patient_ids', '', true);
    SELECT floor(percentile_cont(0.1) WITHIN GROUP (ORDER BY x.minutes) / 5)::int * 5,
           greatest(ceil(percentile_cont(0.9) WITHIN GROUP (ORDER BY x.minutes) / 5)::int * 5, 5), count(*)::int
      INTO low, high, counted
      FROM (SELECT {minutes} AS minutes
              FROM visits AS v
             WHERE v.clinic_id = clinic AND (doctor IS NULL OR v.provider_id = doctor)
               AND v.visit_type_id IS NOT DISTINCT FROM type AND (v.kind = 'walk_in') = walked_in
               AND v.starts_at > now() - interval '60 days' AND v.starts_at <= now()
               AND v.started_at >= v.checked_in_at
             ORDER BY v.starts_at DESC LIMIT 30) AS x;
    PERFORM set_config('app.patient_ids', coalesce(seen, ''), true);
END $$
"""
FROM_CHECK_IN = "extract(epoch FROM v.started_at - v.checked_in_at)::float / 60"
# Who is taken before their time has not waited at all.
FROM_DUE = """greatest(0, extract(epoch FROM v.started_at
               - greatest(v.checked_in_at, CASE WHEN walked_in THEN v.checked_in_at ELSE v.starts_at END))::float / 60)"""


def upgrade():
    op.execute(WAIT.format(minutes=FROM_DUE))


def downgrade():
    op.execute(WAIT.format(minutes=FROM_CHECK_IN))
