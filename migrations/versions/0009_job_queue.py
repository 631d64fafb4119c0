"""The job queue's own tables, as the pinned procrastinate makes them."""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# What procrastinate made is known by its name; functions first, then tables, then types.
DROP = """
DO $$
DECLARE thing record;
BEGIN
    FOR thing IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'procrastinate_%' LOOP
        EXECUTE format('DROP TABLE IF EXISTS %I CASCADE', thing.tablename);
    END LOOP;
    FOR thing IN SELECT oid::regprocedure AS name FROM pg_proc
                  WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'procrastinate_%' LOOP
        EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', thing.name);
    END LOOP;
    FOR thing IN SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace
                  AND typname LIKE 'procrastinate_%' AND typtype IN ('e', 'c') LOOP
        EXECUTE format('DROP TYPE IF EXISTS %I CASCADE', thing.typname);
    END LOOP;
END $$
"""


def upgrade():
    # Its functions and comments hold per cent signs and colons, so it goes to the driver as it is.
    op.get_bind().connection.driver_connection.execute(SchemaManager.get_schema())
    op.execute(
        """
        DO $$
        DECLARE thing record;
        BEGIN
            FOR thing IN SELECT tablename FROM pg_tables
                          WHERE schemaname = 'public' AND tablename LIKE 'procrastinate_%' LOOP
                EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO clinic_app', thing.tablename);
            END LOOP;
        END $$
        """
    )
    op.execute("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO clinic_app")


def downgrade():
    op.execute(DROP)
