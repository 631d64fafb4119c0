"""Migrations over a clinic's years of data: down and up again, nothing lost, nobody kept waiting for long."""

import threading
import time

import pytest
from alembic.script import ScriptDirectory
from flask_migrate import downgrade, upgrade
from psycopg.errors import DeadlockDetected
from sqlalchemy.exc import OperationalError

from clinic import create_app
from clinic.config import HOME, Config
from tests.databases import scratch_database
from tests.live_server import database_name

PATIENTS, VISITS = 20_000, 40_000
FIRST = "0009"  # the tables of the main job, before anything was added to them
LONGEST_WAIT = 2.0  # seconds, for somebody who reads meanwhile; a migration gives up after five
ROWS = f"""
SET session_replication_role = replica;
INSERT INTO clinics (id, name, slug) VALUES (md5('clinic')::uuid, 'Long Lane', 'long-lane');
INSERT INTO users (id, email, first_name) SELECT md5('u' || n)::uuid, 'u' || n || '@long-lane.example', 'Person ' || n
  FROM generate_series(1, {PATIENTS}) AS n;
INSERT INTO user_sessions (id, user_id, token_hash, expires_at)
SELECT md5('s' || n)::uuid, md5('u' || n)::uuid, decode(md5('t' || n), 'hex'), now()
  FROM generate_series(1, {PATIENTS}) AS n;
INSERT INTO providers (clinic_id, id, display_name) VALUES (md5('clinic')::uuid, md5('doctor')::uuid, 'Dr One');
INSERT INTO patients (clinic_id, id, mrn, full_name) SELECT md5('clinic')::uuid, md5('p' || n)::uuid, n::text,
       'Patient ' || n FROM generate_series(1, {PATIENTS}) AS n;
INSERT INTO visits (clinic_id, id, patient_id, provider_id, kind, visit_mode, status, starts_at, ends_at, timezone,
                    source)
SELECT md5('clinic')::uuid, md5('v' || n)::uuid, md5('p' || n % {PATIENTS} + 1)::uuid, md5('doctor')::uuid, 'scheduled',
       'in_person', 'completed', now() - n * interval '1 hour', now() - n * interval '1 hour' + interval '15 minutes',
       'Europe/London', 'desk' FROM generate_series(1, {VISITS}) AS n;
INSERT INTO visit_events (clinic_id, id, visit_id, kind, to_status, created_at)
SELECT md5('clinic')::uuid, md5('e' || n)::uuid, md5('v' || n)::uuid, 'booked', 'booked', now()
  FROM generate_series(1, {VISITS}) AS n;
SET session_replication_role = origin;
ANALYZE;
"""
# What only the newest tables can hold; going down must not stumble over it.
NEWEST = """
INSERT INTO user_tokens (id, user_id, purpose, token_hash, expires_at, new_email)
SELECT md5('k')::uuid, id, 'change_email', '\\x01', now(), 'new@long-lane.example' FROM users LIMIT 1;
INSERT INTO legal_holds (clinic_id, id, patient_id, reason, placed_by_id)
SELECT clinic_id, md5('h')::uuid, id, 'Letter of a court', (SELECT id FROM users LIMIT 1) FROM patients LIMIT 1;
INSERT INTO notifications (clinic_id, id, patient_id, visit_id, kind)
SELECT clinic_id, md5('t')::uuid, patient_id, id, 'ticket' FROM visits LIMIT 1;
"""
HERE = "at the newest revision"
KEPT = ("clinics", "users", "user_sessions", "providers", "patients", "visits", "visit_events")
DIGEST = "SELECT count(*), md5(string_agg(md5(({columns})::text), '' ORDER BY id)) FROM {table}"


class Reader:
    """Somebody who looks at the day, the patients and their own sign-in all the while, and how long they waited."""

    def __init__(self, server, database):
        self.longest, self.looks, self._over = 0.0, 0, threading.Event()
        self._connection = server.connect("postgres", database)
        self._thread = threading.Thread(target=self._read)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_exception):
        self._over.set()
        self._thread.join()
        self._connection.close()

    def _read(self):
        while not self._over.is_set():
            for table in ("visits", "patients", "users", "user_sessions"):
                began = time.monotonic()
                self._connection.execute(f"SELECT id FROM {table} LIMIT 1").fetchone()
                self.longest = max(self.longest, time.monotonic() - began)
                self.looks += 1
            time.sleep(0.002)


def _revisions():
    """Every revision, oldest first."""
    walked = ScriptDirectory(str(HOME / "migrations")).walk_revisions()
    return [revision.revision for revision in walked][::-1]


def _columns(connection):
    """The columns of the tables that are kept, as they are before anything is added."""
    found = (
        "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = %s::regclass"
    )
    found += " AND attnum > 0 AND NOT attisdropped AND attname <> 'updated_at'"
    return {table: connection.execute(found, [table]).fetchone()[0] for table in KEPT}


def _digests(connection, columns):
    ask = {table: DIGEST.format(columns=names, table=table) for table, names in columns.items()}
    return {table: connection.execute(statement).fetchone() for table, statement in ask.items()}


@pytest.mark.promise(40, "every revision down and up over data, row by row the same afterwards")
def test_every_revision_goes_down_and_up_over_data_and_nobody_waits_for_long(server, figure):
    revisions = _revisions()
    newer = revisions[revisions.index(FIRST) + 1 :]
    with scratch_database(server) as environment:
        database = database_name(environment)
        with create_app(Config(**environment, SECRET_KEY="x")).app_context():
            upgrade(revision=FIRST)
            with server.connect("postgres", database) as connection:
                connection.execute(ROWS)
                columns = _columns(connection)
                before = _digests(connection, columns)
                waits = []
                for step in (*newer, HERE, *reversed([FIRST, *newer[:-1]]), *newer):
                    if step == HERE:
                        connection.execute(NEWEST)
                        continue
                    with Reader(server, database) as reader:
                        _go(connection, step)
                    waits.append(reader.longest)
                    assert reader.looks and reader.longest < LONGEST_WAIT, (step, reader.longest)
                    assert _digests(connection, columns) == before, step
            downgrade(revision="base")
    rows = sum(count for count, _digest in before.values())
    assert rows > 100_000
    figure(f"{len(revisions)} revisions over {rows:,} rows; longest wait of a reader {max(waits) * 1000:.0f} ms")


def _go(connection, wanted):
    there = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    for tries_left in (2, 1, 0):
        try:
            return (upgrade if wanted > there else downgrade)(revision=wanted)
        except OperationalError as error:
            # A migration that meets somebody at work gives up whole, and is run again.
            if not tries_left or not isinstance(error.orig, DeadlockDetected):
                raise
    return None
