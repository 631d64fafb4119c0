"""Who works in a clinic, who sees whose record, and what proves who somebody is, loosened."""

from tests.mutants.mutant import Mutant

ACCOUNTS, CONNECTIONS = "clinic/actions/accounts.py", "clinic/actions/connections.py"
PROXIES, FACTORS = "clinic/actions/proxies.py", "clinic/actions/factors.py"
TOKENS, THROTTLES = "clinic/actions/user_tokens.py", "clinic/actions/throttles.py"
ROLES = ("tests/actions/test_accounts.py", "tests/views/staff/test_colleagues.py")
JOINING = ("tests/views/public/test_joining.py", "tests/views/public/test_accounts.py", *ROLES)
TAKING_UP = ("tests/views/public/test_connecting.py", "tests/actions/test_proxies.py")
DESK = ("tests/views/staff/test_connections.py",)
FAMILY = ("tests/views/portal/test_proxies.py",)
CODES = ("tests/actions/test_factors.py", "tests/views/public/test_second_step.py")
FORGOTTEN, TRIES = ("tests/views/public/test_passwords.py",), ("tests/actions/test_throttles.py",)
SIGN_INS, SESSIONS = "clinic/actions/sign_ins.py", "clinic/views/public/sessions.py"

MUTANTS = (
    Mutant(
        "people give themselves roles", ACCOUNTS, '    _not_oneself(user.id, by)\n    if role == Role.PATIENT or user',
        "    if role == Role.PATIENT or user", ROLES,
    ),
    Mutant(
        "people end their own roles", ACCOUNTS, "    _not_oneself(membership.user_id, by)\n", "", ROLES,
    ),
    Mutant(
        "the last administrator can be removed", ACCOUNTS, "    if not able - {membership.id}:", "    if not able:",
        ROLES,
    ),
    Mutant(
        "an administrator who cannot sign in counts as one", ACCOUNTS,
        "able = {row.id for row in admins if row.status == UserStatus.ACTIVE and row.password_hash}",
        "able = {row.id for row in admins}", ROLES,
    ),
    Mutant(
        "whoever has an account is made a colleague without a link", ACCOUNTS,
        "    if not _ever_worked_here(user, by.clinic_id):", "    if user is None:", ROLES,
    ),
    Mutant(
        "a patient of the clinic is made a colleague without a link", ACCOUNTS,
        "Membership.clinic_id == clinic_id, Membership.user_id == user.id, Membership.role != Role.PATIENT\n    )\n"
        "    return object_session",
        "Membership.clinic_id == clinic_id, Membership.user_id == user.id\n    )\n    return object_session", ROLES,
    ),
    Mutant(
        "an invitation works for ever", ACCOUNTS, "UserToken.expires_at > now(), User.status", "User.status", JOINING,
    ),
    Mutant(
        "an invitation works again and again", ACCOUNTS,
        "UserToken.token_hash == token_hash, UserToken.purpose == TokenPurpose.INVITE, UserToken.used_at.is_(None),",
        "UserToken.token_hash == token_hash, UserToken.purpose == TokenPurpose.INVITE,", JOINING,
    ),
    Mutant(
        "any link is an invitation to work here", ACCOUNTS,
        "UserToken.token_hash == token_hash, UserToken.purpose == TokenPurpose.INVITE, UserToken.used_at.is_(None),",
        "UserToken.token_hash == token_hash, UserToken.used_at.is_(None),", JOINING,
    ),
    Mutant(
        "an invitation is accepted by whoever is signed in", ACCOUNTS, "        if by.user_id != user.id:\n",
        "        if by.user_id is None:\n", JOINING,
    ),
    Mutant(
        "whoever sees a record decides who else does", PROXIES,
        "PatientAccess.user_id == by.user_id, PatientAccess.relation == Relation.SELF, connections.LIVE,",
        "PatientAccess.user_id == by.user_id, connections.LIVE,", (*FAMILY, "tests/actions/test_proxies.py"),
    ),
    Mutant(
        "somebody whose own access ended goes on deciding", PROXIES,
        "PatientAccess.relation == Relation.SELF, connections.LIVE,", "PatientAccess.relation == Relation.SELF,",
        (*FAMILY, "tests/actions/test_proxies.py"),
    ),
    Mutant(
        "only who is not the patient decides who sees the record", PROXIES,
        "    if not session.scalar(sa.select(own)):",
        "    if session.scalar(sa.select(own)):", FAMILY,
    ),
    Mutant(
        "patients shut themselves out", PROXIES, "    if access.is_own:", "    if access is None:", FAMILY,
    ),
    Mutant(
        "in the portal everybody who sees a record is the patient", "clinic/views/portal/proxies.py",
        "return current.relations.get(patient_id) == Relation.SELF", "return patient_id in current.relations", FAMILY,
    ),
    Mutant(
        "somebody's access is ended through another record", "clinic/views/portal/proxies.py",
        "if access is None or access.patient_id != patient_id:", "if access is None:",
        (*FAMILY, "tests/faults/test_foreign_ids.py"),
    ),
    Mutant(
        "a parent sees the record when the child is of age", CONNECTIONS,
        "return of_age - timedelta(days=1)\n    return a_year", "return a_year\n    return a_year", DESK,
    ),
    Mutant(
        "an access lasts as long as somebody types", CONNECTIONS,
        "if until_on and not today <= until_on <= longest:", "if until_on and not today <= until_on:", DESK,
    ),
    Mutant(
        "the date of birth is guessed for ever", CONNECTIONS,
        "sa.func.now() if tries >= MOST_TRIES else None", "None", TAKING_UP,
    ),
    Mutant(
        "any date of birth is right", CONNECTIONS,
        "if not links or own.scalar(sa.select(Patient.date_of_birth).where(Patient.id == patient_id)) == born:",
        "if not links or born:", TAKING_UP,
    ),
    Mutant(
        "an invitation to a record works again and again", CONNECTIONS,
        "UserToken.purpose == TokenPurpose.CONNECT_PATIENT, UserToken.used_at.is_(None), UserToken.expires_at",
        "UserToken.purpose == TokenPurpose.CONNECT_PATIENT, UserToken.expires_at", (*TAKING_UP, *DESK),
    ),
    Mutant(
        "an invitation to a record works for ever", CONNECTIONS,
        "UserToken.used_at.is_(None), UserToken.expires_at > sa.func.now()\n)", "UserToken.used_at.is_(None)\n)",
        TAKING_UP,
    ),
    Mutant(
        "an invitation to a record is taken up by whoever is signed in", CONNECTIONS,
        "    elif by.user_id != user.id:\n", "    elif by.user_id is None:\n", TAKING_UP,
    ),
    Mutant(
        "a carer comes back whom the clinic shut out", CONNECTIONS,
        "    elif held.ended_at and link.relation == Relation.CARER:", "    elif held is link:", TAKING_UP,
    ),
    Mutant(
        "a code of an app works again", FACTORS,
        ".where(User.id == user.id, sa.or_(User.totp_last_step.is_(None), User.totp_last_step < max(steps)))",
        ".where(User.id == user.id)", CODES,
    ),
    Mutant(
        "codes are good for minutes", FACTORS, "STEPS = (0, -1, 1)", "STEPS = (0, -1, 1, -2, 2)", CODES,
    ),
    Mutant(
        "codes are guessed as often as one likes", FACTORS, "        spent = throttles.spend(session, *buckets)\n",
        "        spent = ()\n", CODES,
    ),
    Mutant(
        "administrators reset their own second step", FACTORS, "    if user.id == by.user_id:", "    if by is None:",
        (*CODES, "tests/views/staff/test_security.py"),
    ),
    Mutant(
        "a recovery code works again", "clinic/actions/recovery_codes.py",
        "RecoveryCode.code_hash == hash_code(typed), RecoveryCode.used_at.is_(None)",
        "RecoveryCode.code_hash == hash_code(typed)", CODES,
    ),
    Mutant(
        "anybody's recovery code opens any account", "clinic/actions/recovery_codes.py",
        "RecoveryCode.user_id == user_id, RecoveryCode.code_hash == hash_code(typed)",
        "RecoveryCode.code_hash == hash_code(typed)", CODES,
    ),
    Mutant(
        "any link is a link to a new password", TOKENS,
        "UserToken.token_hash == token_hash, UserToken.purpose == purpose, UserToken.used_at.is_(None),",
        "UserToken.token_hash == token_hash, UserToken.used_at.is_(None),",
        (*FORGOTTEN, "tests/views/public/test_emails.py"),
    ),
    Mutant(
        "a link that was used works again", TOKENS,
        "UserToken.token_hash == token_hash, UserToken.purpose == purpose, UserToken.used_at.is_(None),",
        "UserToken.token_hash == token_hash, UserToken.purpose == purpose,",
        ("tests/views/public/test_emails.py", *FORGOTTEN),
    ),
    Mutant(
        "a link to a new password works for ever", TOKENS, "UserToken.expires_at > sa.func.now(), User.status",
        "User.status", FORGOTTEN,
    ),
    Mutant(
        "a link to a new password outlives a newer sign-in", TOKENS, "        ~SIGNED_IN_SINCE,\n", "", FORGOTTEN,
    ),
    Mutant(
        "nothing is ever tried too often", THROTTLES,
        "        if len(spent) < len(buckets):", "        if not buckets:", TRIES,
    ),
    Mutant(
        "one try more than there are", THROTTLES, "OR t.spent < (CAST", "OR t.spent <= (CAST", TRIES,
    ),
    Mutant(
        "signing in is tried as often as one likes", SIGN_INS, "    spent = _spend_a_try(session, email, device, by)\n",
        "    spent = ()\n", ("tests/views/public/test_throttling.py",),
    ),
    Mutant(
        "whoever is suspended signs in", SIGN_INS, "if right and known.status == UserStatus.ACTIVE:", "if right:",
        ("tests/views/public/test_accounts.py",),
    ),
    Mutant(
        "somebody's sign-in is ended by anybody", SESSIONS, "found.user_id != current.user.id or found.revoked_at",
        "found.revoked_at", ("tests/views/public/test_sessions.py",),
    ),
    Mutant(
        "a new password leaves other sign-ins as they are", "clinic/actions/resets.py",
        "    sign_ins.end_others(session, user.id)\n", "", FORGOTTEN,
    ),
)  # fmt: skip
