"""Erasing what a record says of a person, and keeping what the law keeps: that there were visits, and the audit log."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic import bell, jobs
from clinic.actions import documents, excuse_notes, insurance, lab_orders, patient_merges, referrals, visits
from clinic.actions.acting import Refused, action
from clinic.db import now, word
from clinic.models.accounts import Membership, Role, UserToken
from clinic.models.calls import CallAttempt
from clinic.models.keeping import Erasure
from clinic.models.notifications import Notification
from clinic.models.patients import Patient, PatientAccess, PatientTag, PatientWord
from clinic.models.requests import OPEN, RequestStatus, VisitRequest
from clinic.models.texts import TextReply
from clinic.models.visit_feedback import FeedbackState, VisitFeedback
from clinic.models.visit_links import VisitLink
from clinic.models.visits import LIVE, CancelReason, Visit
from clinic.models.waitlist import ON_THE_LIST, WaitlistEntry, WaitStatus
from clinic.queries.keeping import erasure_of, has_live_visit, live_hold, other_admins
from clinic.queries.reaching import numbers_of

NAME = word("Erased patient")
AGAIN = "Erased again after a backup was restored."
# With one administrator only, time takes the place of a second pair of eyes.
ALONE = timedelta(days=7)
# What is left of a record: whose it was can no longer be told from it.
STAYS = {"clinic_id", "id", "mrn", "full_name", "demographics", "merged_into_id", "created_at", "updated_at",
         "deleted_at", "erased_at"}  # fmt: skip
WORDS_OF_VISIT = ("reason", "notes", "cancel_note", "meeting_url", "external_created_by")
MOMENT = sa.func.now()


@action
def ask(patient: Patient, reason: str, *, by):
    """Ask for the record to be erased; nothing happens to it until it is confirmed."""
    session = _locked(patient)
    _refuse_what_must_stay(session, patient)
    if erasure_of(session, patient.id):
        raise Refused("Somebody has asked for this already.")
    erasure = Erasure(
        clinic_id=patient.clinic_id, id=uuid7(), patient_id=patient.id, reason=reason, asked_by_id=by.user_id
    )
    session.add(erasure)
    return erasure


@action
def withdraw(erasure: Erasure, *, by):
    """Leave the record as it is after all."""
    session = object_session(erasure)
    session.refresh(erasure, with_for_update=True)
    _refuse_answered(erasure)
    erasure.withdrawn_at, erasure.withdrawn_by_id = session.scalar(sa.select(MOMENT)), by.user_id
    return erasure


@action
def confirm(erasure: Erasure, *, by):
    """Erase the record: another administrator than who asked; who is alone, a week after asking."""
    session = _locked(erasure.patient)
    session.refresh(erasure, with_for_update=True)
    _refuse_answered(erasure)
    _refuse_what_must_stay(session, erasure.patient)
    moment, others = session.scalar(sa.select(MOMENT)), other_admins(session, by.user_id)
    if not may_confirm(erasure, others, by=by, moment=moment):
        if others:
            raise Refused("Another administrator has to confirm this.")
        raise Refused("You are the only administrator: confirm it a week after you asked.")
    erasure.confirmed_at, erasure.confirmed_by_id = moment, by.user_id
    _erase(session, erasure.patient)
    return erasure


def may_confirm(erasure: Erasure, others: int, *, by, moment=None) -> bool:
    """Whether this administrator may confirm it (now, or at the moment), where so many others could."""
    if erasure.asked_by_id != by.user_id:
        return True
    return not others and (moment or now()) >= erasure.created_at + ALONE


@action
def repeat(patient: Patient, *, by):
    """Erase again what came back out of a backup; the operator's, who has the list of those erased since.

    A visit that was still to come when the backup was made is called off: by now it was, or is over.
    """
    session = _locked(patient)
    for visit in session.scalars(sa.select(Visit).where(Visit.patient_id == patient.id, Visit.status.in_(LIVE))).all():
        visits.cancel(visit, CancelReason.OTHER, by=by)
    erasure = erasure_of(session, patient.id) or Erasure(
        clinic_id=patient.clinic_id, id=uuid7(), patient_id=patient.id, reason=AGAIN
    )
    erasure.confirmed_at = session.scalar(sa.select(MOMENT))
    session.add(erasure)
    _erase(session, patient)
    return erasure


def _locked(patient):
    """The patient's session, with the row locked: against holds, bookings and another erasure at this moment."""
    session = object_session(patient)
    session.refresh(patient, with_for_update=True)
    return session


def _refuse_answered(erasure):
    if erasure.confirmed_at or erasure.withdrawn_at:
        raise Refused("This request has been answered already.")


def _refuse_what_must_stay(session, patient):
    if patient.erased_at:
        raise Refused("This record is erased already.")
    if live_hold(session, patient.id):
        raise Refused("This record is under a legal hold. End the hold first.")
    if has_live_visit(session, patient.id):
        raise Refused("There are visits to come or not closed yet. Cancel or close them first.")


