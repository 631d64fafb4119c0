"""Jobs about the waiting list: offering what became free, and letting go of those whose days are over."""

from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from clinic.actions import request_offers, waitlist, waitlist_offers
from clinic.models.organizations import Clinic
from clinic.queries.waitlist import Freed, over
from clinic.scope import Scope
from clinic.walltime import today
from clinic.work.handlers import handles

# Loaded here so that answers given to the worker, too, find what they mean for a request.
PURPOSES = (waitlist_offers, request_offers)


@handles("waitlist.offer")
def offer(session, *, by, provider_id, starts_at: datetime, ends_at: datetime):
    """Offer a doctor's free time to the next in line; what was booked meanwhile is not free any more."""
    waitlist_offers.refill(session, Freed(by.clinic_id, provider_id, starts_at, ends_at), by=by)


@handles("waitlist.expire", cron="17 3 * * *")
def expire(session, *, by):
    """Take those off the list of every clinic whose days are past, or who have what they waited for."""
    for clinic_id, timezone in session.execute(sa.select(Clinic.id, Clinic.timezone)).all():
        session.enter(Scope.staff(clinic_id))
        for entry in over(session, today(ZoneInfo(timezone))):
            waitlist.expire(entry, by=by)
