"""Removing a closed clinic's rows for good, as the keeper; who asks has checked that their time is over."""

from clinic.queries.exports import clinics_tables
from clinic.work.keeper import keeper

# A person's own rows that name the clinic: they lead nowhere any more.
PERSONS_OWN = ("kept_forms", "user_tokens", "user_sessions")


def purge(clinic_id) -> dict[str, int]:
    """Delete all of it in one transaction, children first; how many rows went from each table. The audit log stays."""
    tables = [name for name in reversed(clinics_tables()) if not name.startswith("audit_")]
    with keeper(clinic_id) as connection:
        removed = {
            table: connection.execute(f"DELETE FROM {table} WHERE clinic_id = %s", [clinic_id]).rowcount
            for table in (*PERSONS_OWN, *tables)
        }
    return {table: count for table, count in removed.items() if count}
