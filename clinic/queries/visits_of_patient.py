"""A patient's own visits as the portal lists them; the session's scope keeps everybody else's out."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from clinic.db import now, word
from clinic.models.schedule import VisitType
from clinic.models.visits import LIVE, CancelReason, Visit, VisitStatus
from clinic.queries.entries import CLINIC_ID, PATIENT_ID, Source

PAGE = 20
# A visit nobody has closed yet stays among those to come for the rest of its day.
STILL_TODAY = timedelta(hours=12)
THEIR_OWN = (CancelReason.PATIENT, CancelReason.ENTERED_IN_ERROR)
SHOWN = (
    joinedload(Visit.provider),
    joinedload(Visit.visit_type),
    joinedload(Visit.patient),
)
visits, types = Visit.__table__.c, VisitType.__table__.c
# As `Visit.state` has it.
LOST_ITS_YES = (visits.status == VisitStatus.CONFIRMED) & visits.confirmed_at.is_(None)
STATE = sa.case((LOST_ITS_YES, sa.literal(VisitStatus.BOOKED, visits.status.type)), else_=visits.status)
TIMELINE = Source(
    "visit", word("Visit"), word("Visits"), path="/staff/visits/{id}", states=VisitStatus,
    select=sa.select(
        sa.literal("visit").label("kind"), visits.id, visits.starts_at.label("at"),
        types.name.label("title"), STATE.label("state"), visits.id.label("visit_id"), visits.provider_id,
    ).select_from(
        Visit.__table__.outerjoin(
            VisitType.__table__, (types.clinic_id == visits.clinic_id) & (types.id == visits.visit_type_id)
        )
    ).where(
        visits.clinic_id == CLINIC_ID, visits.patient_id == PATIENT_ID,
        visits.cancel_reason.is_distinct_from(CancelReason.ENTERED_IN_ERROR),
    ),
)  # fmt: skip


def _coming():
    called_off = sa.and_(
        Visit.status == VisitStatus.CANCELLED, Visit.cancel_reason.not_in(THEIR_OWN), Visit.starts_at > now()
    )  # fmt: skip
    return sa.or_(sa.and_(Visit.status.in_(LIVE), Visit.starts_at > now() - STILL_TODAY), called_off)


def _listed():
    return sa.or_(Visit.cancel_reason.is_(None), Visit.cancel_reason != CancelReason.ENTERED_IN_ERROR)


def _of(patient_id):
    """Of one patient, where one is named, of all those whom the reader acts for."""
    return Visit.patient_id == patient_id if patient_id else sa.true()


def coming_visits(session, patient_id=None):
    """Visits to come, soonest first, and those the clinic had to call off; at most a hundred."""
    return session.scalars(
        sa.select(Visit)
        .where(_coming(), _of(patient_id))
        .options(*SHOWN)
        .order_by(Visit.starts_at, Visit.id)
        .limit(100)
    ).all()


def past_visits(session, number, patient_id=None):
    """One page of the visits that are over, newest first, and one more if there is another page.

    What was entered by mistake is not among them.
    """
    return session.scalars(
        sa.select(Visit)
        .where(sa.not_(_coming()), _listed(), _of(patient_id))
        .options(*SHOWN)
        .order_by(Visit.starts_at.desc(), Visit.id)
        .offset((number - 1) * PAGE)
        .limit(PAGE + 1)
    ).all()


def own_visit(session, visit_id):
    """One visit of the patient's with doctor, place and type, or None."""
    return session.scalars(sa.select(Visit).where(Visit.id == visit_id, _listed()).options(*SHOWN)).one_or_none()


def visit_already_booked(session, patient_id, provider_id, starts_at):
    """The patient's own live visit at exactly this time with this doctor, if they have it already."""
    return session.scalars(
        sa.select(Visit).where(
            Visit.patient_id == patient_id, Visit.provider_id == provider_id, Visit.starts_at == starts_at,
            Visit.status.in_(LIVE),
        ).limit(1)
    ).first()  # fmt: skip
