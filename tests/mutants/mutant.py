"""One loosened rule, and a scratch copy of the product in which it is tried."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from clinic.config import HOME

# What a copy does without: the history, the installed packages, the trial's database, what tools keep.
LEFT_BEHIND = shutil.ignore_patterns(".*", "instance", "__pycache__", "images")
# Asked of a mutant that its own tests let through: slower, and sure to ask every route.
WIDE = ("tests/rules/test_catalogue.py", "tests/rules/test_routes.py", "tests/access", "tests/views")
MINUTES = 15
TOLD = re.compile(r"^(FAILED|ERROR) (\S+)", re.MULTILINE)


class NoMutant(Exception):
    """The text to change is not in the file exactly once, so nothing was tried."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One textual change of one file, in words, and the tests that are most likely to notice."""

    words: str
    path: str
    old: str
    new: str
    tests: tuple[str, ...]

    def changed(self, text: str) -> str:
        """The file's text with the change in it."""
        found = text.count(self.old)
        if found != 1:
            raise NoMutant(f"{self.words}: found {found} times in {self.path}: {self.old!r}")
        return text.replace(self.old, self.new)


@contextmanager
def scratch_copy() -> Iterator[Path]:
    """Yield a folder with the product and its tests as they are now; the work tree itself is never changed."""
    folder = Path(tempfile.mkdtemp(prefix="clinic-mutants-"))
    try:
        copy = folder / "clinic"
        shutil.copytree(HOME, copy, ignore=LEFT_BEHIND, symlinks=True)
        yield copy
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def asked(copy: Path, tests, *options) -> tuple[str | None, str]:
    """Run the tests in the copy up to the first failure: (the failed test or None, what pytest said).

    Raises RuntimeError where tests could not run at all: a product that does not start proves nothing.
    """
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "--no-header", *options, *tests]
    ran = subprocess.run(
        command, cwd=copy, env=os.environ | {"PYTHONPATH": str(copy)}, check=False, capture_output=True, text=True,
        timeout=MINUTES * 60,
    )  # fmt: skip
    told = dict(reversed(pair) for pair in TOLD.findall(ran.stdout))
    # What stops a test while it is being set up has noticed, too: the database may be the first to refuse.
    failed = next((test for test, how in told.items() if how == "FAILED" or "::" in test), None)
    if failed is None and ran.returncode != 0:
        raise RuntimeError(ran.stdout[-3000:] + ran.stderr[-1000:])
    return failed, ran.stdout


def killer_of(mutant: Mutant, copy: Path, wide=True) -> str | None:
    """The test that notices the mutant, or None where it survives them all; the copy is afterwards as before."""
    file = copy / mutant.path
    text = file.read_text()
    file.write_text(mutant.changed(text))
    try:
        killed, _told = asked(copy, mutant.tests)
        return killed or (asked(copy, WIDE)[0] if wide else None)
    finally:
        file.write_text(text)
