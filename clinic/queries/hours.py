"""A doctor's hours: as their page shows them, and from when to when they are on the days somebody waits for."""

from datetime import date

import sqlalchemy as sa

from clinic.models.organizations import Location
from clinic.models.schedule import Availability
from clinic.queries.open_parts import CLOSES, ON_DAY, OPENS

# No day counts that nobody waits for or that no visit type can be booked for yet.
WAITED_FOR = sa.text(
    f"""SELECT {OPENS} AS opens, {CLOSES} AS closes
  FROM (SELECT greatest(min(w.earliest_on), CAST(:today AS date)) AS first_day, least(max(w.latest_on), (
               SELECT CAST(:today AS date) + max(t.horizon_days) FROM visit_types AS t
                WHERE t.clinic_id = :clinic_id AND t.is_active)) AS last_day
          FROM waitlist_entries AS w
         WHERE w.clinic_id = :clinic_id AND w.status IN ('waiting', 'offered')
           AND coalesce(CAST(:provider_id AS uuid) = ANY (w.provider_ids), true)
        HAVING count(*) > 0) AS waited
 CROSS JOIN LATERAL (
       SELECT waited.first_day + n AS day FROM generate_series(0, waited.last_day - waited.first_day) AS n) AS d
  JOIN availabilities AS a
    ON a.clinic_id = :clinic_id AND a.provider_id = :provider_id AND a.status = 'active'
   AND {ON_DAY.format(day="d.day")}
 WHERE (a.id = :row_id OR d.day = CAST(:on_date AS date)) AND {OPENS} < {CLOSES}
 ORDER BY 1"""
)


def weekly(session, provider_id, today: date):
    """The weekly hours that count now or later, as (row, name of the place), by weekday and time."""
    return _rows(session, Availability.provider_id == provider_id, *_lasting_weekly(today))


def dated(session, provider_id, today: date):
    """The hours of single days still to come, as (row, name of the place), by day and time."""
    return _rows(session, Availability.provider_id == provider_id, Availability.on_date >= today)


def to_come(session, provider_id, today: date, status) -> list[Availability]:
    """The rows of this status that count now or later, weekly and of single days, the earliest first."""
    return session.scalars(
        sa.select(Availability)
        .where(Availability.provider_id == provider_id, Availability.status == status)
        .where(sa.or_(sa.and_(*_lasting_weekly(today)), Availability.on_date >= today))
        .order_by(Availability.weekday, Availability.on_date, Availability.start_time, Availability.id)
    ).all()


def _lasting_weekly(today):
    """What is true of weekly hours that count now or later."""
    yield Availability.weekday.is_not(None)
    yield sa.or_(Availability.valid_until.is_(None), Availability.valid_until >= today)


def waited_for(session, provider, row_id, zone: str, today: date, on_date=None) -> list:
    """From when to when (opens, closes) these hours are, and all of the date, on the days that somebody waits for."""
    facts = {
        "clinic_id": provider.clinic_id, "provider_id": provider.id, "row_id": row_id, "zone": zone, "today": today,
        "on_date": on_date,
    }  # fmt: skip
    return session.connection().execute(WAITED_FOR, facts).all()


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
