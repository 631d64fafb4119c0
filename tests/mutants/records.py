"""Records kept, copied and erased, steps of a visit, forms sent twice and the log of it all, loosened."""

from tests.mutants.mutant import Mutant

ERASURES, VISITS = "clinic/actions/erasures.py", "clinic/actions/visits.py"
IDEMPOTENCY, OPENINGS = "clinic/idempotency.py", "clinic/openings.py"
ERASING, STEPS = ("tests/actions/test_erasures.py",), ("tests/actions/test_visits.py",)
KEEPING, PORTAL = ("tests/views/staff/test_keeping.py",), ("tests/views/portal/test_visits.py",)
TWICE, OPENED = ("tests/views/test_idempotency.py",), ("tests/views/test_openings.py",)
NESTED = ("tests/faults/test_foreign_ids.py",)

MUTANTS = (
    Mutant(
        "who asked for an erasure confirms it", ERASURES,
        "    if erasure.asked_by_id != by.user_id:\n        return True",
        "    if erasure:\n        return True", ERASING,
    ),
    Mutant(
        "who is alone confirms an erasure while there are others", ERASURES, "return not others and (moment or now())",
        "return (moment or now())", ERASING,
    ),
    Mutant(
        "who is alone confirms an erasure at once", ERASURES, "ALONE = timedelta(days=7)", "ALONE = timedelta(0)",
        ERASING,
    ),
    Mutant(
        "whoever may confirm an erasure may not, and the other way round", ERASURES,
        "    if not may_confirm(erasure, others, by=by, moment=moment):",
        "    if may_confirm(erasure, others, by=by, moment=moment):", ERASING,
    ),
    Mutant(
        "an erasure that was withdrawn is confirmed", ERASURES, "if erasure.confirmed_at or erasure.withdrawn_at:",
        "if erasure.confirmed_at:", KEEPING,
    ),
    Mutant(
        "a record under a legal hold is erased", ERASURES,
        "    if live_hold(session, patient.id):", "    if not patient:", ERASING,
    ),
    Mutant(
        "a record with a visit to come is erased", ERASURES, "    if has_live_visit(session, patient.id):",
        "    if not patient:", ERASING,
    ),
    Mutant(
        "an erased record is seen in the portal as before", ERASURES,
        "    yield sa.update(accesses).where(of(PatientAccess), live).values(until=MOMENT)\n", "", ERASING,
    ),
    Mutant(
        "a hold that ended still counts", "clinic/queries/keeping.py",
        "LegalHold.patient_id == patient_id, LegalHold.ended_at.is_(None)", "LegalHold.patient_id == patient_id",
        ("tests/actions/test_legal_holds.py", *KEEPING),
    ),
    Mutant(
        "a hold on anybody's record is a hold on this one", "clinic/queries/keeping.py",
        "LegalHold.patient_id == patient_id, LegalHold.ended_at.is_(None)", "LegalHold.ended_at.is_(None)",
        ("tests/actions/test_legal_holds.py", *ERASING, *NESTED),
    ),
    Mutant(
        "an erasure of one patient is answered through another", "clinic/views/staff/erasures.py",
        "return erasure if erasure and erasure.patient_id == patient_id else abort(404)",
        "return erasure if erasure else abort(404)", (*KEEPING, *NESTED),
    ),
    Mutant(
        "a hold of one patient is ended through another", "clinic/views/staff/legal_holds.py",
        "    if hold is None or hold.patient_id != patient_id:", "    if hold is None:", KEEPING,
    ),
    Mutant(
        "a patient takes anybody's copy along", "clinic/views/portal/exports.py", "current.patient_ids & {patient_id}",
        "{patient_id}", ("tests/views/portal/test_exports.py", "tests/rules/test_scope.py"),
    ),
    Mutant(
        "a copy holds every patient of the clinic", "clinic/queries/exports.py",
        'return {"clinic_id": patient.clinic_id, "ids": list(records_of(session, patient.clinic_id, patient.id))}',
        'return {"clinic_id": patient.clinic_id, "ids": sa.orm.object_session(patient).scalars('
        "sa.select(type(patient).id)).all()}",
        KEEPING,
    ),
    Mutant(
        "any doctor starts any doctor's visit", VISITS,
        "if by.provider_id is None or not (taken or visit.provider_id == by.provider_id):",
        "if by.provider_id is None:", STEPS,
    ),
    Mutant(
        "whoever is no doctor starts visits", VISITS,
        "if by.provider_id is None or not (taken or visit.provider_id == by.provider_id):",
        "if not (taken or visit.provider_id == by.provider_id):", STEPS,
    ),
    Mutant(
        "any doctor completes any doctor's visit", VISITS,
        "return by.provider_id is not None and visit.provider_id == by.provider_id",
        "return by.provider_id is not None", STEPS,
    ),
    Mutant(
        "patients cancel after the cut-off", VISITS,
        "if by.in_portal and visit.may(S.CANCELLED) and not visit.patient_may_cancel:", "if not visit:", PORTAL,
    ),
    Mutant(
        "patients move a visit after the cut-off", "clinic/actions/obstacles.py",
        "elif by.in_portal and not visit.patient_may_move:", "elif not visit:", PORTAL,
    ),
    Mutant(
        "who may not take a step takes it back", "clinic/views/staff/visits.py",
        "    if not current.may(STEPS.get(visit.status, STEPS[S.CHECKED_IN]).needs) and not _is_admins(visit):",
        "    if not visit:",
        ("tests/views/staff/test_visits.py",),
    ),
    Mutant(
        "a role of one colleague is ended through another", "clinic/views/staff/colleagues.py",
        "accounts.end_role(held.get(membership_id) or abort(404), by=current.actor)",
        "accounts.end_role(db.session.get(type(next(iter(held.values()))), (current.clinic.id, membership_id))"
        " or abort(404), by=current.actor)", ("tests/views/staff/test_colleagues.py", *NESTED),
    ),
    Mutant(
        "another person's key answers one's own form", IDEMPOTENCY,
        "WHERE user_id = :user_id AND key = :key\"\"\"", "WHERE key = :key\"\"\"", TWICE,
    ),
    Mutant(
        "another form is answered with what was answered before", IDEMPOTENCY,
        "        if former.request_hash != self.row[\"request_hash\"]:", "        if former is None:", TWICE,
    ),
    Mutant(
        "a form sent twice acts twice", IDEMPOTENCY, "    if not sending.claim():", "    if sending.claim() is None:",
        TWICE,
    ),
    Mutant(
        "a kept answer is given where somebody stands in another clinic or for another person", IDEMPOTENCY,
        'place = (current.clinic.id if current.clinic else "", current.subject.id if current.subject else "")',
        'place = ("", "")', TWICE,
    ),
    Mutant(
        "a record is opened without an entry", OPENINGS, "    app.before_commit = _remember_opening\n", "", OPENED,
    ),
    Mutant(
        "a refusal leaves no entry", OPENINGS, "    app.after_request(_remember_refusal)\n", "", OPENED,
    ),
    Mutant(
        "what cannot be remembered happens all the same", "clinic/actions/acting.py",
        "        raise NotRemembered(name) from error", "        return", OPENED,
    ),
    Mutant(
        "who acts for somebody is left out of the entry", "clinic/actions/acting.py",
        '"on_behalf_of_id": by.on_behalf_of_id', '"on_behalf_of_id": None', ("tests/views/staff/test_standing_in.py",),
    ),
    Mutant(
        "patients read another patient's log", "clinic/views/portal/openings.py",
        "return next((each for each in people if each.id == wanted), None) or abort(404)",
        "return next((each for each in people if each.id == wanted), people[0])",
        ("tests/views/portal/test_openings.py",),
    ),
)  # fmt: skip
