"""Documents: those of a patient, a visit or a policy that somebody may see, and what is still on its way."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import joinedload

from clinic.db import now, word
from clinic.models.documents import ADMINISTRATIVE, Document, DocumentCategory, DocumentProblem, DocumentState
from clinic.models.release import RELEASED
from clinic.queries.entries import CLINIC_ID, PATIENT_ID, Source

ON_A_PAGE, MOST_OF_A_VISIT = 50, 20
S, table = DocumentState, Document.__table__.c
# A file that went missing is still spoken of, so that somebody brings it back.
THERE = sa.or_(Document.state == S.READY, Document.problem.is_not_distinct_from(DocumentProblem.LOST))
RELEASED_ALREADY = sa.text(f"({RELEASED['documents'].condition})")
TIMELINE = Source(
    "document", word("Document"), word("Documents"), path="/staff/documents/{id}",
    select=sa.select(
        sa.literal("document").label("kind"), table.id, table.recorded_at.label("at"), table.title,
        sa.null().cast(sa.Text()).label("state"), table.visit_id, sa.null().cast(sa.Uuid()).label("provider_id"),
    ).where(
        table.clinic_id == CLINIC_ID, table.patient_id == PATIENT_ID, table.state == S.READY,
        table.deleted_at.is_(None),
    ),
)  # fmt: skip
ROOM_TAKEN = sa.select(sa.func.coalesce(sa.func.sum(table.file_size), 0)).where(table.clinic_id == CLINIC_ID)


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody of the clinic who looks for documents: who they are, and whether clinical ones are theirs to see."""

    user_id: UUID
    clinical: bool

    def may_see(self, document: Document) -> bool:
        """Whether the document is theirs to open: of a category of theirs, or something else that they sent."""
        own = document.uploaded_by_id == self.user_id
        if not (document.is_ready or document.problem == DocumentProblem.LOST):
            return own
        theirs = document.category in ADMINISTRATIVE or (own and document.category == DocumentCategory.OTHER)
        return self.clinical or theirs

    @property
    def condition(self):
        """The same as SQL."""
        own = Document.uploaded_by_id == self.user_id
        if self.clinical:
            return sa.or_(THERE, own)
        theirs = sa.or_(
            Document.category.in_(ADMINISTRATIVE), sa.and_(own, Document.category == DocumentCategory.OTHER)
        )
        return sa.or_(sa.and_(THERE, theirs), sa.and_(sa.not_(THERE), own))


def one(session, clinic_id, document_id) -> Document | None:
    """A document that is in the record, or None."""
    found = session.get(Document, (clinic_id, document_id))
    return None if found is None or found.deleted_at else found


def removed(session, clinic_id, document_id) -> Document | None:
    """A document that was taken out of the record, or None."""
    wanted = sa.select(Document.__table__).where(
        table.clinic_id == clinic_id, table.id == document_id, table.deleted_at.is_not(None)
    )
    # Not as a query of documents: every one of those leaves out what was removed.
    return session.scalars(sa.select(Document).from_statement(wanted)).one_or_none()


def of(patient_id, reader: Reader, *, visit_id=None, insurance_policy_id=None):
    """The documents of a patient that the reader may see, newest first; all, or those of one visit or policy."""
    wanted = _about(sa.select(Document), patient_id, visit_id, insurance_policy_id).where(reader.condition)
    wanted = wanted.options(joinedload(Document.uploaded_by))
    return wanted.order_by(Document.recorded_at.desc(), Document.id.desc())


def of_visit(session, visit) -> list[Document]:
    """The documents about a visit that can be opened, the newest first; so many at most."""
    about = sa.select(Document).where(Document.visit_id == visit.id, Document.state == S.READY)
    return session.scalars(about.order_by(Document.recorded_at.desc(), Document.id.desc()).limit(MOST_OF_A_VISIT)).all()


def cards_of(session, patient_ids, policies) -> dict:
    """The newest picture of each policy's card that can be opened, by the policy's id; one statement."""
    if not policies:
        return {}
    wanted = sa.select(Document).where(
        Document.patient_id.in_(list(patient_ids)), Document.insurance_policy_id.in_([each.id for each in policies]),
        Document.category == DocumentCategory.INSURANCE_CARD, Document.state == S.READY,
    )  # fmt: skip
    newest = (Document.insurance_policy_id, Document.recorded_at.desc(), Document.id.desc())
    found = session.scalars(wanted.ext(distinct_on(Document.insurance_policy_id)).order_by(*newest))
    return {each.insurance_policy_id: each for each in found}


def count_others(session, patient_id, reader: Reader, *, visit_id=None, insurance_policy_id=None) -> int:
    """How many there are that the reader may not see, up to a hundred; that they exist is all that is told."""
    if reader.clinical:
        return 0
    some = _about(sa.select(Document.id), patient_id, visit_id, insurance_policy_id)
    some = some.where(Document.state == S.READY, sa.not_(reader.condition)).limit(100)
    return session.scalar(sa.select(sa.func.count()).select_from(some.subquery()))


def released_of(patient_id):
    """The documents that the patient sees in the portal, newest first: their own in any state, others once released."""
    wanted = sa.select(Document).where(Document.patient_id == patient_id, RELEASED_ALREADY)
    return wanted.order_by(Document.recorded_at.desc(), Document.id.desc())


def released(session, clinic_id, document_id, patient_ids) -> Document | None:
    """One document that these patients see in the portal, or None."""
    return session.scalars(
        sa.select(Document).where(
            Document.clinic_id == clinic_id, Document.id == document_id, Document.patient_id.in_(patient_ids),
            RELEASED_ALREADY,
        )
    ).one_or_none()  # fmt: skip


def begun_before(session, patient_id, user_id, *, fingerprint, file_size) -> Document | None:
    """The same file that this person began to send and that did not arrive whole yet; None without a fingerprint."""
    if not fingerprint:
        return None
    return session.scalars(
        sa.select(Document)
        .where(
            Document.patient_id == patient_id, Document.uploaded_by_id == user_id, Document.state == S.SENDING,
            Document.fingerprint == fingerprint, Document.file_size == file_size,
        )
        .order_by(Document.received.desc())
        .limit(1)
    ).first()  # fmt: skip


def count_on_their_way(session, user_id) -> int:
    """How many files this person has begun to send that are not settled yet."""
    unsettled = Document.state.in_((S.SENDING, S.CHECKING))
    return session.scalar(
        sa.select(sa.func.count()).select_from(Document).where(unsettled, Document.uploaded_by_id == user_id)
    )


def room_taken(session, clinic_id) -> int:
    """How many bytes the clinic's documents have, those on their way counted as though they were here."""
    return int(session.connection().execute(ROOM_TAKEN, {"clinic_id": clinic_id}).scalar())


def unsettled_since(session, state, age: timedelta):
    """Documents that nothing has happened to for so long although they are on their way."""
    return session.scalars(sa.select(Document).where(Document.state == state, Document.updated_at < now() - age)).all()


def _about(select, patient_id, visit_id, insurance_policy_id):
    select = select.where(Document.patient_id == patient_id)
    if visit_id:
        select = select.where(Document.visit_id == visit_id)
    if insurance_policy_id:
        select = select.where(Document.insurance_policy_id == insurance_policy_id)
    return select
