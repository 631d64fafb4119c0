"""A checkout of the product in a folder of its own, run as `make run` runs it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import psutil

from clinic.server.home import data_home
from tests.databases import scratch_folder

SOURCE = Path(__file__).resolve().parent.parent.parent
PRODUCT = ("app.py", "clinic", "templates", "static", "translations", "migrations")
SECONDS_TO_START = 200  # on a machine with much else to do; how long it takes alone is measured elsewhere


class Checkout:
    """One copy of the product and the supervisor that may run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        for name in PRODUCT:
            source = SOURCE / name
            if source.is_dir():
                shutil.copytree(source, folder / name)
            else:
                shutil.copy(source, folder / name)
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DATABASE_", "CLINIC_", "SECRET_KEY", "PORT", "PYTEST"))
        }
        self.home = data_home(folder, self.environment)
        self.output = folder / "output.txt"
        self._process: subprocess.Popen | None = None
        self._family: list[psutil.Process] = []

    def begin_with(self, home: Path) -> None:
        """Begin with another checkout's data, its owners and modes kept: the first start lies behind it."""
        self.home.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "--archive", home, self.home], check=True)

    def run(self, **settings: str) -> str:
        """Start the supervisor and return what it printed up to the point where it serves pages."""
        with self.output.open("w") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "clinic.server"],
                cwd=self.folder,
                env=self.environment | settings,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        deadline = time.monotonic() + SECONDS_TO_START
        while "Ctrl-C stops it." not in self.output.read_text():
            assert self._process.poll() is None, self.output.read_text()
            assert time.monotonic() < deadline, self.output.read_text()
            time.sleep(0.05)
        supervisor = psutil.Process(self._process.pid)
        self._family = [supervisor, *supervisor.children(recursive=True)]
        return self.output.read_text()

    @property
    def address(self) -> str:
        """The address that the supervisor printed."""
        return re.search(r"http://\S+", self.output.read_text())[0]

    def send(self, signum: signal.Signals) -> int:
        """Send the supervisor a signal and return its exit code."""
        self._process.send_signal(signum)
        return self._process.wait(30)

    def names(self) -> set[str]:
        """Return the names of the programs that run."""
        return {member.name() for member in self._family if member.is_running()}

    def is_quiet(self, seconds: float = 20) -> bool:
        """Say whether every process of the last run has ended, waiting a little for it."""
        _gone, alive = psutil.wait_procs(self._family, timeout=seconds)
        return not alive

    def remove(self) -> None:
        """End what still runs, and delete the folder and its data."""
        if self._process and self._process.poll() is None:
            self.send(signal.SIGTERM)
        self.is_quiet()
        shutil.rmtree(self.home, ignore_errors=True)


@contextmanager
def checkout_named(name):
    """Yield a checkout in a folder of this name; whatever runs in it is ended afterwards."""
    with scratch_folder() as folder:
        checkout = Checkout(folder / name)
        try:
            yield checkout
        finally:
            checkout.remove()


def first_page(checkout) -> int:
    """How a running checkout answers whoever comes by: an HTTP status."""
    with urllib.request.urlopen(checkout.address, timeout=20) as answer:
        return answer.status
