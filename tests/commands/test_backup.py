"""Backup and restore: everything comes back into a fresh server, is counted and checked, and the erased stay erased."""

import json
from contextlib import contextmanager
from contextvars import Context

import pytest
import sqlalchemy as sa

from clinic import create_app, keyring
from clinic.actions import erasures
from clinic.config import Config
from clinic.db import db
from clinic.models.accounts import Membership, Role, User
from clinic.models.patients import Patient
from clinic.stored import storage
from clinic.work.handlers import run
from tests.databases import scratch_server
from tests.documents import Sender, looked_through, only
from tests.live_server import SECRET_KEY, SECRET_KEYS


@pytest.fixture
def mighty(app, server, monkeypatch):
    """The address of a role that sees every row is set, as an operator sets it for these two commands."""
    monkeypatch.setitem(app.config, "DATABASE_BACKUP_URL", server.url("postgres"))


@pytest.fixture
def lived(app, cast, session, amara, maya):
    """A clinic with visits, sign-ins and a kept secret."""
    cast.booked()
    cast.booked(cast.tomorrow_at(11), patient=cast.maya_patient)
    ines = session.get(User, cast.ines.user.id)
    whose = {"table": "users", "column": "mfa_secret_encrypted", "row_id": ines.id}
    ines.mfa_secret_encrypted = keyring.seal(b"a secret", **whose)
    session.commit()
    Sender(amara, cast.tom.id).form(("consent.txt", b"I agree."), category="consent_form")
    looked_through(app, session, cast.rose.id)


@pytest.fixture
def backed_up(flask, mighty, lived, tmp_path):
    """A backup of it, in its folder."""
    result = flask("backup", str(tmp_path / "backup"))
    assert result.exit_code == 0, result.output
    return tmp_path / "backup"


@contextmanager
def empty_server(keys=SECRET_KEYS):
    """An application on a fresh server with nothing in it, and that server."""
    with scratch_server() as fresh:
        mighty = {"DATABASE_BACKUP_URL": fresh.url("postgres")}
        made = create_app(Config(**fresh.environment(), **mighty, SECRET_KEY=SECRET_KEY, SECRET_KEYS=keys))
        try:
            yield made, fresh
        finally:
            with made.app_context():
                db.session.remove()
                db.engine.dispose()


def restored(application, *arguments):
    # In a context of its own: the command must find the application it belongs to, not the test's.
    return Context().run(application.test_cli_runner().invoke, args=["restore", *map(str, arguments)])


class TestBackup:
    def test_the_manifest_says_what_must_come_back_and_the_folder_is_for_its_owner_alone(self, backed_up, superuser):
        manifest = json.loads((backed_up / "manifest.json").read_text())
        with superuser.connect() as connection:
            for table in ("patients", "visits", "audit_entries", "users"):
                # One entry more by now: that the backup was made.
                there = connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()
                assert manifest["rows"][table] == there - (table == "audit_entries") > 0
            head = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        assert manifest["schema"] == head and len(manifest["sha256"]) == 64
        assert backed_up.stat().st_mode & 0o077 == 0 and (backed_up / "database.dump").stat().st_mode & 0o077 == 0

    def test_the_keys_are_not_in_it_only_their_names(self, backed_up):
        manifest = (backed_up / "manifest.json").read_text()
        assert json.loads(manifest)["keys"] == ["tests"]
        key = SECRET_KEYS.partition(":")[2].encode()
        for file in backed_up.rglob("*"):
            assert file.is_dir() or key not in file.read_bytes()

    def test_it_is_remembered(self, backed_up, superuser):
        with superuser.connect() as connection:
            found = connection.exec_driver_sql("SELECT metadata FROM audit_entries WHERE action = 'backups.make'")
            assert len(found.scalar_one()["sha256"]) == 64

    def test_a_role_that_row_level_security_stops_is_refused_and_nothing_is_written(
        self, flask, app, server, monkeypatch, lived, tmp_path
    ):
        for role in ("clinic_owner", "clinic_app"):
            monkeypatch.setitem(app.config, "DATABASE_BACKUP_URL", server.url(role))
            result = flask("backup", str(tmp_path / "no"))
            assert (
                result.exit_code == 1 and f"The role {role}" in result.output and "row-level security" in result.output
            )
        assert not (tmp_path / "no").exists()

    def test_without_an_address_it_says_which_role_is_needed(self, flask, app, cast, tmp_path):
        result = flask("backup", str(tmp_path / "no"))
        assert result.exit_code == 1 and "DATABASE_BACKUP_URL is not set" in result.output

    def test_a_folder_with_something_in_it_is_refused(self, flask, backed_up):
        result = flask("backup", str(backed_up))
        assert result.exit_code == 1 and "is not empty" in result.output

    def test_the_files_of_documents_are_in_it_and_one_that_is_missing_is_named(
        self, backed_up, flask, session, cast, tmp_path
    ):
        session.enter(cast.scope)
        key = only(session).storage_key
        assert (backed_up / "documents" / key).read_bytes() == b"I agree."
        storage().delete([key])
        result = flask("backup", str(tmp_path / "another"))
        assert result.exit_code == 0 and f"{key} is missing" in result.output
        told = flask("backup", "--without-documents", str(tmp_path / "third"))
        assert "are not in it" in told.output and not (tmp_path / "third" / "documents").exists()


