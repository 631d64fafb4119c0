"""What the screens about doctors ask: the list, who could be linked, what they offer, which visits are to come."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from clinic.db import now
from clinic.models.accounts import Membership, Role, TokenPurpose, User, UserToken
from clinic.models.organizations import Location
from clinic.models.providers import Provider, ProviderVisitType
from clinic.models.schedule import Availability, AvailabilityStatus, VisitType
from clinic.models.visits import LIVE, Visit

# A clinic has some dozens of doctors; a list longer than this is somebody's mistake.
MOST = 500


def listed(session, only=None):
    """The clinic's doctors by name, each with how many visit types they offer and whether they have any hours.

    ``only`` is the id of the one doctor to show, for a doctor who sees their own row.
    """
    offers = sa.select(sa.func.count()).select_from(ProviderVisitType).where(
        ProviderVisitType.provider_id == Provider.id, ProviderVisitType.clinic_id == Provider.clinic_id
    )  # fmt: skip
    hours = sa.exists().where(
        Availability.provider_id == Provider.id, Availability.clinic_id == Provider.clinic_id,
        Availability.status == AvailabilityStatus.ACTIVE,
    )  # fmt: skip
    asked = (
        sa.select(Provider, offers.scalar_subquery().label("offers"), hours.label("has_hours"))
        .options(joinedload(Provider.location))
        .order_by(Provider.is_active.desc(), Provider.display_name, Provider.id)
        .limit(MOST)
    )
    return session.execute(asked if only is None else asked.where(Provider.id == only)).all()


def visit_types(session):
    """Every visit type in the clinic's order, the inactive ones last."""
    order = (VisitType.is_active.desc(), VisitType.position, VisitType.name)
    return session.scalars(sa.select(VisitType).order_by(*order).limit(MOST)).all()


def types_with_doctors(session) -> dict:
    """The visit types that doctors offer: {id: whether any of these can be booked}."""
    can_be_booked = sa.func.bool_or(sa.and_(Provider.approved_at.is_not(None), Provider.is_active))
    asked = sa.select(ProviderVisitType.visit_type_id, can_be_booked).join(ProviderVisitType.provider)
    return dict(session.execute(asked.group_by(ProviderVisitType.visit_type_id)).all())


def names(session, *, bookable=False):
    """The id and name of every doctor who works here, or only of those for whom visits can be booked."""
    asked = sa.select(Provider.id, Provider.display_name).where(Provider.is_active)
    if bookable:
        asked = asked.where(Provider.approved_at.is_not(None))
    return session.execute(asked.order_by(Provider.display_name, Provider.id).limit(MOST)).all()


def offering(session, visit_type_id):
    """The ids of the doctors who offer the type."""
    asked = sa.select(ProviderVisitType.provider_id).where(ProviderVisitType.visit_type_id == visit_type_id)
    return session.scalars(asked).all()


def locations(session):
    """The clinic's places by name."""
    return session.scalars(sa.select(Location).order_by(Location.name, Location.id).limit(MOST)).all()


def of_user(session, user_id):
    """The doctor who signs in as this person, or None."""
    return session.scalars(sa.select(Provider).where(Provider.user_id == user_id)).one_or_none()


def doctors_accounts(session, clinic_id, also=None):
    """The colleagues with the doctor role or invited to it, as (id, name), and the one who is linked already."""
    doctors = sa.select(Membership.user_id).where(Membership.role == Role.DOCTOR, Membership.ended_at.is_(None))
    users = session.scalars(
        sa.select(User)
        .where(sa.or_(User.id.in_(doctors), User.id.in_(_invited_doctors(clinic_id)), User.id == also))
        .order_by(User.last_name, User.first_name, User.id)
        .limit(MOST)
    )
    return [(user.id, f"{user.name} ({user.email})") for user in users]


def _invited_doctors(clinic_id):
    return sa.select(UserToken.user_id).where(
        UserToken.clinic_id == clinic_id, UserToken.purpose == TokenPurpose.INVITE, UserToken.role == Role.DOCTOR,
        UserToken.used_at.is_(None), UserToken.expires_at > now(),
    )  # fmt: skip


def _to_come(provider_id):
    return (Visit.provider_id == provider_id, Visit.status.in_(LIVE), Visit.starts_at >= now())


def coming_visits(session, provider_id) -> int:
    """How many visits the doctor has still to come."""
    return session.scalar(sa.select(sa.func.count()).select_from(Visit).where(*_to_come(provider_id)))


@dataclass(frozen=True, slots=True)
class ComingDay:
    """One day of the clinic's calendar and how many of the doctor's visits are on it."""

    day: date
    visits: int


def coming_days(session, provider_id: UUID, zone: str, most=30):
    """The next days on which the doctor has visits."""
    return _days(session, zone, *_to_come(provider_id), most=most)


def days_of(session, visit_ids, zone: str):
    """The days on which these visits are."""
    return _days(session, zone, Visit.id.in_(visit_ids)) if visit_ids else []


def _days(session, zone, *which, most=None):
    day = sa.cast(sa.func.timezone(zone, Visit.starts_at), sa.Date).label("day")
    inner = sa.select(day).where(*which).subquery()
    asked = sa.select(inner.c.day, sa.func.count()).group_by(inner.c.day).order_by(inner.c.day).limit(most)
    return [ComingDay(*row) for row in session.execute(asked)]
