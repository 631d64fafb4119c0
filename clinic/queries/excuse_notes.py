"""Excuse notes: a patient's, a visit's, and those the portal shows."""

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from clinic.db import word
from clinic.models.excuse_notes import ExcuseNote, NoteState, NoteStatus
from clinic.queries.entries import CLINIC_ID, PATIENT_ID, Source

ON_A_PAGE = 20
MOST_OF_A_VISIT = 20
notes = ExcuseNote.__table__.c
NAMED = (joinedload(ExcuseNote.provider), joinedload(ExcuseNote.created_by))
# Whether its days are over is nobody's to store; see ExcuseNote.state_on.
STATE = sa.case(
    (notes.withdrawn_at.is_not(None), NoteState.WITHDRAWN.value),
    (sa.and_(notes.status == NoteStatus.DRAFT, notes.ready_at.is_not(None)), NoteState.READY.value),
    else_=sa.type_coerce(notes.status, sa.Text()),
)
# A draft is between the doctor and themselves until they say that it is finished.
TOLD = sa.or_(notes.ready_at.is_not(None), notes.sent_at.is_not(None))
TIMELINE = Source(
    "excuse_note", word("Excuse note"), word("Excuse notes"), states=NoteState,
    path="/staff/patients/{patient_id}/excuse-notes/{id}", desk=True,
    desk_path="/staff/patients/{patient_id}/papers/excuse-notes/{id}", desk_rows=TOLD,
    select=sa.select(
        sa.literal("excuse_note").label("kind"), notes.id, notes.created_at.label("at"),
        sa.null().cast(sa.Text()).label("title"), STATE.label("state"), notes.visit_id, notes.provider_id,
    ).where(notes.clinic_id == CLINIC_ID, notes.patient_id == PATIENT_ID),
)  # fmt: skip


def of_records(session, records, number: int = 1) -> list[ExcuseNote]:
    """A page of the notes of one patient, whose records these are; one more row where there is a next page."""
    return session.scalars(_newest(ExcuseNote.patient_id.in_(records), number)).all()


def of_visit(session, visit) -> list[ExcuseNote]:
    """The notes written at a visit, the newest first."""
    return session.scalars(_newest(ExcuseNote.visit_id == visit.id, 1).limit(MOST_OF_A_VISIT)).all()


def note_of(session, records, note_id) -> ExcuseNote | None:
    """This note of the patient whose records these are, or None."""
    wanted = sa.select(ExcuseNote).options(*NAMED)
    return session.scalars(
        wanted.where(ExcuseNote.id == note_id, ExcuseNote.patient_id.in_(records))
    ).one_or_none()  # fmt: skip


def sent(session, patient_id, number: int = 1) -> list[ExcuseNote]:
    """A page of what the portal shows of a patient's notes: those that were sent, the newest first."""
    wanted = _newest(ExcuseNote.patient_id == patient_id, number)
    wanted = wanted.where(ExcuseNote.status == NoteStatus.SENT)
    return session.scalars(wanted.options(joinedload(ExcuseNote.patient))).all()


def sent_one(session, note_id) -> ExcuseNote | None:
    """A note that was sent, of a patient whom the session sees, or None."""
    wanted = sa.select(ExcuseNote).options(*NAMED, joinedload(ExcuseNote.patient))
    return session.scalars(
        wanted.where(ExcuseNote.id == note_id, ExcuseNote.status == NoteStatus.SENT)
    ).one_or_none()  # fmt: skip


def _newest(condition, number):
    wanted = sa.select(ExcuseNote).options(*NAMED).where(condition)
    page = wanted.order_by(ExcuseNote.created_at.desc(), ExcuseNote.id.desc())
    return page.limit(ON_A_PAGE + 1).offset((number - 1) * ON_A_PAGE)