@pytest.mark.machine
class TestRestore:
    def test_everything_is_back_on_a_fresh_server_counted_and_checked(self, backed_up, cast, session, figure):
        session.enter(cast.scope)
        manifest, key = json.loads((backed_up / "manifest.json").read_text()), only(session).storage_key
        session.rollback()
        # A fresh storage has no files either.
        storage().delete([key])
        with empty_server() as (fresh, server):
            result = restored(fresh, backed_up)
            assert result.exit_code == 0, result.output
            assert "2 clinics checked, 0 faults" in result.output and "warning: secrets" not in result.output
            with fresh.app_context():
                session = db.session()
                session.enter(cast.scope)
                names = session.scalars(sa.select(Patient.full_name).order_by(Patient.full_name)).all()
                ines = session.get(User, cast.ines.user.id)
                whose = {"table": "users", "column": "mfa_secret_encrypted", "row_id": ines.id}
                assert keyring.open_sealed(ines.mfa_secret_encrypted, **whose) == b"a secret"
                session.rollback()
            assert names == ["Maya Okafor", "Tom Baker"]
            with storage().open(key) as file:
                assert file.read(100) == b"I agree."
            with server.connect("postgres") as connection:
                live = "SELECT count(*) FROM user_sessions WHERE revoked_at IS NULL"
                assert connection.execute(live).fetchone() == (0,), "a sign-in of before lives again"
        figure(f"{sum(manifest['rows'].values())} rows of {len(manifest['rows'])} tables, 0 differences, 0 faults")

    def test_who_was_erased_after_the_backup_is_erased_again(
        self, app, flask, backed_up, cast, session, tmp_path, monkeypatch
    ):
        session.enter(cast.scope)
        session.add(Membership(clinic_id=cast.rose.id, user_id=cast.lind.user.id, role=Role.ADMIN))
        sam = session.scalars(sa.select(Patient).where(Patient.full_name == "Tom Baker")).one()
        session.execute(sa.text("UPDATE visits SET status = 'completed' WHERE patient_id = :id"), {"id": sam.id})
        asked = erasures.ask(sam, "She asked for it by letter", by=cast.ines.actor)
        session.flush()
        erasures.confirm(asked, by=cast.lind.actor)
        session.commit()
        listed = tmp_path / "erasures.json"
        listed.write_text(flask("erasures").output)
        assert "Tom" not in listed.read_text() and str(sam.id) in listed.read_text()
        with empty_server() as (fresh, server):
            result = restored(fresh, backed_up, "--erasures", listed)
            assert result.exit_code == 0, result.output
            assert "1 of 1 erased records were erased again" in result.output
            Context().run(run, fresh, "erasures.finish", {"clinic_id": str(cast.rose.id), "patient_id": str(sam.id)})
            with server.connect("postgres") as connection:
                names = connection.execute("SELECT full_name FROM patients ORDER BY 1").fetchall()
                words = connection.execute("SELECT count(*) FROM patient_words WHERE word LIKE 'baker%'").fetchone()
        assert [name for (name,) in names] == ["Erased patient", "Maya Okafor", "Sam Stranger"] and words == (0,)

    def test_a_key_that_is_missing_is_named(self, backed_up):
        with empty_server(keys="other:" + SECRET_KEYS.partition(":")[2]) as (fresh, _server):
            result = restored(fresh, backed_up)
            assert result.exit_code == 0 and "SECRET_KEYS has these keys again: tests" in result.output

    def test_a_database_with_something_in_it_is_refused_and_left_as_it_is(self, flask, backed_up, superuser):
        result = flask("restore", str(backed_up))
        assert result.exit_code == 1 and "not empty" in result.output
        with superuser.connect() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM patients").scalar() == 3

    def test_a_dump_that_was_changed_is_refused_before_anything_is_done(self, backed_up):
        with (backed_up / "database.dump").open("r+b") as handle:
            handle.seek(-1, 2)
            handle.write(b"!")
        with empty_server() as (fresh, server):
            result = restored(fresh, backed_up)
            assert result.exit_code == 1 and "SHA-256 differs" in result.output
            with server.connect("postgres") as connection:
                assert connection.execute("SELECT to_regclass('public.patients')").fetchone() == (None,)

    def test_a_backup_that_was_cut_short_is_none(self, flask, backed_up, mighty):
        (backed_up / "manifest.json").unlink()
        result = flask("restore", str(backed_up))
        assert result.exit_code == 1 and "holds no whole backup" in result.output

    def test_rows_that_did_not_come_back_are_told(self, backed_up):
        manifest = json.loads((backed_up / "manifest.json").read_text())
        manifest["rows"]["patients"] += 1
        (backed_up / "manifest.json").write_text(json.dumps(manifest))
        with empty_server() as (fresh, _server):
            result = restored(fresh, backed_up)
        assert result.exit_code == 1 and "fault: patients had 4 rows in the backup and has 3 now" in result.output
