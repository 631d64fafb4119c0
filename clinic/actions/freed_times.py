"""Times that became free: told to the waiting list in the transaction that frees them, and only if somebody waits."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from clinic import jobs
from clinic.db import now
from clinic.models.organizations import Clinic
from clinic.queries.hours import waited_for
from clinic.walltime import today

# A look into an index, so that the busiest paths hardly feel it.
SOMEBODY_WAITS = sa.text("SELECT clock_timestamp() WHERE somebody_waits()")
# A cancellation can be taken back while its time is still free: whoever clicked on the wrong line has a minute.
GRACE = timedelta(minutes=1)


def tell_waitlist(session, clinic_id, provider_id, starts_at, ends_at, *, after=GRACE):
    """Let the waiting list look at a doctor's time that is free now, between two instants, once the session commits."""
    if provider_id is None or ends_at is None or ends_at <= now():
        return
    moment = session.connection().execute(SOMEBODY_WAITS).scalar()
    if moment is not None:
        jobs.put(
            session, "waitlist.offer", at=moment + after, clinic_id=clinic_id, provider_id=provider_id,
            starts_at=starts_at.isoformat(), ends_at=ends_at.isoformat(),
        )  # fmt: skip


def tell_waitlist_of_hours(session, provider, row_id, on_date=None):
    """Let the waiting list look at hours that count now, one day after the other, once the session commits.

    With ``on_date`` at all hours of that date as well: those that replaced its weekly ones are gone.
    """
    zone = session.get(Clinic, provider.clinic_id).timezone
    session.flush()
    for opens, closes in waited_for(session, provider, row_id, zone, today(ZoneInfo(zone)), on_date):
        tell_waitlist(session, provider.clinic_id, provider.id, opens, closes)
