"""`flask keys rotate`: every secret under the new key, while people read and change them, and none in a dump."""

import base64
import random
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
import sqlalchemy as sa

from clinic import keyring
from clinic.db import db
from clinic.keyring import KeyRing
from clinic.models.accounts import User
from clinic.models.integrations import Integration, IntegrationKind
from clinic.scope import Scope
from clinic.server.binaries import find_binaries

OLD, NEW = (f"{name}:{base64.b64encode(name.encode() * 16).decode()}" for name in ("k1", "k2"))
COLUMN = {"table": "users", "column": "mfa_secret_encrypted"}
ROWS = 10_000
READERS, WRITERS = 2, 1
USERS = User.__table__


@pytest.fixture
def ring(app, cast, monkeypatch):
    """Give the application another key ring."""

    def given(text):
        monkeypatch.setitem(app.extensions, "keyring", KeyRing.parse(text))
        return app.extensions["keyring"]

    return given


def secret_of(number):
    """A secret one would find anywhere by its look."""
    return f"canary-{number:05}".encode()


@pytest.fixture
def kept(ring, superuser, app):
    """Keep secrets of that many people under the old key; returns their ids."""

    def keep(count):
        old = ring(OLD)
        ids = sorted(uuid4() for _ in range(count))
        rows = [
            {"id": each, "email": f"{each}@rose.example",
             "mfa_secret_encrypted": old.seal(secret_of(number), row_id=each, **COLUMN)}
            for number, each in enumerate(ids)
        ]  # fmt: skip
        with superuser.connect() as connection:
            connection.execute(sa.insert(USERS), rows)
        return ids

    return keep


def kept_now(superuser):
    with superuser.connect() as connection:
        found = connection.execute(
            sa.select(USERS.c.id, USERS.c.mfa_secret_encrypted).where(USERS.c.mfa_secret_encrypted.is_not(None))
        )
        return {row.id: bytes(row.mfa_secret_encrypted) for row in found}


class Passers:
    """People who read and change the secrets all the while, each in their own session."""

    def __init__(self, app, ids):
        self.app, self.ids, self.over = app, ids, threading.Event()
        self.reads, self.failed, self.written = 0, [], {}

    def read(self, seed):
        chance = random.Random(seed)
        with self.app.app_context():
            session = db.session()
            session.enter(Scope.person())
            while not self.over.is_set():
                row = chance.choice(self.ids)
                found = session.scalar(sa.select(USERS.c.mfa_secret_encrypted).where(USERS.c.id == row))
                session.rollback()
                self._open(row, found)

    def _open(self, row, found):
        try:
            assert keyring.open_sealed(found, row_id=row, **COLUMN).startswith(b"canary")
            self.reads += 1
        except Exception as error:  # whatever it is, it is what the person would have met
            self.failed.append(error)

    def write(self, seed):
        chance = random.Random(seed)
        mine = [row for number, row in enumerate(self.ids) if number % WRITERS == seed]
        with self.app.app_context():
            session = db.session()
            session.enter(Scope.person())
            while not self.over.is_set():
                row, secret = chance.choice(mine), b"canary " + chance.randbytes(8)
                fresh = keyring.seal(secret, row_id=row, **COLUMN)
                session.execute(sa.update(USERS).where(USERS.c.id == row).values(mfa_secret_encrypted=fresh))
                session.commit()
                self.written[row] = secret


