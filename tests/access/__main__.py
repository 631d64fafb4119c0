"""Ask everything and write docs/access-matrix.csv anew (`make access`); look at what changed before committing it."""

from sqlalchemy import create_engine

from clinic import create_app
from clinic.config import Config
from tests.access.askers import ROLES
from tests.access.asking import Stage, lines_of
from tests.access.matrix import freeze
from tests.conftest import SECRET_KEY, SECRET_KEYS
from tests.databases import migrated, scratch_folder, scratch_server

KEYS = {"SECRET_KEY": SECRET_KEY, "SECRET_KEYS": SECRET_KEYS}


def main():
    """Every role on an empty database of its own."""
    with scratch_folder() as files, scratch_server() as server:
        app = create_app(Config(**server.environment(), **KEYS, DATABASE_POOL=8, DOCUMENTS_URL=files.as_uri()))
        migrated(app)
        root = create_engine(server.url("postgres"), isolation_level="AUTOCOMMIT")
        with app.app_context():
            lines = [line for role in ROLES for line in lines_of(Stage(app, root), role)]
    freeze(lines)
    print(f"docs/access-matrix.csv: {len(lines)} lines")


main()
