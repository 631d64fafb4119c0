"""What calendars outside show: whose feeds there are, and the visits in one, as few words as will do."""

from datetime import timedelta

import sqlalchemy as sa

from clinic.db import now
from clinic.models.accounts import Membership, Role, User, UserStatus
from clinic.models.calendar_feeds import BusySource, CalendarFeed
from clinic.models.patients import Patient, PatientAccess
from clinic.models.providers import Provider
from clinic.models.visits import CancelReason, EventKind, Visit, VisitEvent, VisitStatus

# A program that looks in once in a while still learns what was called off.
PAST, AHEAD = timedelta(days=30), timedelta(days=400)
MOST = 2000
MOST_SOURCES = 5
S = VisitStatus
STATUSES = {S.REQUESTED: "TENTATIVE", S.CANCELLED: "CANCELLED"}


def live_feed(session, user_id, *, provider_id=None, patient_id=None) -> CalendarFeed | None:
    """Somebody's own feed of a doctor's or a patient's visits, if there is one."""
    return session.scalars(
        sa.select(CalendarFeed).where(
            CalendarFeed.user_id == user_id, CalendarFeed.ended_at.is_(None),
            CalendarFeed.provider_id.is_not_distinct_from(provider_id),
            CalendarFeed.patient_id.is_not_distinct_from(patient_id),
        )
    ).one_or_none()  # fmt: skip


def found(session, token_hash) -> CalendarFeed | None:
    """The feed of this token, if whoever made it may still see these visits; the session sees its whole clinic."""
    feed = session.scalars(
        sa.select(CalendarFeed).where(CalendarFeed.token_hash == token_hash, CalendarFeed.ended_at.is_(None))
    ).one_or_none()
    return feed if feed is not None and session.scalar(_may_see(feed)) else None


def _may_see(feed):
    user = sa.exists().where(User.id == feed.user_id, User.status == UserStatus.ACTIVE)
    if feed.provider_id:
        doctor = sa.exists().where(
            Provider.id == feed.provider_id, Provider.clinic_id == feed.clinic_id, Provider.user_id == feed.user_id,
            Membership.clinic_id == Provider.clinic_id, Membership.user_id == Provider.user_id,
            Membership.role == Role.DOCTOR,
            Membership.ended_at.is_(None),
        )  # fmt: skip
        return sa.select(user & doctor)
    patient = sa.exists().where(
        Patient.id == feed.patient_id, Patient.clinic_id == feed.clinic_id, Patient.deceased_at.is_(None),
        Patient.merged_into_id.is_(None), Patient.erased_at.is_(None), Patient.deleted_at.is_(None),
        PatientAccess.clinic_id == Patient.clinic_id, PatientAccess.patient_id == Patient.id,
        PatientAccess.user_id == feed.user_id,
        sa.or_(PatientAccess.until.is_(None), PatientAccess.until > sa.func.now()),
    )  # fmt: skip
    return sa.select(user & patient)


# How often its reader had to learn something new: it only grows, since the history only grows.
SEQUENCE = (
    sa.select(sa.func.count())
    .where(
        VisitEvent.clinic_id == Visit.clinic_id, VisitEvent.visit_id == Visit.id,
        sa.or_(
            VisitEvent.kind.in_((EventKind.MOVED, EventKind.UNDONE)), VisitEvent.to_status == S.CANCELLED,
            sa.and_(VisitEvent.from_status == S.REQUESTED, VisitEvent.to_status == S.BOOKED),
        ),
    )
    .scalar_subquery()
)  # fmt: skip


def visits_in(session, feed):
    """The visits of a feed, soonest first: id, times, status, mode, doctor, when changed, and how often."""
    whose = Visit.provider_id == feed.provider_id if feed.provider_id else Visit.patient_id == feed.patient_id
    return session.execute(
        _shown()
        .where(
            whose, Visit.starts_at > now() - PAST, Visit.starts_at < now() + AHEAD, Visit.ends_at > Visit.starts_at,
            sa.or_(Visit.cancel_reason.is_(None), Visit.cancel_reason != CancelReason.ENTERED_IN_ERROR),
        )
        .order_by(Visit.starts_at, Visit.id)
        .limit(MOST)
    ).all()  # fmt: skip


def visit_in(session, visit_id):
    """One visit as a row of ``visits_in``."""
    return session.execute(_shown().where(Visit.id == visit_id)).one_or_none()


def _shown():
    columns = (Visit.id, Visit.starts_at, Visit.ends_at, Visit.status, Visit.visit_mode, Visit.updated_at,
               Visit.slot_id, Visit.provider_id)  # fmt: skip
    doctor = sa.select(Provider.display_name).where(
        Provider.clinic_id == Visit.clinic_id, Provider.id == Visit.provider_id
    )  # fmt: skip
    return sa.select(*columns, doctor.scalar_subquery().label("doctor"), SEQUENCE.label("sequence"))


def busy_sources(session, provider_id):
    """The doctor's own calendars that are read, oldest first."""
    wanted = sa.select(BusySource).where(BusySource.provider_id == provider_id, BusySource.removed_at.is_(None))
    return session.scalars(wanted.order_by(BusySource.created_at, BusySource.id).limit(MOST_SOURCES)).all()


def due_sources(session):
    """The ids of the clinic's calendars that are to be read again."""
    wanted = sa.select(BusySource.id).where(BusySource.removed_at.is_(None), BusySource.due_at <= sa.func.now())
    return session.scalars(wanted.order_by(BusySource.due_at).limit(MOST)).all()
