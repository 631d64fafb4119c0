"""What is asked about notes: a visit's, who has it open, past visits, what is unsigned, what patients read."""

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from clinic.db import word
from clinic.models.accounts import User
from clinic.models.consultations import Consultation, NoteState, OpenNote
from clinic.models.providers import Provider
from clinic.models.visits import CancelReason, Visit, VisitStatus
from clinic.queries.day_closing import CLOSING, Check
from clinic.queries.ends import CLINIC, OpenEnd
from clinic.queries.entries import CLINIC_ID, PATIENT_ID, Source

PAST = 5
SUMMARIES_ON_A_PAGE = 20
# A page that shows a note tells every twenty seconds that it is still there.
STILL_OPEN = sa.text("interval '70 seconds'")
visits, notes = Visit.__table__.c, Consultation.__table__.c
SIGNED = sa.case((notes.signed_at.is_not(None), NoteState.SIGNED.value), else_=NoteState.DRAFT.value)
SAID = sa.func.left(sa.func.coalesce(notes.diagnosis, notes.complaints, notes.treatment), 200)
# At the time of the visit: the index on a patient's visits orders it.
TIMELINE = Source(
    kind="notes", label=word("Note"), plural=word("Notes"),
    select=sa.select(
        sa.literal("notes").label("kind"), notes.id.label("id"), visits.starts_at.label("at"),
        SAID.label("title"),
        SIGNED.label("state"), visits.id.label("visit_id"), notes.provider_id.label("provider_id"),
    )
    .select_from(
        Visit.__table__.join(
            Consultation.__table__, sa.and_(notes.clinic_id == visits.clinic_id, notes.visit_id == visits.id)
        )
    )
    .where(visits.clinic_id == CLINIC_ID, visits.patient_id == PATIENT_ID),
    path="/staff/visits/{visit_id}/consultation", states=NoteState,
)  # fmt: skip
# A note that was begun is open until it is signed; it is found by its visit.
OPEN_END = OpenEnd(
    "note", word("Notes to sign"), one=word("Note to sign"), path="/staff/visits/{id}/consultation",
    states={NoteState.DRAFT.value: NoteState.DRAFT.label},
    select=sa.select(
        visits.id, visits.patient_id, visits.provider_id, notes.edited_at.label("since"),
        sa.literal(NoteState.DRAFT.value).label("state"), SAID.label("title"), sa.false().label("is_urgent"),
    )
    .select_from(
        Consultation.__table__.join(
            Visit.__table__, sa.and_(visits.clinic_id == notes.clinic_id, visits.id == notes.visit_id)
        )
    )
    .where(
        notes.clinic_id == CLINIC, notes.signed_at.is_(None),
        visits.status.in_((VisitStatus.IN_PROGRESS, VisitStatus.COMPLETED)),
    ),
)  # fmt: skip
UNSIGNED = """SELECT v.starts_at AS at, p.full_name AS who,
       concat_ws(' · ', t.name, d.display_name) AS what, v.id AS visit_id, v.patient_id
  FROM visits AS v JOIN consultations AS c ON c.clinic_id = v.clinic_id AND c.visit_id = v.id
  JOIN patients AS p ON p.clinic_id = v.clinic_id AND p.id = v.patient_id
  LEFT JOIN providers AS d ON d.clinic_id = v.clinic_id AND d.id = v.provider_id
  LEFT JOIN visit_types AS t ON t.clinic_id = v.clinic_id AND t.id = v.visit_type_id
 WHERE v.clinic_id = :clinic_id AND v.starts_at >= :starts_at AND v.starts_at < :ends_at
   AND v.status IN ('in_progress', 'completed') AND c.signed_at IS NULL
   AND (CAST(:provider_id AS uuid) IS NULL OR v.provider_id = CAST(:provider_id AS uuid))
 ORDER BY v.starts_at, v.id"""
CLOSING["unsigned_notes"] = Check(
    word("Notes that are not signed yet"), word("Every note that was begun is signed."), UNSIGNED,
    "staff.day.index",
)  # fmt: skip


def of_visit(session, visit) -> Consultation | None:
    """The note of a visit with who wrote it and what was added, or None while nobody has begun one."""
    return session.scalars(
        sa.select(Consultation)
        .where(Consultation.visit_id == visit.id)
        .options(
            joinedload(Consultation.edited_by), joinedload(Consultation.signed_by), joinedload(Consultation.provider),
            selectinload(Consultation.addenda),
        )
        .execution_options(populate_existing=True)
    ).one_or_none()  # fmt: skip


def open_elsewhere(session, visit, page) -> list:
    """Who has the draft open on another page than this one, and since when, the first first; ten at most."""
    doctor = sa.and_(Provider.clinic_id == OpenNote.clinic_id, Provider.user_id == OpenNote.user_id)
    return session.execute(
        sa.select(
            OpenNote.user_id, sa.func.coalesce(Provider.display_name, User.last_name, User.email).label("name"),
            OpenNote.created_at.label("since"),
        )
        .join(User, User.id == OpenNote.user_id)
        .outerjoin(Provider, doctor)
        .where(OpenNote.visit_id == visit.id, OpenNote.id.is_distinct_from(page))
        .where(OpenNote.seen_at > sa.func.now() - STILL_OPEN)
        .order_by(OpenNote.created_at, OpenNote.id)
        .limit(10)
    ).all()  # fmt: skip


def past_visits(session, visit, records) -> list:
    """The last visits of these records before this one that took place, each with its note or None, newest first."""
    same = sa.and_(Consultation.clinic_id == Visit.clinic_id, Consultation.visit_id == Visit.id)
    return session.execute(
        sa.select(Visit, Consultation)
        .outerjoin(Consultation, same)
        .where(Visit.patient_id.in_(records), Visit.id != visit.id, Visit.starts_at < visit.starts_at)
        .where(Visit.status.in_((VisitStatus.COMPLETED, VisitStatus.IN_PROGRESS)))
        .options(joinedload(Visit.provider), joinedload(Visit.visit_type))
        .order_by(Visit.starts_at.desc(), Visit.id)
        .limit(PAST)
    ).all()


def summary_of(session, visit) -> Consultation | None:
    """What a patient reads of a visit: its note once it is signed, with what was added; else None."""
    note = of_visit(session, visit)
    return note if note is not None and note.is_signed else None


def has_summary(session, visit) -> bool:
    """Whether the reader may read what was decided at the visit."""
    signed = sa.select(Consultation.id).where(Consultation.visit_id == visit.id, Consultation.signed_at.is_not(None))
    return session.scalar(signed) is not None


def summaries(session, number, patient_id=None) -> list:
    """One page of the visits whose summary the reader may see, newest first, and one more if there is another."""
    same = sa.and_(Visit.clinic_id == Consultation.clinic_id, Visit.id == Consultation.visit_id)
    whose = Visit.patient_id == patient_id if patient_id else sa.true()
    return session.execute(
        sa.select(Visit, Consultation)
        .join(Consultation, same)
        .where(Consultation.signed_at.is_not(None), whose)
        .where(Visit.cancel_reason.is_distinct_from(CancelReason.ENTERED_IN_ERROR))
        .options(joinedload(Visit.provider).load_only(Provider.display_name), joinedload(Visit.visit_type))
        .order_by(Visit.starts_at.desc(), Visit.id)
        .offset((number - 1) * SUMMARIES_ON_A_PAGE)
        .limit(SUMMARIES_ON_A_PAGE + 1)
    ).all()
