"""What migrations say again and again: who owns a table, whose rows the application sees, what it may not do.

Every clinic-owned table goes through ``protect``; the rule tests fail for one that did not.
"""

import sqlalchemy as sa
from alembic import op

CLINIC = "(SELECT nullif(current_setting('app.clinic_id', true), '')::uuid)"
USER = "(SELECT nullif(current_setting('app.user_id', true), '')::uuid)"
# NULL for staff, who see every patient of their clinic.
PATIENTS = "(SELECT nullif(current_setting('app.patient_ids', true), '')::uuid[])"
EVERYBODY = f"{PATIENTS} IS NULL"


def grant(table, rights="SELECT, INSERT, UPDATE"):
    """Let the application's role use the table; append-only tables get no UPDATE, few get DELETE."""
    op.execute(f"GRANT {rights} ON {table} TO clinic_app")


def touch(table):
    """Keep ``updated_at`` true, whoever writes."""
    op.execute(
        f"CREATE TRIGGER {table}_touched BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION set_updated_at()"
    )


def protect(table, rights="SELECT, INSERT, UPDATE", patient=None):
    """Close the table to everybody outside its clinic, the owner too.

    ``patient`` is the SQL that says which rows a portal sees: a condition over ``PATIENTS``, or None where the rows
    are nobody's data.
    """
    grant(table, rights)
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY of_clinic ON {table} USING (clinic_id = {CLINIC})")
    if patient:
        op.execute(f"CREATE POLICY of_patient ON {table} AS RESTRICTIVE USING ({EVERYBODY} OR {patient})")


def own_patient(column="patient_id"):
    """The condition of a row that names its patient."""
    # The cast makes PostgreSQL read the subquery as one array, not as rows.
    return f"{column} = ANY ({PATIENTS}::uuid[])"


def through(table, parent, column):
    """The condition of a row that is seen if and only if its parent is."""
    return (
        f"EXISTS (SELECT 1 FROM {parent} AS parent WHERE parent.clinic_id = {table}.clinic_id"
        f" AND parent.id = {table}.{column})"
    )


def keep_held(table, patient, command="DELETE"):
    """Keep what is about a patient under a legal hold from the keeper; ``patient`` is the SQL of that patient's id.

    A table about patients that the keeper may delete from goes through this; the rule tests fail for one that did not.
    """
    name = "held" if command == "DELETE" else f"held_{command.lower()}"
    op.execute(
        f"CREATE POLICY {name} ON {table} AS RESTRICTIVE FOR {command} TO clinic_keeper USING (NOT EXISTS ("
        f"SELECT 1 FROM legal_holds AS hold WHERE hold.clinic_id = {table}.clinic_id AND hold.ended_at IS NULL"
        f" AND hold.patient_id = {patient}))"
    )


def no_overlap(table, name, column, condition):
    """Forbid two rows of one ``column`` to overlap in ``[busy_from, busy_until)``, but for those outside ``condition``.

    With btree_gist the key is compared as it is; a server without contrib extensions compares a range of one uuid.
    """
    has_btree_gist = op.get_bind().exec_driver_sql("SELECT 1 FROM pg_extension WHERE extname = 'btree_gist'").scalar()
    key = f"clinic_id WITH =, {column} WITH =" if has_btree_gist else f"uuidrange({column}, {column}, '[]') WITH &&"
    op.execute(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} EXCLUDE USING gist"
        f" ({key}, tstzrange(busy_from, busy_until) WITH &&) WHERE ({condition})"
    )


def own_columns(table):
    """The columns and keys that every table of a clinic has: whose the row is, its id, when it was made and changed."""
    return (
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *moments(),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name=f"fk_{table}_clinic_id"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f(f"pk_{table}")),
    )


def moments():
    """When a row was made and last changed."""
    return [
        sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
        for name in ("created_at", "updated_at")
    ]


def refers(table, column, other, **options):
    """A key into another table of the same clinic's."""
    return sa.ForeignKeyConstraint(
        ["clinic_id", column], [f"{other}.clinic_id", f"{other}.id"], name=op.f(f"fk_{table}_clinic_id_{column}"),
        **options,
    )  # fmt: skip
