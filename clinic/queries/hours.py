"""A doctor's hours as their page shows them."""

from datetime import date

import sqlalchemy as sa

from clinic.models.organizations import Location
from clinic.models.schedule import Availability


def weekly(session, provider_id, today: date):
    """The weekly hours that count now or later, as (row, name of the place), by weekday and time."""
    return _rows(
        session,
        Availability.provider_id == provider_id,
        Availability.weekday.is_not(None),
        sa.or_(Availability.valid_until.is_(None), Availability.valid_until >= today),
    )


def dated(session, provider_id, today: date):
    """The hours of single days still to come, as (row, name of the place), by day and time."""
    return _rows(session, Availability.provider_id == provider_id, Availability.on_date >= today)


def _rows(session, *conditions):
    place = sa.func.coalesce(Location.name, Availability.location)
    return session.execute(
        sa.select(Availability, place.label("place"))
        .outerjoin(
            Location, sa.and_(Location.clinic_id == Availability.clinic_id, Location.id == Availability.location_id)
        )
        .where(*conditions)
        .order_by(Availability.weekday, Availability.on_date, Availability.start_time, Availability.id)
        .limit(500)
    ).all()
