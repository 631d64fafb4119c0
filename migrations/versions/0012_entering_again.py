"""Who a session token belongs to, now with second factors, limits of idleness, and rights held for a while."""

import runpy
from pathlib import Path

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ENTER = """
CREATE FUNCTION app_enter(role text, token bytea, face text, idle_minutes int, extends boolean, OUT session_id uuid,
    OUT user_id uuid, OUT user_name text, OUT email text, OUT user_timezone text, OUT language text,
    OUT email_verified boolean, OUT has_factor boolean, OUT factor_missing boolean, OUT proved_at timestamptz,
    OUT proved_lately boolean, OUT idle_until timestamptz, OUT expires_at timestamptz, OUT clinic_id uuid,
    OUT clinic_name text, OUT slug text, OUT clinic_timezone text, OUT locale text, OUT currency text, OUT colour text,
    OUT has_logo boolean, OUT clinic_phone text, OUT clinic_version text, OUT roles text[], OUT provider_id uuid,
    OUT patients uuid[], OUT relations text[], OUT clinic_count int, OUT opened_patients uuid[],
    OUT support_scope text[], OUT support_grants uuid[], OUT support_until timestamptz, OUT subject_id uuid,
    OUT subject_name text, OUT subject_roles text[], OUT subject_until timestamptz)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    seen timestamptz;
    idle interval;
    impersonates uuid;
BEGIN
    PERFORM set_config('app.patient_ids', '{}', true), set_config('app.clinic_id', '', true),
            set_config('app.user_id', '', true), set_config('statement_timeout', '15s', true),
            set_config('lock_timeout', '10s', true);
    SELECT s.id, s.user_id, s.last_seen_at, s.expires_at, s.impersonates_id, s.proved_at,
           s.proved_at > now() - interval '10 minutes',
           concat_ws(' ', u.first_name, u.last_name), u.email, u.timezone, u.language, u.email_verified_at IS NOT NULL,
           u.mfa_enabled_at IS NOT NULL,
           u.mfa_enabled_at IS NULL AND face = 'staff' AND coalesce(c.settings ->> 'staff_factor', '') = 'required',
           make_interval(mins => least(idle_minutes, coalesce((c.settings ->> 'idle_minutes')::int, 30))),
           c.id, c.name, c.slug, c.timezone, c.locale, c.currency, c.branding ->> 'colour', c.logo IS NOT NULL, c.phone,
           extract(epoch FROM c.updated_at)::bigint::text
      INTO session_id, user_id, seen, expires_at, impersonates, proved_at, proved_lately, user_name, email,
           user_timezone, language, email_verified, has_factor, factor_missing, idle, clinic_id, clinic_name, slug,
           clinic_timezone, locale, currency, colour, has_logo, clinic_phone, clinic_version
      FROM user_sessions AS s
      JOIN users AS u ON u.id = s.user_id
      LEFT JOIN clinics AS c ON c.id = s.clinic_id AND c.deleted_at IS NULL AND c.closed_at IS NULL
     WHERE s.token_hash = token AND s.revoked_at IS NULL AND NOT s.awaits_factor AND s.expires_at > now()
       AND u.status = 'active' AND u.deleted_at IS NULL;
    -- Asked after the row is found, whatever fetched the page: nothing skips the limit, and only people extend it.
    IF session_id IS NULL OR seen <= now() - idle THEN
        session_id := NULL;
        RETURN;
    END IF;
    -- Once a minute is often enough to know that somebody is still there.
    IF extends AND seen < now() - interval '1 minute' THEN
        UPDATE user_sessions AS s SET last_seen_at = now() WHERE s.id = session_id;
        seen := now();
    END IF;
    idle_until := seen + idle;
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
    -- On every face: whoever stands in for a colleague does not become themselves again by leaving the staff's pages.
    SELECT array_agg(g.patient_id) FILTER (WHERE g.kind = 'break_glass'),
           array_agg(g.id) FILTER (WHERE g.kind = 'support'), max(g.until) FILTER (WHERE g.kind = 'support'),
           (SELECT array_agg(DISTINCT said) FROM access_grants AS w, unnest(w.scope) AS said
             WHERE w.clinic_id = app_enter.clinic_id AND w.user_id = app_enter.user_id AND w.kind = 'support'
               AND w.ended_at IS NULL AND w.until > now()),
           max(g.until) FILTER (WHERE g.kind = 'impersonation' AND g.subject_id = impersonates)
      INTO opened_patients, support_grants, support_until, support_scope, subject_until
      FROM access_grants AS g
     WHERE g.clinic_id = app_enter.clinic_id AND g.user_id = app_enter.user_id AND g.ended_at IS NULL
       AND g.until > now();
    IF subject_until IS NOT NULL THEN
        SELECT u.id, concat_ws(' ', u.first_name, u.last_name) INTO subject_id, subject_name FROM users AS u
         WHERE u.id = impersonates AND u.status = 'active' AND u.deleted_at IS NULL;
        subject_roles := ARRAY(SELECT m.role FROM memberships AS m
            WHERE m.clinic_id = app_enter.clinic_id AND m.user_id = app_enter.subject_id AND m.ended_at IS NULL);
    END IF;
    IF face <> 'staff' THEN
        SELECT coalesce(array_agg(a.patient_id), '{}'), array_agg(a.relation) INTO patients, relations
          FROM patient_access AS a
         WHERE a.clinic_id = app_enter.clinic_id AND a.user_id = app_enter.user_id
           AND (a.until IS NULL OR a.until > now());
        PERFORM set_config('app.patient_ids', patients::text, true);
        RETURN;
    END IF;
    SELECT p.id INTO provider_id FROM providers AS p
     WHERE p.clinic_id = app_enter.clinic_id AND p.user_id = coalesce(subject_id, app_enter.user_id);
END $$
"""


def upgrade():
    op.execute("DROP FUNCTION app_enter(text, bytea, text, int)")
    op.execute(ENTER)


def downgrade():
    op.execute("DROP FUNCTION app_enter(text, bytea, text, int, boolean)")
    op.execute(runpy.run_path(str(Path(__file__).with_name("0008_entering.py")))["ENTER"])
