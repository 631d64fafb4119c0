"""What the tests of the public pages share."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from clinic.models.audit import AuditEntry
from tests.letters import Post


@pytest.fixture
def whole_log(superuser, app):
    """Every audit entry, also those outside any clinic, which nobody in one can read."""
    from clinic.db import db

    engine = sa.create_engine(superuser.url.set(database=db.engine.url.database))
    table = AuditEntry.__table__
    began = datetime.now(UTC)

    def entries(action):
        with engine.connect() as connection:
            wanted = sa.select(table).where(table.c.action == action, table.c.created_at >= began)
            return connection.execute(wanted.order_by(table.c.created_at)).all()

    yield entries
    engine.dispose()


@pytest.fixture
def post(app, clean, superuser, tmp_path, monkeypatch):
    """The mails of a trial: kept in a folder instead of sent, once the jobs that write them are done."""
    from clinic.db import db

    monkeypatch.setitem(app.config, "MAIL_FOLDER", str(tmp_path / "mail"))
    with app.app_context():
        engine = sa.create_engine(superuser.url.set(database=db.engine.url.database))
    yield Post(app, engine, tmp_path / "mail")
    engine.dispose()
