"""The audit log's screens find their entries by an index, as the application's own role sees them."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from clinic import create_app
from clinic.config import Config
from clinic.db import db
from clinic.models.audit import Decision
from clinic.queries.audit import ON_A_PAGE, Question, openings
from clinic.scope import Scope
from tests.databases import migrated_database
from tests.live_server import database_name

# Of a month without entries the database reads all there is.
READ_WHOLE = re.compile(r"Seq Scan on audit_entries_\S+ .*rows=(\d+)")
CLINIC, ACTOR = UUID(int=0xAA), UUID(int=7)
PATIENT = UUID(hashlib.md5(b"77", usedforsecurity=False).hexdigest())
# Enough that reading all of them is never the cheapest way.
FILL = """
INSERT INTO audit_entries (clinic_id, id, created_at, actor_id, action, decision, resource_type, resource_id,
                           patient_id, changes, metadata)
SELECT CAST(:clinic AS uuid), gen_random_uuid(), now() - n * interval '20 seconds', lpad((n % 30)::text, 32, '0')::uuid,
       'patients.open', CASE WHEN n % 1000 = 0 THEN 'refused' ELSE 'allowed' END, 'patients',
       md5((n % 5000)::text)::uuid, md5((n % 5000)::text)::uuid, '{}', '{"page": "staff.patients.show"}'
  FROM generate_series(1, 40000) AS n"""
SINCE, UNTIL = (datetime.now(UTC) + timedelta(days=days) for days in (-300, 1))


@pytest.fixture(scope="module")
def log(server):
    """A session of the staff's in a clinic with forty thousand entries."""
    with migrated_database(server) as addresses:
        app = create_app(Config(**addresses, SECRET_KEY="x", DATABASE_POOL=1))
        engine = sa.create_engine(server.url("postgres", database_name(addresses)), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(FILL), {"clinic": str(CLINIC)})
            connection.execute(sa.text("ANALYZE audit_entries"))
        engine.dispose()
        with app.app_context():
            session = db.session()
            session.enter(Scope.staff(CLINIC))
            yield session
            db.session.remove()
            db.engine.dispose()


def plan(session, select):
    """How the database would find the rows."""
    sql = str(select.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))
    return "\n".join(session.execute(sa.text("EXPLAIN " + sql.replace(":", "\\:"))).scalars())


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({}, "clinic_id_created_at"),
        ({"actor_id": ACTOR}, "actor_id"),
        ({"patient_id": PATIENT}, "patient_id"),
        ({"decision": Decision.REFUSED}, "clinic_id_created_at_idx1"),
    ],
    ids=["newest", "who", "whom", "refused"],
)
def test_a_page_of_the_log_is_found_by_an_index(log, asked, index):
    told = plan(log, Question(CLINIC, SINCE, UNTIL, **asked).select().limit(ON_A_PAGE + 1))
    assert not [rows for rows in READ_WHOLE.findall(told) if int(rows) > 100] and index in told, told


def test_the_portal_reads_its_own_patients_entries_and_no_others(log):
    log.enter(Scope.portal(CLINIC, ACTOR, {PATIENT}))
    found = openings(log, CLINIC, [PATIENT], zone="Europe/London")
    assert sum(row.times for row in found) == 8
    other = UUID(hashlib.md5(b"78", usedforsecurity=False).hexdigest())
    assert openings(log, CLINIC, [other], zone="Europe/London") == []
    log.enter(Scope.staff(CLINIC))
