"""Who may use which route, loosened: roles and permissions, the guard before every view, what routes need."""

from tests.mutants.mutant import Mutant

ACCESS, CURRENT = "clinic/access.py", "clinic/current.py"
GUARD = "clinic/guard.py"
STANDING_IN, SUPPORT = ("tests/views/staff/test_standing_in.py",), ("tests/views/staff/test_support.py",)
COLLEAGUES, KEEPING = ("tests/views/staff/test_colleagues.py",), ("tests/views/staff/test_keeping.py",)
OWN = ("tests/views/staff/test_own_patients.py",)
FACES = ("tests/rules/test_routes.py::test_staff_rights_never_reach_into_the_portal_nor_the_portals_out_of_it",)
WIDENS = ("tests/views/staff/test_support.py::test_a_window_widens_what_a_doctor_sees_by_what_it_names_and_no_more",)
ROUTES = ("tests/rules/test_routes.py",)
BREAK_GLASS = ("tests/views/staff/test_break_glass.py",)
ENDS = ("tests/views/staff/test_standing_in_ends.py",)

MUTANTS = (
    Mutant(
        "everybody may use every route", GUARD,
        "if need.permission != Permission.SIGNED_IN and not current.may(need.permission):",
        "if need.permission is None:", COLLEAGUES,
    ),
    Mutant(
        "those may use a route who may not", GUARD,
        "if need.permission != Permission.SIGNED_IN and not current.may(need.permission):",
        "if need.permission != Permission.SIGNED_IN and current.may(need.permission):", COLLEAGUES,
    ),
    Mutant(
        "either being asked for or being allowed is enough", GUARD,
        "if need.permission != Permission.SIGNED_IN and not current.may(need.permission):",
        "if need.permission != Permission.SIGNED_IN or not current.may(need.permission):", COLLEAGUES,
    ),
    Mutant(
        "nobody is asked to sign in", GUARD,
        "    if not known:\n        return current_app.login_manager.unauthorized()\n", "",
        ("tests/views/public/test_sessions.py", "tests/views/public/test_accounts.py"),
    ),
    Mutant(
        "nobody is asked to prove again who they are", GUARD,
        "return None if current.proved_lately or not need.fresh else _ask_to_prove()", "return None", KEEPING,
    ),
    Mutant(
        "a route that asks for proof asks only who has proved it lately", GUARD,
        "return None if current.proved_lately or not need.fresh else _ask_to_prove()",
        "return None if not current.proved_lately or not need.fresh else _ask_to_prove()", KEEPING,
    ),
    Mutant(
        "who stands in for somebody does what everybody does as themselves only", GUARD,
        "if known and current.subject and _is_ones_own(need):",
        "if known and current.subject and not known and _is_ones_own(need):", STANDING_IN,
    ),
    Mutant(
        "who stands in for somebody may what nobody does in another's name, if no proof is asked for", GUARD,
        "return need.fresh or need.permission in AS_ONESELF", "return need.fresh", STANDING_IN,
    ),
    Mutant(
        "who stands in for somebody may what asks for proof", GUARD,
        "return need.fresh or need.permission in AS_ONESELF", "return need.permission in AS_ONESELF", STANDING_IN,
    ),
    Mutant(
        "who stands in for somebody sends the forms of public pages", GUARD,
        'return need.permission != Permission.PUBLIC or request.method not in ("GET", "HEAD")',
        "return need.permission != Permission.PUBLIC", STANDING_IN,
    ),
    Mutant(
        "who stands in for somebody has both their rights together", CURRENT,
        "both = allowed & permissions_of(roles, face)", "both = allowed | permissions_of(roles, face)", STANDING_IN,
    ),
    Mutant(
        "who stands in for somebody has all of that person's rights", CURRENT,
        "both = allowed & permissions_of(roles, face)", "both = permissions_of(roles, face)", STANDING_IN,
    ),
    Mutant(
        "who is no administrator any more goes on standing in", CURRENT,
        'return Permission.STAFF_IMPERSONATE in permissions_of(own_roles, "staff") and may_be_stood_in_for(theirs)',
        "return may_be_stood_in_for(theirs)", ENDS,
    ),
    Mutant(
        "who became an administrator is stood in for as before", CURRENT,
        'return Permission.STAFF_IMPERSONATE in permissions_of(own_roles, "staff") and may_be_stood_in_for(theirs)',
        'return Permission.STAFF_IMPERSONATE in permissions_of(own_roles, "staff")', ENDS,
    ),
    Mutant(
        "whoever stands in for a doctor takes their own emergencies along", CURRENT,
        'opened_patients=frozenset() if subject else frozenset(row["opened_patients"] or ())',
        'opened_patients=frozenset(row["opened_patients"] or ())', STANDING_IN,
    ),
    Mutant(
        "a support window counts for somebody who is no support any more", CURRENT,
        'if Role.SUPPORT not in roles or not row["support_scope"]:', 'if not row["support_scope"]:', SUPPORT,
    ),
    Mutant(
        "staff without a second step work in a clinic that requires one", GUARD,
        "if need.permission != Permission.SIGNED_IN and current.factor_missing:",
        "if need.permission is None and current.factor_missing:", ("tests/views/staff/test_security.py",),
    ),
    Mutant(
        "a way back leads anywhere", GUARD,
        'if not address or len(address) > 2000 or not address.startswith("/") or address.startswith("//"):\n'
        "        return None", "if True:\n        return address", ("tests/views/test_addresses.py",),
    ),
    Mutant(
        "roles count on both faces", ACCESS,
        'usable = {role for role in roles if (role == Role.PATIENT) == (face == "portal")}', "usable = set(roles)",
        FACES,
    ),
    Mutant(
        "roles count on the other face only", ACCESS,
        'usable = {role for role in roles if (role == Role.PATIENT) == (face == "portal")}',
        'usable = {role for role in roles if (role == Role.PATIENT) != (face == "portal")}', FACES,
    ),
    Mutant(
        "a support window opens its pages for every role", ACCESS,
        "granted = support_scope if Role.SUPPORT in usable else ()", "granted = support_scope", SUPPORT,
    ),
    Mutant(
        "everybody may be stood in for who is not never stood in for", ACCESS,
        "return bool(roles & STOOD_IN_FOR) and not roles & NEVER_STOOD_IN_FOR",
        "return bool(roles & STOOD_IN_FOR) or not roles & NEVER_STOOD_IN_FOR", STANDING_IN,
    ),
    Mutant(
        "a receptionist who administers too may be stood in for", ACCESS,
        "return bool(roles & STOOD_IN_FOR) and not roles & NEVER_STOOD_IN_FOR", "return bool(roles & STOOD_IN_FOR)",
        STANDING_IN,
    ),
    Mutant(
        "a doctor sees every patient of the clinic", ACCESS,
        "for role in roles - {Role.DOCTOR} if P.PATIENTS_FIND in ROLES[role]]",
        "for role in roles if P.PATIENTS_FIND in ROLES[role]]", OWN,
    ),
    Mutant(
        "a support window for one thing is one for everything", ACCESS,
        "return Role.SUPPORT in roles and any(permission in SUPPORT_SCOPES[each] for each in support_scope)",
        "return Role.SUPPORT in roles", WIDENS,
    ),
    Mutant(
        "a support window of patients opens visits too", ACCESS,
        "SupportScope.PATIENTS: {P.PATIENTS_FIND},", "SupportScope.PATIENTS: {P.PATIENTS_FIND, P.VISITS_SEE},", SUPPORT,
    ),
    Mutant(
        "support reads visits without a window", ACCESS,
        "Role.SUPPORT: {P.HOME_SEE},", "Role.SUPPORT: {P.HOME_SEE, P.VISITS_SEE},", SUPPORT,
    ),
    Mutant(
        "referrers find patients", ACCESS,
        "Role.REFERRER: {P.HOME_SEE},", "Role.REFERRER: {P.HOME_SEE, P.PATIENTS_FIND},", ROUTES,
    ),
    Mutant(
        "the desk reads conditions", ACCESS,
        "P.GROUPS_EDIT, P.DAYS_CLOSE, P.RECORD_EXISTS,\n",
        "P.GROUPS_EDIT, P.DAYS_CLOSE, P.RECORD_EXISTS, P.CONDITIONS_SEE,\n", OWN,
    ),
    Mutant(
        "an administrator reads why a patient comes", ACCESS,
        "P.DAYS_CLOSE, P.DAYS_REOPEN,\n", "P.DAYS_CLOSE, P.DAYS_REOPEN, P.REASONS_SEE,\n", OWN,
    ),
    Mutant(
        "records are exported in another's name", ACCESS,
        "P.PATIENTS_BREAK_GLASS, P.PATIENTS_KEEP, P.PATIENTS_EXPORT,\n    P.PATIENTS_PROPOSE_MERGE,",
        "P.PATIENTS_BREAK_GLASS, P.PATIENTS_KEEP,\n    P.PATIENTS_PROPOSE_MERGE,", ROUTES,
    ),
    Mutant(
        "the desk takes copies of whole records", "clinic/views/staff/exports.py",
        'needs=Permission.PATIENTS_EXPORT, fresh=True', "needs=Permission.PATIENTS_FIND, fresh=True", KEEPING,
    ),
    Mutant(
        "a whole record is copied without proof of who sits there", "clinic/views/staff/exports.py",
        'needs=Permission.PATIENTS_EXPORT, fresh=True', "needs=Permission.PATIENTS_EXPORT", ROUTES,
    ),
    Mutant(
        "whoever finds patients may confirm an erasure", "clinic/views/staff/erasures.py",
        '@bp.post("/<uuid:erasure_id>/confirm", needs=Permission.PATIENTS_KEEP, fresh=True)',
        '@bp.post("/<uuid:erasure_id>/confirm", needs=Permission.PATIENTS_FIND, fresh=True)', ROUTES,
    ),
    Mutant(
        "an erasure is confirmed without proof of who sits there", "clinic/views/staff/erasures.py",
        '@bp.post("/<uuid:erasure_id>/confirm", needs=Permission.PATIENTS_KEEP, fresh=True)',
        '@bp.post("/<uuid:erasure_id>/confirm", needs=Permission.PATIENTS_KEEP)', ROUTES,
    ),
    Mutant(
        "doctors review who opened records in an emergency", "clinic/views/staff/grants.py",
        '@bp.post("/<uuid:grant_id>/review", needs=Permission.GRANTS_REVIEW)',
        '@bp.post("/<uuid:grant_id>/review", needs=Permission.PATIENTS_FIND)', ROUTES,
    ),
    Mutant(
        "a record is opened in an emergency without proof of who sits there", "clinic/views/staff/break_glass.py",
        '@bp.post("", needs=Permission.PATIENTS_BREAK_GLASS, fresh=True)',
        '@bp.post("", needs=Permission.PATIENTS_BREAK_GLASS)', BREAK_GLASS,
    ),
    Mutant(
        "the desk reads the audit log", "clinic/views/staff/audit.py",
        '@bp.get("", needs=Permission.AUDIT_SEE', '@bp.get("", needs=Permission.PATIENTS_FIND',
        ("tests/views/staff/test_audit.py",),
    ),
)  # fmt: skip
