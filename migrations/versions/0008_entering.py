"""Who a session token belongs to, found in one statement that also sets whose rows the transaction may see."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ENTER = """
CREATE FUNCTION app_enter(role text, token bytea, face text, idle_minutes int, OUT session_id uuid, OUT user_id uuid,
    OUT user_name text, OUT email text, OUT user_timezone text, OUT language text, OUT clinic_id uuid,
    OUT clinic_name text, OUT slug text, OUT clinic_timezone text, OUT locale text, OUT currency text, OUT colour text,
    OUT has_logo boolean, OUT clinic_phone text, OUT clinic_version text, OUT roles text[], OUT provider_id uuid,
    OUT patients uuid[], OUT clinic_count int)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE seen timestamptz;
BEGIN
    PERFORM set_config('app.patient_ids', '{}', true), set_config('app.clinic_id', '', true),
            set_config('app.user_id', '', true), set_config('statement_timeout', '15s', true),
            set_config('lock_timeout', '10s', true);
    SELECT s.id, s.user_id, s.last_seen_at, concat_ws(' ', u.first_name, u.last_name), u.email, u.timezone, u.language,
           c.id, c.name, c.slug, c.timezone, c.locale, c.currency, c.branding ->> 'colour', c.logo IS NOT NULL, c.phone,
           extract(epoch FROM c.updated_at)::bigint::text
      INTO session_id, user_id, seen, user_name, email, user_timezone, language,
           clinic_id, clinic_name, slug, clinic_timezone, locale, currency, colour, has_logo, clinic_phone,
           clinic_version
      FROM user_sessions AS s
      JOIN users AS u ON u.id = s.user_id
      LEFT JOIN clinics AS c ON c.id = s.clinic_id AND c.deleted_at IS NULL AND c.closed_at IS NULL
     WHERE s.token_hash = token AND s.revoked_at IS NULL AND s.expires_at > now()
       AND s.last_seen_at > now() - make_interval(mins => idle_minutes)
       AND u.status = 'active' AND u.deleted_at IS NULL;
    IF session_id IS NULL THEN
        RETURN;
    END IF;
    -- Once a minute is often enough to know that somebody is still there.
    IF seen < now() - interval '1 minute' THEN
        UPDATE user_sessions AS s SET last_seen_at = now() WHERE s.id = session_id;
    END IF;
    PERFORM set_config('app.user_id', user_id::text, true);
    -- Counted over every clinic: the policy "own" shows people their own memberships wherever they are.
    SELECT count(DISTINCT m.clinic_id) INTO clinic_count FROM memberships AS m
     WHERE m.user_id = app_enter.user_id AND m.ended_at IS NULL;
    IF clinic_id IS NULL THEN
        RETURN;
    END IF;
    PERFORM set_config('app.clinic_id', clinic_id::text, true), set_config('app.patient_ids', '', true);
    roles := ARRAY(SELECT m.role FROM memberships AS m
                    WHERE m.clinic_id = app_enter.clinic_id AND m.user_id = app_enter.user_id AND m.ended_at IS NULL);
    IF face = 'staff' THEN
        SELECT p.id INTO provider_id FROM providers AS p
         WHERE p.clinic_id = app_enter.clinic_id AND p.user_id = app_enter.user_id;
    ELSE
        patients := ARRAY(SELECT a.patient_id FROM patient_access AS a
                           WHERE a.clinic_id = app_enter.clinic_id AND a.user_id = app_enter.user_id
                             AND (a.until IS NULL OR a.until > now()));
        PERFORM set_config('app.patient_ids', patients::text, true);
    END IF;
END $$
"""


def upgrade():
    op.execute(ENTER)


def downgrade():
    op.execute("DROP FUNCTION app_enter(text, bytea, text, int)")
