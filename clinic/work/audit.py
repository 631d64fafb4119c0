"""Jobs about the audit log."""

from clinic.actions import seals
from clinic.actions.acting import audit
from clinic.work.handlers import handles
from clinic.work.keeper import keeper_of_the_log

MONTHS_AHEAD = 12


@handles("audit.partitions", cron="23 2 * * *")
def ensure_partitions(session, *, by):
    """Make the audit log's partitions of the coming year, as the keeper; the run itself is audited."""
    with keeper_of_the_log() as keeper:
        made = keeper.execute("SELECT ensure_audit_partitions(%s)", [MONTHS_AHEAD]).fetchone()[0]
    audit(session, "audit.ensure_partitions", by=by, details={"months_ahead": MONTHS_AHEAD, "made": made})


@handles("audit.seal", cron="*/5 * * * *")
def seal(session, *, by):
    """Seal what was written since the last run."""
    with keeper_of_the_log() as keeper:
        seals.seal(keeper)


@handles("audit.seal_late", cron="47 2 * * *")
def seal_late(session, *, by):
    """Seal whatever is not sealed yet, however old it is."""
    with keeper_of_the_log() as keeper:
        seals.seal(keeper, everything=True)
