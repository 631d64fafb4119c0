"""Jobs about measured values."""

from clinic.actions.acting import audit
from clinic.work.handlers import handles
from clinic.work.keeper import keeper

YEARS_AHEAD = 2


@handles("measurements.partitions", cron="29 2 * * *")
def ensure_partitions(session, *, by):
    """Make room for the values of the coming years, as the keeper; where anything was made, that is audited."""
    with keeper() as connection:
        made = connection.execute("SELECT ensure_measurement_partitions(%s)", [YEARS_AHEAD]).fetchone()[0]
    if made:
        audit(session, "measurements.ensure_partitions", by=by, details={"years_ahead": YEARS_AHEAD, "made": made})
