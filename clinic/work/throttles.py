"""Jobs about throttles."""

from clinic.actions import throttles
from clinic.work.handlers import handles


@handles("throttles.purge", cron="17 * * * *")
def purge(session, *, by):
    """Delete the buckets whose windows are over; nothing depends on it but the size of the table."""
    throttles.purge(session)
