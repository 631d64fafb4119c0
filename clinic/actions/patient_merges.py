"""Making two records of one person one, and two again: asked, looked over by another, done, and undone within 30 days.

The record that goes stays in the database and says which one it became; what could move along moved, the rest is read
through it. Nobody is told two things of one person by the same verb that joins a sign-up: see ``same_people``.
"""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic import bell, jobs
from clinic.actions import deaths, patient_changes, patient_words, record_moves
from clinic.actions.acting import Refused, action, note
from clinic.models.allergies import AllergyStatus
from clinic.models.patient_merges import UNDONE_WITHIN, PatientMerge
from clinic.models.patients import Patient, PatientAccess
from clinic.queries import allergies
from clinic.queries import patient_merges as known
from clinic.queries.keeping import erasure_of, live_hold

SWEEP = "patient_merges.sweep"
# What was written at the very moment of the merge, by somebody who still saw two records, is fetched a little later.
SWEPT_AFTER = timedelta(minutes=1)
# Of these details the record that stays takes what it lacks from the other.
TAKEN = (
    "date_of_birth", "gender", "blood_group", "height_cm", "phone", "email", "address_line", "city", "state",
    "postal_code", "country", "timezone", "language", "preferred_contact_method", "emergency_contact_name",
    "emergency_contact_phone",
)  # fmt: skip
# In the list of what was filled: what the other record said of the patient's death.
DIED = "deceased_at"
# Of these nothing may be lost: where both say something, both stand there.
BOTH = ("notes", "allergies", "chronic_diseases")
# In the journal beside what moved: rows of patient_access that were ended, since the person sees both records.
ENDED = "patient_access.until"
MOMENT = sa.func.now()


@action
def ask(patient: Patient, other: Patient, reason: str, *, by):
    """Ask for ``other`` to become part of ``patient``; nothing moves before somebody else has looked it over."""
    session = _locked(patient, other)
    _refuse_unfit(session, patient, other)
    if known.open_about(session, other.id) or known.open_about(session, patient.id):
        raise Refused("Somebody has asked for one of these records to be merged already.")
    merge = _merge_of(patient, other, reason, by)
    session.add(merge)
    return merge


@action
def decline(merge: PatientMerge, *, by):
    """Leave the two records as they are; who asked withdraws it so."""
    session = _answered(merge)
    merge.declined_at, merge.declined_by_id = session.scalar(sa.select(MOMENT)), by.user_id
    return merge


@action
def approve(merge: PatientMerge, *, by):
    """Merge what another asked for."""
    session = _answered(merge)
    if merge.asked_by_id == by.user_id:
        raise Refused("You asked for this yourself: a colleague has to look it over.")
    merge.looked_over_by_id = by.user_id
    _merge(session, merge, by=by)
    return merge


@action
def merge(patient: Patient, other: Patient, reason: str, *, by):
    """Merge without asking; an administrator's."""
    session = _locked(patient, other)
    _refuse_unfit(session, patient, other)
    if known.open_about(session, other.id):
        raise Refused("Somebody has asked for one of these records to be merged already.")
    done = _merge_of(patient, other, reason, by)
    session.add(done)
    session.flush()
    _merge(session, done, by=by)
    return done


@action
def undo(merge: PatientMerge, *, by):
    """Make two records of it again: what moved goes back, what was finished meanwhile or written since stays."""
    session = object_session(merge)
    _lock(session, merge)
    patient, other = _both(session, merge)
    moment = session.scalar(sa.select(MOMENT))
    if not merge.is_in_force:
        raise Refused("These records are two already.")
    if moment >= merge.merged_at + UNDONE_WITHIN:
        raise Refused("This was more than %(days)s days ago; it can no longer be undone.", days=UNDONE_WITHIN.days)
    if patient.merged_into_id or patient.deleted_at or patient.erased_at:
        raise Refused("The record it became part of is gone by now. Undo that first.")
    moved = {name: rows for name, rows in merge.moved.items() if name != ENDED}
    left = record_moves.carry_back(session, merge.clinic_id, patient.id, other.id, moved)
    _give_back_details(session, merge, patient, other, by=by)
    _open_accesses(session, merge)
    other.merged_into_id = None
    merge.undone_at, merge.undone_by_id = moment, by.user_id
    session.flush()
    _found_by(session, patient, other)
    note(session, **{f"stays.{name}": (None, count) for name, count in left.items()})
    bell.ring(session, merge.clinic_id, "visits")
    return merge


