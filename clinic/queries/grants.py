"""What is asked of rights held for a while: which are live, which wait for a review, which there were."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from clinic.models.accounts import Membership, Role, User, UserStatus
from clinic.models.grants import AccessGrant, GrantKind
from clinic.models.patients import Patient, PatientWord
from clinic.models.words import number_word, typed_words

LIVE = sa.and_(AccessGrant.ended_at.is_(None), AccessGrant.until > sa.func.now())
EMERGENCY = AccessGrant.kind == GrantKind.BREAK_GLASS
# By words that many people share; more than a handful is nobody in particular.
MOST_ALIKE = 20
ON_A_PAGE = 50
words = PatientWord.__table__.c


def live_break_glass(session, user_id: UUID, patient_id: UUID) -> AccessGrant | None:
    """The grant by which the doctor has the patient's record open now; of several the one that lasts longest."""
    found = _named().where(LIVE, EMERGENCY, AccessGrant.user_id == user_id, AccessGrant.patient_id == patient_id)
    return session.scalars(found.order_by(AccessGrant.until.desc()).limit(1)).one_or_none()


def live_support(session) -> list[AccessGrant]:
    """The clinic's open support windows, the one that ends first on top."""
    return session.scalars(
        _named().where(LIVE, AccessGrant.kind == GrantKind.SUPPORT).order_by(AccessGrant.until)
    ).all()


def support_of(session, user_id: UUID) -> list[AccessGrant]:
    """The open support windows of one person."""
    return [each for each in live_support(session) if each.user_id == user_id]


def to_review(session) -> list[AccessGrant]:
    """The records opened in an emergency that no administrator has reviewed, the oldest first."""
    waiting = _named().where(EMERGENCY, AccessGrant.reviewed_at.is_(None))
    return session.scalars(waiting.order_by(AccessGrant.created_at).limit(ON_A_PAGE)).all()


def count_to_review(session, user_id: UUID) -> int:
    """How many of them this administrator could review: all but their own."""
    waiting = sa.select(sa.func.count()).select_from(AccessGrant)
    return session.scalar(waiting.where(EMERGENCY, AccessGrant.reviewed_at.is_(None), AccessGrant.user_id != user_id))


def listed(session, number: int = 1, size: int = ON_A_PAGE) -> list[AccessGrant]:
    """A page of every grant there was, the newest first, and one more row where there is a next page."""
    rows = _named().order_by(AccessGrant.created_at.desc(), AccessGrant.id.desc())
    return session.scalars(rows.limit(size + 1).offset((number - 1) * size)).all()


def supporters(session) -> list[User]:
    """The clinic's colleagues from support who can sign in, by name."""
    held = sa.exists().where(
        Membership.user_id == User.id, Membership.role == Role.SUPPORT, Membership.ended_at.is_(None)
    )
    found = sa.select(User).where(held, User.status == UserStatus.ACTIVE)
    return session.scalars(found.order_by(User.last_name, User.first_name, User.id)).all()


def by_number(session, clinic_id: UUID, mrn: str) -> list[Patient]:
    """The patient with exactly this record number; leading noughts may be left out."""
    return [each for each in _with_words(session, clinic_id, [number_word(mrn)]) if _number(each) == number_word(mrn)]


def by_name(session, clinic_id: UUID, full_name: str, born: date) -> list[Patient]:
    """The patients of exactly this name, in any order of its words, who were born on that day."""
    said = typed_words(full_name)
    found = _with_words(session, clinic_id, said, Patient.date_of_birth == born) if said else []
    return [each for each in found if set(typed_words(each.full_name)) == set(said)]


def _number(patient):
    return number_word(patient.mrn)


def _with_words(session, clinic_id, said, *more):
    ids = sa.intersect(
        *(sa.select(words.patient_id).where(words.clinic_id == clinic_id, words.word == each) for each in said)
    )
    found = sa.select(Patient).where(Patient.id.in_(ids), Patient.merged_into_id.is_(None), *more)
    return session.scalars(found.order_by(Patient.id).limit(MOST_ALIKE)).all()


def _named():
    """Grants with the people in them."""
    people = (AccessGrant.user, AccessGrant.granted_by, AccessGrant.subject, AccessGrant.reviewed_by)
    return sa.select(AccessGrant).options(*(joinedload(each) for each in people), joinedload(AccessGrant.patient))
