"""Excuse notes: writing one, giving it out with a code, withdrawing it; and what its code tells a third party."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic.actions import recording, throttles
from clinic.actions.acting import Refused, action, audit
from clinic.actions.referrals import MOMENT, mark, refuse_closed, refuse_unfinished
from clinic.models.excuse_notes import ExcuseKind, ExcuseNote, NoteStatus
from clinic.models.patients import Patient
from clinic.scope import Scope

# Letters and digits that nobody takes for another; twelve of them are sixty random bits.
LETTERS, LENGTH, FIRST = "0123456789ABCDEFGHJKMNPQRSTVWXYZ", 16, 4
# What a person reads or types instead of them.
READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})
MOST_DAYS = 366
BY_CODE = sa.text("SELECT * FROM excuse_note_by_code(CAST(:code AS text))")


@dataclass(frozen=True, slots=True)
class Excuse:
    """What a note says: for whom, from which day to which, what the patient can do; why is for the record only."""

    kind: ExcuseKind
    starts_on: date
    ends_on: date
    restrictions: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Genuine:
    """A note whose code was typed: its days, and whether it was withdrawn; the rest is for the audit log alone."""

    clinic_id: UUID
    id: UUID
    patient_id: UUID
    starts_on: date
    ends_on: date
    is_withdrawn: bool

    __tablename__ = ExcuseNote.__tablename__


@action
def write(session, patient: Patient, excuse: Excuse, *, by, visit_id: UUID | None = None):
    """Write a note, as the doctor who is at work; nobody outside the chart sees it before it is sent."""
    refuse_closed(session, patient)
    _refuse_days(excuse)
    note = ExcuseNote(
        clinic_id=patient.clinic_id, id=uuid7(), patient_id=patient.id, visit_id=visit_id, provider_id=by.provider_id,
        created_by_id=by.user_id, status=NoteStatus.DRAFT,
        **{name: getattr(excuse, name) for name in Excuse.__slots__},
    )  # fmt: skip
    session.add(note)
    return _told(note)


@action
def rewrite(note: ExcuseNote, excuse: Excuse, *, by, seen: datetime | None = None):
    """Change what it says, as long as nobody has read it; ``seen`` is when it had last changed as it was opened."""
    _hold(note)
    if not note.may_be_changed:
        raise Refused("This note was sent and stays as it was read. Withdraw it and write another one.")
    recording.refuse_unseen(note, seen)
    _refuse_days(excuse)
    for name in Excuse.__slots__:
        setattr(note, name, getattr(excuse, name))
    note.ready_at = None
    return _told(note)


@action
def mark_ready(note: ExcuseNote, *, by):
    """Say that its words are finished, so that the desk may give it out; whoever changes it says so anew."""
    _hold(note)
    mark(note, is_ready=True)
    return _told(note)


@action
def unmark_ready(note: ExcuseNote, *, by):
    """Say that it is not finished after all."""
    _hold(note)
    mark(note, is_ready=False)
    return _told(note)


@action
def send(note: ExcuseNote, *, by, only_ready=False):
    """Note that the patient was given it: it gets its code, and the patient sees and prints it from now on.

    ``only_ready`` is for the desk, which gives out what the doctor has finished.
    """
    _hold(note)
    if note.withdrawn_at:
        raise Refused("This note was withdrawn. Write another one.")
    if note.status == NoteStatus.SENT:
        raise Refused("This note was sent already.")
    if only_ready:
        refuse_unfinished(note)
    note.status, note.sent_at, note.check_code = NoteStatus.SENT, MOMENT, new_code(note.clinic_id)
    return _told(note)


@action
def withdraw(note: ExcuseNote, *, by):
    """Say that it holds no more: whoever asks about its code hears so, and it cannot be printed again."""
    _hold(note)
    if note.withdrawn_at:
        raise Refused("This note was withdrawn already.")
    note.withdrawn_at = MOMENT
    return _told(note)


def check(session, code: str, *, by) -> Genuine | None:
    """The note with this code, however it was typed; None for every other, whatever is wrong with it.

    Every try counts, and too many raise TooManyTries. What the session did before is undone, and it sees nobody's rows
    afterwards. That somebody asked about a note is in the clinic's log, and so in what its patient reads.
    """
    address = throttles.network(by.ip_address)
    buckets = [limit.of(address) for limit in throttles.CHECKS] + [throttles.CHECKS_EVERYBODY.of()]
    try:
        throttles.spend(session, *buckets)
    except throttles.TooManyTries:
        throttles.note_once(session, "excuse_notes.check", buckets[0], by=by)
        raise
    session.enter(Scope.person())
    found = session.connection().execute(BY_CODE, {"code": plain(code)}).mappings().one()
    if found["note_id"] is None:
        session.enter(Scope.person())
        return None
    told = dict(found)
    note = Genuine(id=told.pop("note_id"), **told)
    session.enter(Scope.portal(note.clinic_id, None, {note.patient_id}))
    audit(session, "excuse_notes.check", by=by, record=note)
    return note


def plain(code: str) -> str:
    """A code as it is stored: without what stands between its letters, and with those that people mistake set right."""
    return "".join(letter for letter in code.upper() if letter.isalnum())[: LENGTH * 2].translate(READ_AS)


def blanked(clinic_id, patient_ids):
    """The statements that take the words out of these patients' notes."""
    notes = ExcuseNote.__table__
    theirs = sa.and_(notes.c.clinic_id == clinic_id, notes.c.patient_id.in_(patient_ids))
    yield sa.update(notes).where(theirs).values(reason=None, restrictions=None)


def new_code(clinic_id):
    """A code that nobody can guess; its first letters lead to the clinics whose notes are looked through for it."""
    place = hashlib.md5(str(clinic_id).encode(), usedforsecurity=False).hexdigest()[:FIRST].upper()
    return place + "".join(secrets.choice(LETTERS) for _ in range(LENGTH - FIRST))


def _refuse_days(excuse):
    if excuse.ends_on < excuse.starts_on:
        raise Refused("The last day has to be after the first.", field="ends_on")
    if (excuse.ends_on - excuse.starts_on).days >= MOST_DAYS:
        raise Refused("A note is for a year at most.", field="ends_on")


def _hold(note):
    """Lock the row and read it again: of two who act at once, the second sees what the first has done."""
    object_session(note).refresh(note, with_for_update={"key_share": True, "of": ExcuseNote})


def _told(note):
    """The note with what the database has set."""
    session = object_session(note)
    session.flush()
    session.refresh(note)
    return note
