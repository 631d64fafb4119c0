"""What every test stands on: a real PostgreSQL, the real application, and the cast of two clinics.

Each worker has its own server and one database; what a test committed is deleted after it. Nothing is rolled back
behind the application's back, so a test may commit, race, listen and restart as the product does.
"""

import pytest
from sqlalchemy import create_engine

from clinic import create_app
from clinic.config import Config
from clinic.db import db
from tests.at_once import RACED, notice_races
from tests.cast import Cast
from tests.databases import emptied, migrated, scratch_folder, scratch_server
from tests.live_server import SECRET_KEY, SECRET_KEYS
from tests.races.invariants import broken
from tests.visitor import Visitor


@pytest.fixture(scope="session")
def server():
    """The database server of this worker."""
    with scratch_server() as running:
        yield running


@pytest.fixture(scope="session", autouse=True)
def kept_files():
    """Where everything that a test starts keeps files: a folder that is gone afterwards."""
    with scratch_folder() as folder, pytest.MonkeyPatch.context() as environment:
        environment.setenv("DOCUMENTS_URL", folder.as_uri())
        yield folder


@pytest.fixture(scope="session")
def config(server, kept_files):
    """The application's settings in tests: the product's own, on the scratch server."""
    return Config(**server.environment(), SECRET_KEY=SECRET_KEY, SECRET_KEYS=SECRET_KEYS, DATABASE_POOL=8)


@pytest.fixture(scope="session")
def app(config):
    """The application over a migrated database."""
    application = create_app(config)
    application.config["PROPAGATE_EXCEPTIONS"] = True
    migrated(application)
    with application.app_context():
        notice_races(db.engine)
    yield application
    with application.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def superuser(server):
    """An engine past every rule, for looking at what is really there and for cleaning up."""
    engine = create_engine(server.url("postgres"), isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


@pytest.fixture
def clean(app, superuser):
    """Whatever a test leaves behind is gone after it."""
    yield
    emptied(app, superuser)


@pytest.fixture
def cast(app, clean, server, request):
    """The people of Rose Street, and of Harbour, where the strangers are.

    After every race and every fault `flask check` finds nothing, but where a test broke something on purpose. Tests on
    a stage of their own ask it there (tests/races/stage.py).
    """
    RACED.clear()
    with app.app_context():
        yield Cast.enter()
    if request.node.get_closest_marker("breaks"):
        return
    if RACED.is_set() or request.path.parent.name == "faults":
        assert not (left := broken(server.url("postgres"))), left


@pytest.fixture
def session(app, cast):
    """A session in the scope of Rose Street's staff."""
    opened = db.session()
    opened.enter(cast.scope)
    yield opened
    opened.rollback()


def _visitor(who):
    @pytest.fixture(name=who)
    def visitor(app, cast):
        return Visitor(app, getattr(cast, who))

    visitor.__doc__ = f"A browser in which {who} is signed in."
    return visitor


ines = _visitor("ines")
amara = _visitor("amara")
osei = _visitor("osei")
lind = _visitor("lind")
maya = _visitor("maya")
stranger = _visitor("stranger")


@pytest.fixture
def nobody(app, cast):
    """A browser in which nobody is signed in."""
    return Visitor(app, None)


@pytest.fixture
def figure(record_property):
    """Tell the security report the number a promise was kept with: ``figure("50 at once, 1 accepted")``."""
    return lambda words: record_property("figure", words)
