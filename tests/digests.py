"""What all tables hold, in one word each: to see that a request changed nothing."""

import sqlalchemy as sa

# A request may leave these behind whatever it asked: somebody was there, somebody looked, somebody tried.
TRACES = ("user_sessions", "audit_entries", "throttles")
# And these columns: when a patient looked the last time is noted by looking.
LOOKED = {"patient_access": "looked_at, looked_before_at, updated_at"}
NAMES = """SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'
   AND tablename NOT LIKE 'audit_entries_%' ORDER BY 1"""


def digests(superuser, but=TRACES) -> dict:
    """A digest of every table of the application's, but for those named."""
    with superuser.connect() as connection:
        names = [name for name in connection.execute(sa.text(NAMES)).scalars() if name not in but]
        digest = "md5(coalesce(string_agg({row}, '' ORDER BY {row}), ''))"
        rows = {name: f"(to_jsonb(t) - '{{{columns}}}'::text[])::text" for name, columns in LOOKED.items()}
        each = (f"SELECT '{name}', {digest.format(row=rows.get(name, 't::text'))} FROM {name} AS t" for name in names)
        return dict(connection.exec_driver_sql(" UNION ALL ".join(each)).all())
