"""`python -m tests.machine`: see to the browser and the second database server that the tests use."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

# The first is Chromium without its own windows: the same pages for two thirds of the work.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FONTS = "fonts-dejavu-core"


def browser() -> str | None:
    """Return the path of the system's Chromium, or of Playwright's own, or None."""
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache" / "ms-playwright"))
    downloaded = sorted(folder.glob("chromium-*/chrome-linux*/chrome"))
    return str(downloaded[-1]) if downloaded else None


def debian_postgres() -> Path | None:
    """Return the folder of the newest of Debian's PostgreSQL programs, or None."""
    versions = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    return max(versions, key=lambda folder: int(folder.parent.name), default=None)


def faketime() -> Path | None:
    """Return the library that gives a process a clock of its own, or None."""
    return next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)


def install(*packages: str) -> bool:
    """Install Debian packages where we may; True when that worked."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        if subprocess.run(["apt-get", *command], env=environment, stdin=subprocess.DEVNULL, check=False).returncode:
            return False
    return True


def main() -> int:
    """Install what is missing; without a browser the journeys cannot run, and that is said."""
    if not browser() and not any(install(each, FONTS) for each in BROWSERS[:2]):
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    if not browser():
        print(
            "The tests need Chromium, and none could be installed. Install it yourself (on Debian: apt install "
            "chromium) and try again.",
            file=sys.stderr,
        )
        return 1
    # Only root starts it in the tests, and only root can install it; elsewhere those tests skip and say so.
    if os.geteuid() == 0 and not debian_postgres() and not install("postgresql"):
        print("Debian's PostgreSQL could not be installed; the tests that compare with it are skipped.")
    if os.geteuid() == 0 and not faketime() and not install("faketime"):
        print("Debian's faketime could not be installed; the tests with a wrong clock are skipped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