@action
def sweep(merge: PatientMerge, *, by):
    """Fetch what came to the record that went while it was merged; where nothing did, nothing changes."""
    session = object_session(merge)
    _lock(session, merge)
    if merge.is_in_force:
        _carry(session, merge, *_both(session, merge), by=by)
    return merge


def blanked(clinic_id, ids):
    """The statements that take the words out of the journal when these records are erased."""
    table = PatientMerge.__table__
    theirs = sa.or_(table.c.patient_id.in_(ids), table.c.other_id.in_(ids))
    yield sa.update(table).where(table.c.clinic_id == clinic_id, theirs).values(reason="")


def rehearse(session, patient: Patient, other: Patient):
    """Do what a merge does to the rows, to be undone by whoever rehearses; what moved, by key, and what stays."""
    _end_doubled_accesses(session, patient, other)
    moved = record_moves.carry(session, patient.clinic_id, other.id, patient.id)
    return moved, record_moves.staying(session, patient.clinic_id, other.id)


def carry_over(session, patient: Patient, other: Patient, reason: str, *, by):
    """Make two records one within another verb that has locked and looked at them; undone like any other merge."""
    line = _merge_of(patient, other, reason, by)
    session.add(line)
    session.flush()
    _become_one(session, line, patient, other, {}, by=by)
    return line


def _merge_of(patient, other, reason, by):
    return PatientMerge(
        clinic_id=patient.clinic_id, id=uuid7(), patient_id=patient.id, other_id=other.id, reason=reason,
        asked_by_id=by.user_id, moved={}, filled=[],
    )  # fmt: skip


def _locked(*patients):
    """The patients' session, with both rows locked in one order, against bookings too: those wait, and then look."""
    session = object_session(patients[0])
    deaths.lock_offers(session, *patients)
    for patient in sorted(patients, key=lambda each: each.id):
        session.refresh(patient, with_for_update=True)
    return session


def _lock(session, merge):
    """Lock both records, then the journal's line: the order in which every verb here takes them."""
    _locked(*_both(session, merge))
    session.refresh(merge, with_for_update=True)


def _both(session, merge):
    patient = session.get(Patient, (merge.clinic_id, merge.patient_id))
    return patient, session.get(Patient, (merge.clinic_id, merge.other_id))


def _answered(merge):
    session = object_session(merge)
    _lock(session, merge)
    if not merge.is_open:
        raise Refused("This has been answered already.")
    return session


def _refuse_unfit(session, patient, other):
    if patient.id == other.id:
        raise Refused("Choose another record: this one is the same.")
    for each in (patient, other):
        if each.merged_into_id or each.deleted_at or each.erased_at:
            raise Refused("The record of %(name)s is gone or part of another one already.", name=each.full_name)
        if live_hold(session, each.id):
            raise Refused("The record of %(name)s is under a legal hold. End the hold first.", name=each.full_name)
        if erasure_of(session, each.id):
            raise Refused("Somebody asked for the record of %(name)s to be erased.", name=each.full_name)


def _merge(session, merge, *, by):
    patient, other = _both(session, merge)
    _refuse_unfit(session, patient, other)
    merge.filled = _take_details(session, patient, other, by=by)
    ended = _end_doubled_accesses(session, patient, other)
    _become_one(session, merge, patient, other, {ENDED: ended} if ended else {}, by=by)