def _erase(session, patient):
    """Blank the record and those merged into it. Plain statements: the audit log must not copy what goes."""
    session.flush()
    patients = Patient.__table__
    theirs = sa.select(patients.c.id).where(
        patients.c.clinic_id == patient.clinic_id,
        sa.or_(patients.c.id == patient.id, patients.c.merged_into_id == patient.id),
    )
    ids = session.connection().execute(theirs).scalars().all()
    numbers = numbers_of(session, patient.clinic_id, ids)
    for statement in _statements(patient.clinic_id, ids, numbers):
        session.connection().execute(statement)
    for patient_id in ids:
        # What only the keeper may touch: notes in the history, links to other systems.
        jobs.put(session, "erasures.finish", clinic_id=patient.clinic_id, patient_id=patient_id)
        jobs.put(session, documents.ERASE, clinic_id=patient.clinic_id, patient_id=patient_id)
    bell.ring(session, patient.clinic_id, "visits")
    session.expire(patient)


def _told(theirs, answered):
    """What was told goes with its words, its addresses and what was noted of calls; that something was told stays."""
    lines, attempts = Notification.__table__, CallAttempt.__table__
    of_lines = sa.and_(
        attempts.c.clinic_id == lines.c.clinic_id, attempts.c.notification_id == lines.c.id, theirs
    )  # fmt: skip
    yield sa.update(attempts).where(of_lines).values(note=None)
    yield sa.update(lines).where(theirs).values(sent_to=None, subject=None, text=None, facts={}, desk_since=None)
    yield sa.update(TextReply.__table__).where(answered).values(sender="", text="", desk_since=None)


def _statements(clinic_id, ids, numbers):
    def of(model, column="patient_id"):
        table = model.__table__
        return sa.and_(table.c.clinic_id == clinic_id, table.c[column].in_(ids))

    patients, accesses, members = Patient.__table__, PatientAccess.__table__, Membership.__table__
    blank = {column.name: None for column in patients.c if column.name not in STAYS}
    number = sa.literal("erased-") + sa.func.right(sa.cast(patients.c.id, sa.Text), 12)
    yield sa.update(patients).where(of(Patient, "id")).values(
        **blank, full_name=NAME, mrn=number, demographics={}, erased_at=MOMENT
    )  # fmt: skip
    yield sa.delete(PatientWord.__table__).where(of(PatientWord))
    yield sa.delete(PatientTag.__table__).where(of(PatientTag))
    yield sa.update(Visit.__table__).where(of(Visit)).values(dict.fromkeys(WORDS_OF_VISIT))
    replies = TextReply.__table__.c
    # What stands under nobody's name may be theirs.
    nameless = sa.and_(replies.clinic_id == clinic_id, replies.patient_id.is_(None), replies.sender.in_(numbers))
    yield from _told(of(Notification), sa.or_(of(TextReply), nameless))
    requests, waits = VisitRequest.__table__, WaitlistEntry.__table__
    yield sa.update(requests).where(of(VisitRequest)).values(reason="", cancel_note=None)
    yield (
        sa.update(requests)
        .where(of(VisitRequest), requests.c.status.in_(OPEN))
        .values(status=RequestStatus.CANCELLED, cancelled_at=MOMENT, answer_by=None, proposed_slot_id=None)
    )
    yield (
        sa.update(waits)
        .where(of(WaitlistEntry), waits.c.status.in_(ON_THE_LIST))
        .values(status=WaitStatus.LEFT, ended_at=MOMENT)
    )
    yield from referrals.blanked(clinic_id, ids)
    yield from lab_orders.blanked(clinic_id, ids)
    yield from excuse_notes.blanked(clinic_id, ids)
    yield from insurance.blanked(clinic_id, ids)
    yield from patient_merges.blanked(clinic_id, ids)
    yield from documents.blanked(clinic_id, ids)
    # The links are dead, the words about a visit are gone; its number in the doctor's average says nothing of anybody.
    theirs = sa.select(Visit.__table__.c.id).where(of(Visit))
    links, feedback = VisitLink.__table__, VisitFeedback.__table__
    yield sa.update(links).where(
        links.c.clinic_id == clinic_id, links.c.visit_id.in_(theirs), links.c.revoked_at.is_(None)
    ).values(revoked_at=MOMENT)  # fmt: skip
    yield sa.update(feedback).where(
        feedback.c.clinic_id == clinic_id, feedback.c.visit_id.in_(theirs), feedback.c.comment.is_not(None)
    ).values(comment=None, state=FeedbackState.SHOWN, hidden_reason=None)  # fmt: skip
    yield sa.update(UserToken.__table__).where(of(UserToken)).values(expires_at=MOMENT, patient_id=None)
    live = sa.or_(accesses.c.until.is_(None), accesses.c.until > MOMENT)
    users = sa.select(accesses.c.user_id).where(of(PatientAccess))
    yield sa.update(accesses).where(of(PatientAccess), live).values(until=MOMENT)
    # Who acted for nobody else here is no patient's voice in this clinic any more.
    others = sa.select(accesses.c.user_id).where(
        accesses.c.clinic_id == clinic_id, accesses.c.patient_id.not_in(ids), live
    )
    yield sa.update(members).where(
        members.c.clinic_id == clinic_id, members.c.role == Role.PATIENT, members.c.ended_at.is_(None),
        members.c.user_id.in_(users), members.c.user_id.not_in(others),
    ).values(ended_at=MOMENT)  # fmt: skip
