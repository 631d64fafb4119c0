"""Jobs about the audit log."""

import psycopg
from flask import current_app

from clinic.actions.acting import audit
from clinic.work.handlers import handles

MONTHS_AHEAD = 12


@handles("audit.partitions", cron="23 2 * * *")
def ensure_partitions(session, *, by):
    """Make the audit log's partitions of the coming year, as the keeper; the run itself is audited."""
    address = current_app.config["DATABASE_KEEPER_URL"].replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(address, connect_timeout=10) as keeper:
        keeper.execute("SET ROLE clinic_keeper")
        made = keeper.execute("SELECT ensure_audit_partitions(%s)", [MONTHS_AHEAD]).fetchone()[0]
    audit(session, "audit.ensure_partitions", by=by, details={"months_ahead": MONTHS_AHEAD, "made": made})
