"""How migrations run: as the database's owner, with short patience for locks, one transaction each."""

from alembic import context
from flask import current_app
from sqlalchemy import create_engine, pool, text

from clinic.db import Base


def include_object(thing, name, kind, reflected, compare_to):
    """Leave alone what the models do not describe: the job queue's tables and the audit log's monthly partitions."""
    if kind == "table":
        return not name.startswith(("procrastinate_", "audit_entries_"))
    if kind == "index" and reflected:
        return not thing.table.name.startswith(("procrastinate_", "audit_entries_"))
    return True


def run():
    """Run the migrations on the owner's address, or on the connection a test hands over."""
    connection = context.config.attributes.get("connection")
    if connection is not None:
        _migrate(connection)
        return
    engine = create_engine(current_app.config["DATABASE_OWNER_URL"], poolclass=pool.NullPool)
    with engine.connect() as connection:
        _migrate(connection)


def _migrate(connection):
    # A migration that waits for a lock makes everyone behind it wait; rather give up and be run again.
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.commit()
    context.configure(
        connection=connection, target_metadata=Base.metadata, include_object=include_object,
        transaction_per_migration=True,
    )  # fmt: skip
    with context.begin_transaction():
        context.run_migrations()


run()
