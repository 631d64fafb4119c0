"""Rights for a reason and for a while, and whose patient somebody is, loosened."""

from tests.mutants.mutant import Mutant

GRANTS, OWN = "clinic/actions/grants.py", "clinic/queries/own_patients.py"
PLACE = "clinic/views/staff/own_patients.py"
BREAK_GLASS = ("tests/views/staff/test_break_glass.py",)
REVIEWED = ("tests/views/staff/test_emergencies_reviewed.py",)
SUPPORT, STANDING_IN = ("tests/views/staff/test_support.py",), ("tests/views/staff/test_standing_in.py",)
ENDS = ("tests/views/staff/test_standing_in_ends.py",)
DOCTORS = ("tests/views/staff/test_own_patients.py",)
EMERGENCY = "clinic/views/staff/break_glass.py"

MUTANTS = (
    Mutant(
        "any visit with anybody makes a patient the doctor's own", OWN, " visits.provider_id == self.provider_id,", "",
        DOCTORS,
    ),
    Mutant(
        "a visit entered by mistake makes a patient the doctor's own", OWN,
        "visits.cancel_reason.is_distinct_from(CancelReason.ENTERED_IN_ERROR),", "", DOCTORS,
    ),
    Mutant(
        "an emergency opens every record", OWN, "sa.or_(mine, patient_id.in_(self.opened)) if self.opened else mine",
        "sa.true() if self.opened else mine", BREAK_GLASS,
    ),
    Mutant(
        "only what is opened in an emergency is a doctor's own", OWN,
        "sa.or_(mine, patient_id.in_(self.opened)) if", "sa.and_(mine, patient_id.in_(self.opened)) if", BREAK_GLASS,
    ),
    Mutant(
        "whose patient it is is not asked", PLACE, "not found.deleted_at and _may_open(found.id, permission)",
        "not found.deleted_at", DOCTORS,
    ),
    Mutant(
        "whose visit it is is not asked", PLACE,
        "return found if _may_open(found.patient_id) else abort(404)", "return found", DOCTORS,
    ),
    Mutant(
        "every visit is the doctor's own", PLACE, "visit.provider_id == own.provider_id and not mistake",
        "not mistake", DOCTORS,
    ),
    Mutant(
        "a visit entered by mistake stays the doctor's own", PLACE,
        "visit.provider_id == own.provider_id and not mistake", "visit.provider_id == own.provider_id", DOCTORS,
    ),
    Mutant(
        "every visit without a doctor waits for anybody", PLACE,
        "return row.provider_id is None and is_waiting_walk_in(row)", "return row.provider_id is None", DOCTORS,
    ),
    Mutant(
        "a record is opened in an emergency for a reason of one letter", GRANTS, "SHORTEST_REASON = 10",
        "SHORTEST_REASON = 1", BREAK_GLASS,
    ),
    Mutant(
        "an emergency lasts a day", GRANTS, "BREAK_GLASS_MINUTES = 60", "BREAK_GLASS_MINUTES = 1440", BREAK_GLASS,
    ),
    Mutant(
        "nobody is told of an emergency", GRANTS, "for admin_id in _admins(session, by):", "for admin_id in ():",
        ("tests/work/test_grants.py",),
    ),
    Mutant(
        "a support window lasts for days", GRANTS, "MOST_SUPPORT_HOURS = 4", "MOST_SUPPORT_HOURS = 400", SUPPORT,
    ),
    Mutant(
        "anybody is let in as support", GRANTS,
        "if Role.SUPPORT not in roles_of(user, by.clinic_id) or user.status != UserStatus.ACTIVE:",
        "if user.status != UserStatus.ACTIVE:", SUPPORT,
    ),
    Mutant(
        "administrators let themselves in as support", GRANTS,
        "    _not_oneself(user, by)\n    if Role.SUPPORT", "    if Role.SUPPORT", SUPPORT,
    ),
    Mutant(
        "standing in is nested", GRANTS, "if by.on_behalf_of_id or signed_in.user_id != by.user_id or",
        "if signed_in.user_id != by.user_id or", STANDING_IN,
    ),
    Mutant(
        "anybody who may sign in is stood in for", GRANTS,
        "if user.status != UserStatus.ACTIVE or not allowed(roles_of(user, by.clinic_id)):",
        "if user.status != UserStatus.ACTIVE:", STANDING_IN,
    ),
    Mutant(
        "standing in goes on under the token it began with", GRANTS,
        "    signed_in.impersonates_id = user.id\n    signed_in.token_hash = token_hash\n",
        "    signed_in.impersonates_id = user.id\n", STANDING_IN,
    ),
    Mutant(
        "standing in lasts for hours", GRANTS, "IMPERSONATION_MINUTES = 30", "IMPERSONATION_MINUTES = 300", STANDING_IN,
    ),
    Mutant(
        "administrators review their own emergencies", GRANTS, "if by.user_id in (None, grant.user_id):",
        "if by.user_id is None:", REVIEWED,
    ),
    Mutant(
        "rights for a while outlive the roles they came with", GRANTS,
        "    _end_all(session, AccessGrant.clinic_id == clinic_id, of_them)", "    return", (*BREAK_GLASS, *ENDS),
    ),
    Mutant(
        "a role that ended counts for who may be stood in for", GRANTS,
        "Membership.user_id == user.id, Membership.ended_at.is_(None),\n        Membership.role != Role.PATIENT,",
        "Membership.user_id == user.id, Membership.role != Role.PATIENT,", STANDING_IN,
    ),
    Mutant(
        "a doctor ends another doctor's emergency", EMERGENCY, " or grant.user_id != current.user.id:", ":",
        BREAK_GLASS,
    ),
    Mutant(
        "emergencies are tried as often as one likes", EMERGENCY,
        "    throttles.spend(db.session(), throttles.EMERGENCIES.of(current.user.id))\n", "", BREAK_GLASS,
    ),
    Mutant(
        "of several people of one name the first is opened", EMERGENCY,
        "return people[0] if len(people) == 1 else None", "return people[0] if people else None", BREAK_GLASS,
    ),
    Mutant(
        "administrators stand in for whom they choose", "clinic/views/staff/standing_in.py",
        "if user is None or user.id == current.user.id or not may_be_stood_in_for(",
        "if user is None or user.id == current.user.id and may_be_stood_in_for(", STANDING_IN,
    ),
)  # fmt: skip
