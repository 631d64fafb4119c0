"""Migrations: one line of them, both ways, and at their end the database is what the models say."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import downgrade, upgrade
from sqlalchemy import create_engine, text

from clinic import create_app
from clinic.config import HOME, Config
from clinic.db import Base
from tests.databases import scratch_database


def test_there_is_one_head_and_every_migration_says_in_a_sentence_what_it_is_for():
    scripts = ScriptDirectory(str(HOME / "migrations"))
    assert len(scripts.get_heads()) == 1
    for revision in scripts.walk_revisions():
        assert revision.doc and revision.doc.endswith(".")


def test_down_to_nothing_and_up_again_ends_where_the_models_are(server):
    with scratch_database(server) as environment:
        app = create_app(Config(**environment, SECRET_KEY="x"))
        with app.app_context():
            upgrade()
            downgrade(revision="base")
            engine = create_engine(environment["DATABASE_OWNER_URL"])
            with engine.connect() as connection:
                left = connection.execute(
                    text("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                         " AND relkind IN ('r', 'p', 'S') AND relname <> 'alembic_version'")
                ).scalar()  # fmt: skip
                assert left == 0
            upgrade()
            with engine.connect() as connection:
                assert _differences(connection) == []
            engine.dispose()


def _differences(connection):
    def is_ours(thing, name, kind, reflected, compare_to):
        table = name if kind == "table" else getattr(getattr(thing, "table", None), "name", "")
        return not table.startswith(("procrastinate_", "audit_entries_", "measurements_"))

    context = MigrationContext.configure(connection, opts={"include_object": is_ours, "compare_type": True})
    return compare_metadata(context, Base.metadata)
