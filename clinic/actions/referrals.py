"""Referrals: writing one, giving it out, and closing it with what came of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic.actions import recording
from clinic.actions.acting import Refused, action
from clinic.db import now
from clinic.models.patients import Patient
from clinic.models.referrals import OPEN, Priority, Referral, ReferralStatus, SentTo

S = ReferralStatus
UNDO_WINDOW = timedelta(minutes=15)
# When it is written, not when its transaction began: of two that meet, the later step has the later moment.
MOMENT = sa.func.clock_timestamp()


@dataclass(frozen=True, slots=True)
class Letter:
    """What a referral says: to whom, how soon, why, and what else they should know there."""

    referred_to: str
    reason: str
    priority: Priority = Priority.ROUTINE
    specialty: str | None = None
    notes: str | None = None


@action
def write(session, patient: Patient, letter: Letter, *, by, visit_id: UUID | None = None):
    """Write a referral, as the doctor who is at work; nobody outside the chart sees it before it is sent."""
    refuse_closed(session, patient)
    referral = Referral(
        clinic_id=patient.clinic_id, id=uuid7(), patient_id=patient.id, visit_id=visit_id, provider_id=by.provider_id,
        created_by_id=by.user_id, status=S.PENDING, **{name: getattr(letter, name) for name in Letter.__slots__},
    )  # fmt: skip
    session.add(referral)
    session.flush()
    return _told(referral)


@action
def rewrite(referral: Referral, letter: Letter, *, by, seen: datetime | None = None):
    """Change what it says, as long as nobody has read it; ``seen`` is when it had last changed as it was opened."""
    _hold(referral)
    if not referral.may_be_changed:
        raise Refused("This was sent and stays as it was read. Call it off and write another one.")
    recording.refuse_unseen(referral, seen)
    for name in Letter.__slots__:
        setattr(referral, name, getattr(letter, name))
    referral.ready_at = None
    return _told(referral)


@action
def mark_ready(referral: Referral, *, by):
    """Say that its words are finished, so that the desk may give it out; whoever changes it says so anew."""
    _hold(referral)
    mark(referral, is_ready=True)
    return _told(referral)


@action
def unmark_ready(referral: Referral, *, by):
    """Say that it is not finished after all."""
    _hold(referral)
    mark(referral, is_ready=False)
    return _told(referral)


@action
def send(referral: Referral, sent_to: SentTo, *, by, only_ready=False):
    """Note that the letter was given to the patient or the specialist; the patient sees it from now on.

    ``only_ready`` is for the desk, which gives out what the doctor has finished.
    """
    _take(referral, S.SENT)
    if only_ready:
        refuse_unfinished(referral)
    referral.sent_to = SentTo(sent_to)
    return _told(referral)


@action
def accept(referral: Referral, *, by):
    """Note that they will see the patient there."""
    _take(referral, S.ACCEPTED)
    return _told(referral)


@action
def complete(referral: Referral, outcome: str, *, by):
    """Close it with what came of it."""
    _take(referral, S.COMPLETED)
    referral.outcome = outcome
    return _told(referral)


@action
def cancel(referral: Referral, note: str | None = None, *, by):
    """Close it without: it is not needed any more, or was a mistake."""
    _take(referral, S.CANCELLED)
    referral.cancel_note = note
    return _told(referral)


@action
def undo(referral: Referral, *, by):
    """Take the last step back, within a quarter of an hour; what came of it stays to be written again."""
    _hold(referral)
    if not may_undo(referral):
        if referral.last_step_at is None:
            raise Refused("There is nothing to take back.")
        raise Refused("This was more than 15 minutes ago and stays as it is.")
    setattr(referral, referral.moments[referral.status], None)
    if referral.status == S.SENT:
        referral.sent_to = None
    if referral.status == S.CANCELLED:
        referral.cancel_note = None
    taken = [step for step in (S.SENT, S.ACCEPTED) if getattr(referral, referral.moments[step])]
    referral.status = taken[-1] if taken else S.PENDING
    return _told(referral)


def may_undo(referral: Referral) -> bool:
    """Whether the last step can be taken back."""
    return referral.last_step_at is not None and now() - referral.last_step_at <= UNDO_WINDOW


def refuse_closed(session, patient):
    """Refuse to write about somebody whose record is closed; locked, so that nobody closes it meanwhile."""
    session.refresh(patient, with_for_update={"key_share": True})
    if patient.is_deceased or patient.merged_into_id or patient.deleted_at or patient.erased_at:
        raise Refused("Nothing new can be written for this patient.")


def mark(paper, *, is_ready):
    """Mark a paper as ready or not; refused where it is marked so already, or was given out."""
    if not paper.may_be_changed:
        raise Refused("Nothing can be said of this any more: it was given out or closed.")
    if paper.is_ready == is_ready:
        raise Refused("This is marked as ready already." if is_ready else "This is not marked as ready.")
    paper.ready_at = MOMENT if is_ready else None


def refuse_unfinished(paper):
    """Refuse to give out what its doctor is still writing."""
    if paper.ready_at is None:
        raise Refused("The doctor has not finished this. It can be given out once it is marked as ready.")


def blanked(clinic_id, patient_ids):
    """The statements that take the words out of these patients' referrals and close those that are open."""
    referrals = Referral.__table__
    theirs = sa.and_(referrals.c.clinic_id == clinic_id, referrals.c.patient_id.in_(patient_ids))
    words = {name: sa.func.left(referrals.c[name], 0) for name in ("specialty", "notes", "outcome", "cancel_note")}
    yield sa.update(referrals).where(theirs).values(referred_to="", reason="", **words)
    yield (
        sa.update(referrals).where(theirs, referrals.c.status.in_(OPEN)).values(status=S.CANCELLED, cancelled_at=MOMENT)
    )


def _hold(referral):
    """Lock the row and read it again: of two who act at once, the second sees what the first has done."""
    object_session(referral).refresh(referral, with_for_update={"key_share": True, "of": Referral})


def _take(referral, step):
    _hold(referral)
    if not referral.may(step):
        raise Refused("By now this referral stands so: %(status)s.", status=referral.status.label)
    referral.status = step
    setattr(referral, referral.moments[step], MOMENT)


def _told(referral):
    """The referral with what the database has set."""
    session = object_session(referral)
    session.flush()
    session.refresh(referral)
    return referral
