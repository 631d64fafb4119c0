"""How visits were: what waits to be read, what doctors read of theirs, and the averages."""

from decimal import Decimal

import sqlalchemy as sa

from clinic.models.providers import Provider
from clinic.models.visit_feedback import FeedbackState, VisitFeedback
from clinic.models.visits import Visit, VisitStatus

ON_A_PAGE = 20
# Fewer answers than this say more about who answered than about the doctor.
ENOUGH = 5
AVERAGE = sa.select(sa.func.round(sa.func.avg(VisitFeedback.rating), 2), sa.func.count())
# Doctors whose kept average is not the one of their answers: after answers were removed with their patients.
STALE = sa.text(
    """SELECT p.id FROM providers AS p
         LEFT JOIN (SELECT f.provider_id, round(avg(f.rating), 2) AS rating, count(*) AS answers
                      FROM visit_feedback AS f WHERE f.clinic_id = :clinic_id GROUP BY f.provider_id) AS f
           ON f.provider_id = p.id
        WHERE p.clinic_id = :clinic_id
          AND (p.rating IS DISTINCT FROM f.rating OR p.rating_count <> coalesce(f.answers, 0))
        ORDER BY p.id"""
)


def of_visit(session, visit) -> VisitFeedback | None:
    """What was answered about this visit, if anything was."""
    return session.scalars(sa.select(VisitFeedback).where(VisitFeedback.visit_id == visit.id)).one_or_none()


def is_asked(session, visit) -> bool:
    """Whether the patient is asked how this visit was: it is completed, they live, and have not answered yet."""
    return visit.status == VisitStatus.COMPLETED and not visit.patient.is_deceased and of_visit(session, visit) is None


def average_of(session, provider_id) -> tuple[Decimal | None, int]:
    """The average of everything answered about a doctor's visits, to two digits, and of how many answers."""
    return tuple(session.execute(AVERAGE.where(VisitFeedback.provider_id == provider_id)).one())


def stale(session, clinic_id) -> list:
    """The doctors whose average has to be worked out anew."""
    return list(session.connection().execute(STALE, {"clinic_id": clinic_id}).scalars())


def written(session, number, *, waiting):
    """One page of the comments, newest first, and one more if there is another page; who wrote them is not told."""
    wanted = (
        sa.select(VisitFeedback, Provider.display_name)
        .outerjoin(
            Provider, sa.and_(Provider.clinic_id == VisitFeedback.clinic_id, Provider.id == VisitFeedback.provider_id)
        )
        .where(VisitFeedback.comment.is_not(None))
        .order_by(VisitFeedback.created_at.desc(), VisitFeedback.id)
    )
    if waiting:
        wanted = wanted.where(VisitFeedback.state == FeedbackState.WAITING)
    return session.execute(wanted.offset((number - 1) * ON_A_PAGE).limit(ON_A_PAGE + 1)).all()


def count_waiting(session) -> int:
    """How many comments nobody has read yet, up to a hundred."""
    some = sa.select(VisitFeedback.id).where(VisitFeedback.state == FeedbackState.WAITING).limit(100)
    return session.scalar(sa.select(sa.func.count()).select_from(some.subquery()))


def of_doctor(session, provider_id, number):
    """One page of what was said about a doctor's visits, newest first; comments only that were read and are shown."""
    return session.execute(
        sa.select(
            VisitFeedback.visit_id, VisitFeedback.rating, Visit.starts_at,
            sa.case((VisitFeedback.state == FeedbackState.SHOWN, VisitFeedback.comment)).label("comment"),
        )
        .join(Visit, sa.and_(Visit.clinic_id == VisitFeedback.clinic_id, Visit.id == VisitFeedback.visit_id))
        .where(VisitFeedback.provider_id == provider_id)
        .order_by(VisitFeedback.created_at.desc(), VisitFeedback.id)
        .offset((number - 1) * ON_A_PAGE)
        .limit(ON_A_PAGE + 1)
    ).all()  # fmt: skip
