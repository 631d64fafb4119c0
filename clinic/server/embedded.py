"""The embedded PostgreSQL: a database server that belongs to one folder and to the process that started it."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self
from urllib.parse import quote, urlencode

import psycopg

from clinic.server import roles
from clinic.server.binaries import Binaries, find_binaries
from clinic.server.errors import ServerError
from clinic.server.lock import FolderLock
from clinic.server.parent import dies_with_parent
from clinic.server.settings import PORT, SETTINGS, SETTINGS_NOT_DURABLE
from clinic.server.system_user import system_user

# Fixed and short: a socket's path may have some 100 characters only, and $TMPDIR can be long or root's alone.
SOCKETS_BELOW = Path("/tmp")  # noqa: S108 (mkdtemp makes a folder of our own in it)
SOCKET_PREFIX = "clinic-db-"

SECONDS_TO_START = 120  # recovery after a crash replays what was not yet written
SECONDS_TO_STOP = 30
# What PostgreSQL says while processes of a killed server still hold the data; they end by themselves within a minute.
STILL_HELD = "pre-existing shared memory block"


class EmbeddedServer:
    """A PostgreSQL of our own with its data in `data_home`, reached through a unix socket by password only.

    One process at a time may start it; it stops with that process. `durable=False` trades safety for speed.
    """

    def __init__(self, data_home: Path, *, durable: bool = True) -> None:
        self.data_home = Path(data_home).absolute()
        self.data = self.data_home / "database"
        self.log = self.data_home / "server.log"
        # Where this server's socket is to be found; what it points at changes with every start.
        self.socket_link = self.data_home / "socket"
        self.settings = SETTINGS if durable else SETTINGS | SETTINGS_NOT_DURABLE
        self.durable = durable
        self.socket_folder: Path | None = None
        self._lock = FolderLock(self.data_home)
        self._passwords: dict[str, str] = {}
        self._process: subprocess.Popen | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exception) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server, making its data on the first start and recovering what an earlier one left behind."""
        self.data_home.mkdir(parents=True, exist_ok=True, mode=0o755)
        self._lock.take()
        try:
            self._user = system_user(self.data)
            self._binaries = self._reachable(find_binaries(self._written_by()))
            self._passwords = roles.load_passwords(self.data_home / "passwords.json")
            self._end_orphan()
            self._make_socket_folder()
            if not self.data.exists():
                self._initialise()
            self._launch()
            with self.connect(roles.SUPERUSER, roles.SUPERUSER) as connection:
                roles.ensure_roles(connection, self._passwords)
        except BaseException:
            self.stop()
            raise

    def join(self) -> None:
        """Use the server that another process has started in the folder, without ever stopping it."""
        self._passwords = roles.load_passwords(self.data_home / "passwords.json")
        self.socket_folder = self.socket_link.readlink()

    def stop(self) -> None:
        """Stop the server, ending open connections but losing nothing, and remove its socket."""
        if self._process:
            self._end_process()
        if self.socket_folder:
            shutil.rmtree(self.socket_folder, ignore_errors=True)
            self.socket_link.unlink(missing_ok=True)
            self.socket_folder = None
        self._lock.release()

    def running(self) -> bool:
        """Say whether the server process that we started still runs."""
        return self._process is not None and self._process.poll() is None

    def relaunch(self) -> None:
        """Start the server again after it died under us; its address stays the same."""
        self._end_process()
        self._launch()

    def url(self, role: str, database: str = roles.DATABASE) -> str:
        """Return the address of one database for one role, in SQLAlchemy's form."""
        where = urlencode({"host": self.socket_folder, "port": PORT})
        return f"postgresql+psycopg://{role}:{quote(self._passwords[role])}@/{database}?{where}"

    def environment(self) -> dict[str, str]:
        """Return what the application's processes need to know: one address for each kind of work."""
        return {
            "DATABASE_URL": self.url(roles.APPLICATION),
            "DATABASE_DIRECT_URL": self.url(roles.APPLICATION),
            "DATABASE_OWNER_URL": self.url(roles.OWNER),
            "DATABASE_KEEPER_URL": self.url(roles.KEEPER),
        }

    def connect(self, role: str, database: str = roles.DATABASE) -> psycopg.Connection:
        """Open a plain connection in autocommit; the caller closes it."""
        return psycopg.connect(
            host=str(self.socket_folder),
            port=PORT,
            user=role,
            password=self._passwords[role],
            dbname=database,
            connect_timeout=5,
            autocommit=True,
        )

    def _written_by(self) -> int | None:
        version = self.data / "PG_VERSION"
        return int(version.read_text()) if version.exists() else None

    def _reachable(self, binaries: Binaries) -> Binaries:
        """Check that the server's user gets at its data and its programs; programs it does not reach are copied."""
        if not self._user.may_read(self.data_home):
            raise ServerError(
                f"The system user {self._user.name}, as whom PostgreSQL runs, may not enter {self.data_home}. "
                "Set CLINIC_DATA_HOME to a folder that it may enter, such as one in /var/lib."
            )
        return binaries if self._user.may_read(binaries.folder) else binaries.copied_below(self.data_home)

    def _end_orphan(self) -> None:
        """Stop the server that a killed predecessor left running, and remove its socket.

        Whether it runs is found by connecting. The process number in postmaster.pid says nothing: after a restart
        of the machine it may be anybody's.
        """
        if self.socket_link.is_symlink():
            folder = self.socket_link.readlink()
            if _answers(folder):
                self._run(
                    "pg_ctl",
                    "stop",
                    "-D",
                    self.data,
                    "-m",
                    "fast",
                    "-w",
                    "-t",
                    SECONDS_TO_STOP,
                )
            # A link can be made to point anywhere; only what bears our name is removed.
            if folder.parent == SOCKETS_BELOW and folder.name.startswith(SOCKET_PREFIX):
                shutil.rmtree(folder, ignore_errors=True)
            self.socket_link.unlink()

    def _make_socket_folder(self) -> None:
        self.socket_folder = Path(tempfile.mkdtemp(prefix=SOCKET_PREFIX, dir=SOCKETS_BELOW))
        self._user.own(self.socket_folder)
        self.socket_link.symlink_to(self.socket_folder)

    def _initialise(self) -> None:
        """Make the data folder; it gets its name when it is complete, so a start cut short begins anew."""
        unfinished = self.data.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self._user.own(unfinished)
        password_file = self.socket_folder / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self._passwords[roles.SUPERUSER])
        self._user.own(password_file)
        collation = ["--locale=C"]
        if self._binaries.major >= 17:
            # The same order and the same letters on every machine, whatever its system library knows.
            collation += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        self._run(
            "initdb",
            *("-D", unfinished, "-U", roles.SUPERUSER, f"--pwfile={password_file}"),
            *(
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--no-instructions",
                *collation,
            ),
            *([] if self.durable else ["--no-sync"]),
        )
        password_file.unlink()
        unfinished.rename(self.data)

    def _run(self, program: str, *arguments) -> None:
        finished = subprocess.run(
            [self._binaries.program(program), *map(str, arguments)],
            **self._popen_arguments(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if finished.returncode != 0:
            raise ServerError(f"{program} failed:\n{finished.stdout.strip()}")

    def _popen_arguments(self) -> dict:
        # Nothing of our own environment: PGDATA, PGOPTIONS or a locale would change what the server does.
        environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
        return {
            "cwd": self.data_home,
            "env": environment,
            "stdin": subprocess.DEVNULL,
            **self._user.popen_arguments(),
        }

    def _launch(self) -> None:
        deadline = time.monotonic() + SECONDS_TO_START
        while not self._came_up(deadline):
            if STILL_HELD not in self._last_words() or time.monotonic() > deadline:
                raise ServerError(f"PostgreSQL did not start. The end of {self.log}:\n{self._last_words()}")
            time.sleep(0.5)

    def _came_up(self, deadline: float) -> bool:
        """Start the server process and wait until it answers; False if it ended instead."""
        # We hold the lock and nothing answers, so this file is of a server that is gone. Left in place it would stop
        # ours if its process number has meanwhile been given to somebody else.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        settings = self.settings | {"unix_socket_directories": str(self.socket_folder)}
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [self._binaries.program("postgres"), "-D", str(self.data), *arguments],
                **self._popen_arguments(),
                stdout=log,
                stderr=log,
                # Ctrl-C reaches a terminal's whole session; the database has to outlive whoever uses it.
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGINT),
            )
        while self.running() and time.monotonic() < deadline:
            try:
                self.connect(roles.SUPERUSER, roles.SUPERUSER).close()
                return True
            except psycopg.OperationalError:  # not yet
                time.sleep(0.02)
        return False

    def _end_process(self) -> None:
        # To PostgreSQL an interrupt is a fast shutdown and a quit an immediate one.
        for order in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if self._process.poll() is None:
                self._process.send_signal(order)
            try:
                self._process.wait(SECONDS_TO_STOP)
                break
            except subprocess.TimeoutExpired:
                continue
        self._process = None

    def _last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-8:])


def _answers(folder: Path) -> bool:
    """Say whether a server listens on the socket in `folder`."""
    with socket.socket(socket.AF_UNIX) as knock:
        knock.settimeout(5)
        try:
            knock.connect(str(folder / f".s.PGSQL.{PORT}"))
        except OSError:
            return False
        return True