def _become_one(session, merge, patient, other, moved, *, by):
    other.merged_into_id = patient.id
    if other.signed_up_at and not other.sign_up_seen_at:
        other.sign_up_seen_at = MOMENT
    session.flush()
    _remember_moved(merge, moved)
    _carry(session, merge, patient, other, by=by)
    _settle_allergies(session, patient)
    merge.merged_at = session.scalar(sa.select(MOMENT))
    session.flush()
    _found_by(session, patient, other)
    jobs.put(session, SWEEP, at=merge.merged_at + SWEPT_AFTER, clinic_id=merge.clinic_id, merge_id=merge.id)
    bell.ring(session, merge.clinic_id, "visits")


def _carry(session, merge, patient, other, *, by):
    """Move what may move; times that are kept for somebody who has died are free."""
    _remember_moved(merge, record_moves.carry(session, merge.clinic_id, other.id, patient.id))
    if patient.is_deceased:
        deaths.free_times(session, patient, by=by)


def _settle_allergies(session, patient):
    """Where one of the records knew of an allergy, that none is known is over: it stays so when they are two again."""
    none = allergies.none_known(session, patient.id)
    if none and allergies.live(session, patient.id):
        none.status = AllergyStatus.INACTIVE


def _remember_moved(merge, moved):
    merge.moved = {name: [*merge.moved.get(name, ()), *moved.get(name, ())] for name in {*merge.moved, *moved}}


def _take_details(session, patient, other, *, by):
    """Fill what the record that stays lacks; the names of the details that were filled."""
    filled = [name for name in TAKEN if getattr(patient, name) is None and getattr(other, name) is not None]
    for name in filled:
        setattr(patient, name, getattr(other, name))
    if deaths.take_over(patient, other):
        filled.append(DIED)
    for name in BOTH:
        mine, theirs = getattr(patient, name), getattr(other, name)
        if theirs and theirs not in (mine or ""):
            setattr(patient, name, _with(mine, theirs))
            filled.append(name)
    patient_changes.keep(session, patient, by=by)
    return filled


def _with(mine, theirs):
    return f"{mine}\n{theirs}" if mine else theirs


def _give_back_details(session, merge, patient, other, *, by):
    """Take back what was filled, unless somebody has changed it since."""
    for name in merge.filled:
        mine, theirs = getattr(patient, name), getattr(other, name)
        if name == DIED:
            deaths.give_back(patient, other)
        elif mine == theirs:
            setattr(patient, name, None)
        elif name in BOTH and theirs and (mine or "").endswith(f"\n{theirs}"):
            setattr(patient, name, mine.removesuffix(f"\n{theirs}"))
    patient_changes.keep(session, patient, by=by)


def _end_doubled_accesses(session, patient, other):
    """Whoever sees both records sees the one that stays by the longer of the two; the ids of what was ended."""
    ended = []
    of = sa.select(PatientAccess).where(PatientAccess.patient_id.in_((patient.id, other.id)))
    rows = session.scalars(of.order_by(PatientAccess.id)).all()
    kept = {row.user_id: row for row in rows if row.patient_id == patient.id}
    for row in rows:
        same = kept.get(row.user_id)
        if row.patient_id == other.id and row.is_live and same:
            if not same.is_live:
                same.relation, same.until = row.relation, row.until
            row.until = MOMENT
            ended.append(str(row.id))
    session.flush()
    return ended


def _open_accesses(session, merge):
    """Let those see the other record again who saw both before the merge."""
    for row_id in merge.moved.get(ENDED, ()):
        row = session.get(PatientAccess, (merge.clinic_id, row_id))
        twin = sa.select(PatientAccess).where(
            PatientAccess.patient_id == merge.patient_id, PatientAccess.user_id == row.user_id
        )
        row.until = session.scalars(twin).one().until


def _found_by(session, patient, other):
    """Both records' names and numbers find the one that stays; apart again, each is found by its own."""
    for each in (patient, other):
        session.refresh(each)
        patient_words.write(session, each)