class TestRotate:
    @pytest.mark.promise(39, "10,000 secrets under a new key while people read and change them")
    def test_ten_thousand_secrets_change_keys_while_people_read_and_change_them(
        self, app, flask, kept, ring, superuser, figure
    ):
        ids = kept(ROWS)
        both = ring(f"{NEW},{OLD}")
        passers = Passers(app, ids)
        with ThreadPoolExecutor(READERS + WRITERS) as people:
            going = [people.submit(passers.read, seed) for seed in range(READERS)]
            going += [people.submit(passers.write, seed) for seed in range(WRITERS)]
            try:
                result = flask("keys", "rotate")
            finally:
                passers.over.set()
            for each in going:
                each.result()
        assert result.exit_code == 0, result.output
        assert "0 left under older keys" in result.output and "All is sealed with the key k2" in result.output
        assert passers.reads > 100 and passers.failed == [] and passers.written
        now_kept = kept_now(superuser)
        assert len(now_kept) == ROWS and all(each.startswith(both.prefix) for each in now_kept.values())
        only_new = KeyRing.parse(NEW)
        for number, row in enumerate(ids):
            wanted = passers.written.get(row, secret_of(number))
            assert only_new.open_sealed(now_kept[row], row_id=row, **COLUMN) == wanted
        figure(f"{passers.reads:,} reads beside it, {len(passers.failed)} failed; 0 rows left under the old key")

    def test_a_clinics_own_secrets_change_keys_in_every_clinic(self, flask, ring, session, cast, superuser):
        old = ring(OLD)
        for clinic in (cast.rose, cast.harbour):
            session.enter(Scope.staff(clinic.id))
            row = Integration(clinic_id=clinic.id, id=uuid4(), kind=IntegrationKind.CAL)
            row.api_key_encrypted = old.seal(
                b"canary", table="integrations", column="api_key_encrypted", row_id=row.id, clinic_id=clinic.id
            )
            session.add(row)
            session.commit()
        both = ring(f"{NEW},{OLD}")
        assert "integrations.api_key_encrypted: 2 sealed anew, 0 left" in flask("keys", "rotate").output
        with superuser.connect() as connection:
            found = connection.execute(sa.text("SELECT clinic_id, id, api_key_encrypted FROM integrations")).all()
        for clinic_id, row_id, sealed in found:
            whose = {"table": "integrations", "column": "api_key_encrypted", "row_id": row_id, "clinic_id": clinic_id}
            assert sealed.startswith(both.prefix) and both.open_sealed(sealed, **whose) == b"canary"

    def test_a_second_time_it_has_nothing_to_do(self, flask, kept, ring):
        kept(3)
        ring(f"{NEW},{OLD}")
        assert "3 sealed anew" in flask("keys", "rotate").output
        again = flask("keys", "rotate")
        assert again.exit_code == 0 and "users.mfa_secret_encrypted: 0 sealed anew, 0 left" in again.output

    @pytest.mark.promise(39, "a secret copied to another row does not open, and is not overwritten")
    def test_what_was_copied_to_another_row_is_told_and_left_as_it_is(self, flask, kept, ring, superuser):
        mine, yours = kept(2)
        stolen = kept_now(superuser)[mine]
        with superuser.connect() as connection:
            connection.execute(sa.update(USERS).where(USERS.c.id == yours).values(mfa_secret_encrypted=stolen))
        ring(f"{NEW},{OLD}")
        result = flask("keys", "rotate")
        assert result.exit_code == 1 and f"1 of them no key opens, left as they are: {yours}" in result.output
        assert kept_now(superuser)[yours] == stolen

    def test_without_the_old_key_nothing_is_overwritten(self, flask, kept, ring, superuser):
        kept(3)
        before = kept_now(superuser)
        ring(NEW)
        result = flask("keys", "rotate")
        assert result.exit_code == 1 and "3 left under older keys" in result.output
        assert kept_now(superuser) == before

    def test_a_row_somebody_is_changing_is_not_waited_for_and_told_as_left(
        self, flask, kept, ring, superuser, monkeypatch
    ):
        first, *_ = kept(3)
        ring(f"{NEW},{OLD}")
        monkeypatch.setattr("clinic.commands.keys.PASSES", 2)
        with superuser.connect() as connection:
            connection.execute(sa.text("BEGIN"))
            connection.execute(sa.update(USERS).where(USERS.c.id == first).values(first_name="Ada"))
            result = flask("keys", "rotate")
            connection.execute(sa.text("ROLLBACK"))
        assert result.exit_code == 1 and "2 sealed anew, 1 left" in result.output
        assert flask("keys", "rotate").exit_code == 0

    def test_that_it_was_done_is_remembered_without_any_secret(self, flask, kept, ring, superuser):
        kept(1)
        ring(f"{NEW},{OLD}")
        flask("keys", "rotate")
        with superuser.connect() as connection:
            told = connection.execute(
                sa.text("SELECT metadata FROM audit_entries WHERE action = 'keyring.rotate'")
            ).scalar_one()
        assert told["key"] == "k2" and told["sealed"]["users.mfa_secret_encrypted"] == 1

    def test_without_a_key_it_says_so(self, flask, ring):
        ring("")
        result = flask("keys", "rotate")
        assert result.exit_code == 1 and "SECRET_KEYS is not set" in result.output


class TestNew:
    def test_it_prints_a_key_that_the_setting_takes(self, flask):
        assert KeyRing.parse(flask("keys", "new").output).current


class TestDump:
    @pytest.mark.promise(39, "a dump of the database holds none of 50 secrets: plain, in hexadecimal or in base64")
    def test_a_dump_of_the_database_holds_no_secret_in_any_writing(self, server, kept, superuser):
        ids = kept(50)
        dump = subprocess.run(
            [find_binaries().program("pg_dump"), "--dbname", server.url("postgres").replace("+psycopg", "")],
            capture_output=True, check=True,
        ).stdout  # fmt: skip
        assert kept_now(superuser)[ids[0]].hex().encode() in dump, "the dump holds the rows themselves"
        for number in range(50):
            secret = secret_of(number)
            for written in (secret, secret.hex().encode(), base64.b64encode(secret)):
                assert written not in dump
