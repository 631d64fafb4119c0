"""Who a session token belongs to and what it opens, loosened: the SQL function that every request enters through."""

from tests.mutants.mutant import Mutant

ENTER = "migrations/versions/0012_entering_again.py"
SESSIONS = ("tests/views/public/test_sessions.py",)
SECOND_STEP = ("tests/views/public/test_second_step.py",)
AT_ONCE = ("tests/views/staff/test_rights_end_at_once.py",)
BREAK_GLASS = ("tests/views/staff/test_break_glass.py",)
SUPPORT = ("tests/views/staff/test_support.py",)
ENDS = ("tests/views/staff/test_standing_in_ends.py",)
PROXIES = ("tests/views/portal/test_proxies.py",)
ALONE = ("tests/rules/test_scope.py",)

MUTANTS = (
    Mutant(
        "a sign-in that was ended goes on", ENTER,
        "WHERE s.token_hash = token AND s.revoked_at IS NULL AND NOT s.awaits_factor",
        "WHERE s.token_hash = token AND NOT s.awaits_factor", SESSIONS,
    ),
    Mutant(
        "the password alone is enough where there is a second step", ENTER,
        "s.revoked_at IS NULL AND NOT s.awaits_factor AND", "s.revoked_at IS NULL AND", SECOND_STEP,
    ),
    Mutant(
        "a sign-in lasts for ever", ENTER, "AND NOT s.awaits_factor AND s.expires_at > now()",
        "AND NOT s.awaits_factor", SESSIONS,
    ),
    Mutant(
        "who was suspended goes on", ENTER, "AND u.status = 'active' AND u.deleted_at IS NULL;\n    -- Asked",
        "AND u.deleted_at IS NULL;\n    -- Asked", AT_ONCE,
    ),
    Mutant(
        "a closed clinic goes on", ENTER, "c.deleted_at IS NULL AND c.closed_at IS NULL", "c.deleted_at IS NULL",
        AT_ONCE,
    ),
    Mutant(
        "a screen that is left alone stays open", ENTER, "IF session_id IS NULL OR seen <= now() - idle THEN",
        "IF session_id IS NULL THEN", SESSIONS,
    ),
    Mutant(
        "a clinic may set any idle limit", ENTER, "make_interval(mins => least(idle_minutes,",
        "make_interval(mins => greatest(idle_minutes,", SESSIONS,
    ),
    Mutant(
        "what a page fetches by itself keeps a screen open", ENTER, "IF extends AND seen <", "IF seen <", SESSIONS,
    ),
    Mutant(
        "who proved it hours ago counts as having proved it lately", ENTER, "interval '10 minutes'",
        "interval '10 hours'", ("tests/views/staff/test_keeping.py",),
    ),
    Mutant(
        "staff without a second step count as having one", ENTER,
        "u.mfa_enabled_at IS NULL AND face = 'staff' AND", "u.mfa_enabled_at IS NOT NULL AND face = 'staff' AND",
        ("tests/views/staff/test_security.py",),
    ),
    Mutant(
        "a role that was taken away still counts", ENTER,
        "m.clinic_id = app_enter.clinic_id AND m.user_id = app_enter.user_id AND m.ended_at IS NULL);",
        "m.clinic_id = app_enter.clinic_id AND m.user_id = app_enter.user_id);", AT_ONCE,
    ),
    Mutant(
        "everybody has everybody's roles", ENTER,
        "m.clinic_id = app_enter.clinic_id AND m.user_id = app_enter.user_id AND m.ended_at IS NULL);",
        "m.clinic_id = app_enter.clinic_id AND m.ended_at IS NULL);", ("tests/views/staff/test_colleagues.py",),
    ),
    Mutant(
        "a role of one clinic counts in every clinic", ENTER,
        "WHERE m.clinic_id = app_enter.clinic_id AND m.user_id = app_enter.user_id AND m.ended_at IS NULL);",
        "WHERE m.user_id = app_enter.user_id AND m.ended_at IS NULL);", AT_ONCE,
    ),
    Mutant(
        "a right that was ended goes on", ENTER,
        "g.user_id = app_enter.user_id AND g.ended_at IS NULL\n", "g.user_id = app_enter.user_id\n",
        (*BREAK_GLASS, *ENDS),
    ),
    Mutant(
        "a right for a while lasts for ever", ENTER, "g.ended_at IS NULL\n       AND g.until > now();",
        "g.ended_at IS NULL;", (*BREAK_GLASS, *ENDS),
    ),
    Mutant(
        "an emergency opens the record to every doctor", ENTER,
        "WHERE g.clinic_id = app_enter.clinic_id AND g.user_id = app_enter.user_id AND",
        "WHERE g.clinic_id = app_enter.clinic_id AND", BREAK_GLASS,
    ),
    Mutant(
        "a support window that was closed stays open", ENTER, "AND w.ended_at IS NULL AND w.until > now()",
        "AND w.until > now()", SUPPORT,
    ),
    Mutant(
        "a support window never closes by itself", ENTER, "AND w.ended_at IS NULL AND w.until > now()",
        "AND w.ended_at IS NULL", SUPPORT,
    ),
    Mutant(
        "a support window is one for everybody from support", ENTER,
        "WHERE w.clinic_id = app_enter.clinic_id AND w.user_id = app_enter.user_id AND w.kind = 'support'",
        "WHERE w.clinic_id = app_enter.clinic_id AND w.kind = 'support'", SUPPORT,
    ),
    Mutant(
        "whoever is suspended is stood in for as before", ENTER,
        "WHERE u.id = impersonates AND u.status = 'active' AND u.deleted_at IS NULL;", "WHERE u.id = impersonates;",
        ENDS,
    ),
    Mutant(
        "whoever is stood in for keeps roles that ended", ENTER,
        "m.user_id = app_enter.subject_id AND m.ended_at IS NULL);", "m.user_id = app_enter.subject_id);", ENDS,
    ),
    Mutant(
        "who saw a record for a while sees it for ever", ENTER, "AND (a.until IS NULL OR a.until > now());", ";",
        PROXIES,
    ),
    Mutant(
        "patients see everybody's records in the portal", ENTER,
        "WHERE a.clinic_id = app_enter.clinic_id AND a.user_id = app_enter.user_id\n",
        "WHERE a.clinic_id = app_enter.clinic_id\n", PROXIES,
    ),
    Mutant(
        "the database is not told whose records a patient may see", ENTER,
        "        PERFORM set_config('app.patient_ids', patients::text, true);\n        RETURN;", "        RETURN;",
        ALONE,
    ),
    Mutant(
        "public pages see what staff see", ENTER, "IF face <> 'staff' THEN", "IF face = 'portal' THEN", ALONE,
    ),
    Mutant(
        "who stands in for a doctor is none of their calendar", ENTER,
        "p.user_id = coalesce(subject_id, app_enter.user_id);", "p.user_id = app_enter.user_id;",
        ("tests/views/staff/test_standing_in.py",),
    ),
)  # fmt: skip
