"""The embedded database server, as it really starts, is killed, and comes back."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from clinic.server import EmbeddedServer, ServerError
from clinic.server.binaries import find_binaries
from clinic.server.home import data_home
from clinic.server.system_user import system_user
from tests.databases import scratch_folder

HOLDER = """
import sys, time
from pathlib import Path
import clinic.server.embedded as embedded
if sys.argv[2] == "orphans":
    embedded.dies_with_parent = lambda signum: None  # as on a system other than Linux
server = embedded.EmbeddedServer(Path(sys.argv[1]), durable=False)
server.start()
with server.connect("clinic_owner") as connection:
    connection.execute("create table if not exists kept as select 'kept' as word")
print(server._process.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def folder():
    with scratch_folder() as folder:
        yield folder


def server_in(folder: Path) -> EmbeddedServer:
    return EmbeddedServer(folder, durable=False)


def held_elsewhere(folder: Path, kind: str) -> tuple[subprocess.Popen, int]:
    """Start a server in another process; return that process and the server's number."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder), kind], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    return holder, int(holder.stdout.readline())


def kill(holder: subprocess.Popen) -> None:
    holder.kill()
    holder.wait()
    holder.stdout.close()


def gone(pid: int, seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not psutil.pid_exists(pid)


def what_is_kept(server: EmbeddedServer) -> str:
    with server.connect("clinic_owner") as connection:
        return connection.execute("select word from kept").fetchone()[0]


class TestStart:
    def test_it_has_three_roles_and_none_of_them_is_above_the_rules(self, folder):
        with server_in(folder) as server, server.connect("postgres", "postgres") as connection:
            roles = connection.execute(
                "select rolname, rolcanlogin, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb from pg_roles"
                " where rolname like 'clinic%' order by 1"
            ).fetchall()
        assert roles == [(role, True, False) for role in ("clinic_app", "clinic_keeper", "clinic_owner")]

    def test_the_owner_can_work_as_the_other_two(self, folder):
        with server_in(folder) as server, server.connect("clinic_owner") as connection:
            for role in ("clinic_app", "clinic_keeper"):
                connection.execute(f"set role {role}")
                assert connection.execute("select current_user").fetchone() == (role,)
                connection.execute("reset role")

    def test_a_wrong_password_is_refused(self, folder):
        with server_in(folder) as server, pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(host=str(server.socket_folder), user="clinic_app", password="guess", dbname="clinic")

    def test_passwords_and_socket_are_for_nobody_else(self, folder):
        with server_in(folder) as server:
            assert (folder / "passwords.json").stat().st_mode & 0o777 == 0o600
            assert server.socket_folder.stat().st_mode & 0o777 == 0o700

    def test_a_second_start_finds_the_same_data(self, folder):
        with server_in(folder) as server, server.connect("clinic_owner") as connection:
            connection.execute("create table kept as select 'kept' as word")
        with server_in(folder) as server:
            assert what_is_kept(server) == "kept"

    def test_a_first_start_cut_short_is_begun_anew(self, folder):
        (folder / "database.new").mkdir()
        (folder / "database.new" / "half").touch()
        with server_in(folder) as server:
            assert server.running()

    @pytest.mark.parametrize("name", ["a path with spaces", "x" * 120])
    def test_any_path_will_do(self, folder, name):
        with server_in(folder / name) as server:
            assert server.running()

    def test_two_servers_side_by_side_do_not_meet(self, folder):
        with server_in(folder / "one") as one, server_in(folder / "two") as two:
            assert one.url("clinic_app") != two.url("clinic_app")
            with one.connect("clinic_owner") as connection:
                connection.execute("create table only_here ()")
            with two.connect("clinic_owner") as connection:
                assert connection.execute("select to_regclass('only_here')").fetchone() == (None,)

    def test_a_second_supervisor_of_one_folder_is_refused_with_a_sentence(self, folder):
        with server_in(folder) as server:
            with pytest.raises(ServerError, match="Clinic already runs here"):
                server_in(folder).start()
            assert server.running()

    def test_nothing_is_left_after_a_stop(self, folder):
        server = server_in(folder)
        server.start()
        pid, sockets = server._process.pid, server.socket_folder
        server.stop()
        assert gone(pid)
        assert not sockets.exists()


class TestRecovery:
    def test_a_server_ends_with_a_killed_supervisor_and_the_next_start_recovers(self, folder):
        holder, server_pid = held_elsewhere(folder, "plain")
        kill(holder)
        if sys.platform == "linux":
            assert gone(server_pid)
        with server_in(folder) as server:
            assert what_is_kept(server) == "kept"
        assert gone(server_pid)

    def test_a_server_that_outlived_its_supervisor_is_stopped_by_the_next_start(self, folder):
        holder, orphan = held_elsewhere(folder, "orphans")
        kill(holder)
        assert psutil.pid_exists(orphan)
        with server_in(folder) as server:
            assert what_is_kept(server) == "kept"
            assert server._process.pid != orphan
        assert gone(orphan)

    def test_a_stale_process_number_that_is_somebody_elses_now_is_no_server(self, folder):
        with server_in(folder):
            left_behind = (folder / "database" / "postmaster.pid").read_text().splitlines()
        user = system_user(folder / "database")
        stranger = subprocess.Popen(["sleep", "600"], cwd="/", **user.popen_arguments())
        try:
            note = folder / "database" / "postmaster.pid"
            note.write_text("\n".join([str(stranger.pid), *left_behind[1:]]) + "\n")
            with server_in(folder) as server:
                assert server.running()
            assert stranger.poll() is None
        finally:
            stranger.kill()
            stranger.wait()

    def test_a_killed_server_is_launched_again_at_the_same_address(self, folder):
        with EmbeddedServer(folder, durable=True) as server:  # what was committed is there after a crash
            with server.connect("clinic_owner") as connection:
                connection.execute("create table kept as select 'kept' as word")
            address = server.url("clinic_app")
            server._process.send_signal(signal.SIGKILL)
            server._process.wait()
            assert not server.running()
            server.relaunch()
            assert server.url("clinic_app") == address
            assert what_is_kept(server) == "kept"


class TestRoot:
    pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")

    def test_the_server_runs_as_an_unprivileged_user(self, folder):
        with server_in(folder) as server:
            assert psutil.Process(server._process.pid).uids().real != 0

    def test_folders_above_keep_their_permissions(self, folder):
        home = folder / "above" / "instance"
        home.mkdir(parents=True)
        folders = [home, *home.parents]
        before = [(path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in folders]
        with server_in(home):
            pass
        assert [(path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in folders] == before

    def test_a_folder_that_user_may_not_enter_is_refused_and_left_as_it_is(self, folder):
        home = folder / "closed" / "instance"
        home.mkdir(parents=True)
        home.parent.chmod(0o700)
        with pytest.raises(ServerError, match="CLINIC_DATA_HOME"):
            server_in(home).start()
        assert home.parent.stat().st_mode & 0o777 == 0o700

    def test_programs_that_user_cannot_reach_are_copied(self, folder):
        copied = find_binaries().copied_below(folder)
        told = subprocess.run(
            [copied.program("postgres"), "--version"],
            capture_output=True, text=True, cwd="/", check=True, **system_user(folder / "x").popen_arguments(),
        )  # fmt: skip
        assert f"PostgreSQL) {copied.major}" in told.stdout

    def test_its_data_is_outside_the_checkout(self):
        assert data_home(Path("/srv/clinic"), {}).parent == Path("/var/lib/clinic")
        assert data_home(Path("/srv/clinic"), {"CLINIC_DATA_HOME": "/data/x"}) == Path("/data/x")
