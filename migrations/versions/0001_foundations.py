"""The database's roles, what compares a doctor's times, and the trigger that keeps updated_at true."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Roles belong to the whole server: they may be here already, made by the supervisor, by an operator who gives this
# migration no right to make them, or by another database.
ROLES = """
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['clinic_app', 'clinic_keeper'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = name) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN', name);
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END;
        IF NOT pg_has_role(current_user, name, 'MEMBER') OR current_setting('server_version_num')::int >= 160000 THEN
            BEGIN
                EXECUTE format('GRANT %I TO CURRENT_USER', name);
            EXCEPTION WHEN insufficient_privilege THEN NULL;
            END;
        END IF;
    END LOOP;
END $$
"""
# The embedded server has no contrib extensions; there a range type over uuid does what btree_gist does elsewhere.
EQUALITY = """
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'btree_gist') THEN
        CREATE EXTENSION IF NOT EXISTS btree_gist;
    ELSE
        CREATE TYPE uuidrange AS RANGE (subtype = uuid);
    END IF;
END $$
"""
TOUCH = """
CREATE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END $$
"""


def upgrade():
    op.execute(ROLES)
    op.execute(EQUALITY)
    op.execute(TOUCH)


def downgrade():
    # The roles stay: another database of the server may work with them.
    op.execute("DROP FUNCTION set_updated_at()")
    op.execute("DROP EXTENSION IF EXISTS btree_gist")
    op.execute("DROP TYPE IF EXISTS uuidrange")
