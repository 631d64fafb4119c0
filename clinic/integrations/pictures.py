"""Pictures and PDF somebody sent: drawn anew, and as pages to look at, in a process of its own that may come to grief.

Whatever a file does to the programs that read such files, it does there: with little memory, for a short time, and
without a key, a database or a network address to find.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from clinic.integrations import drawing

SECONDS = 180
DRAWN = (*drawing.WAYS, "application/pdf")


class NotAPicture(Exception):
    """The file cannot be read as the picture that it says it is."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn, for as long as the block lasts: the picture anew (None: kept as it came) and its pages."""

    file: Path | None
    pages: tuple[Path, ...]


@contextmanager
def drawn(file: BinaryIO, media_type: str, folder: str | None = None) -> Iterator[Drawn]:
    """Draw the file, which is open at its beginning; raises NotAPicture. What is no picture and no PDF has no pages."""
    if media_type not in DRAWN:
        yield Drawn(None, ())
        return
    with tempfile.TemporaryDirectory(dir=folder) as place:
        done = _run(file, media_type, place)
        new = Path(place) / "file"
        if media_type in drawing.WAYS and (done is None or not new.exists()):
            raise NotAPicture
        pages = (Path(place) / f"page-{number}" for number in range(1, drawing.PAGES + 1))
        yield Drawn(new if new.exists() else None, tuple(page for page in pages if page.exists()))


def _run(file, media_type, place):
    """The process's last word; None where it was stopped or gave up. What it had finished by then is there."""
    command = [sys.executable, "-I", drawing.__file__, media_type, place]
    environment = {"PATH": "/usr/bin:/bin", "HOME": place, "TMPDIR": place}
    try:
        ended = subprocess.run(
            command, stdin=file, env=environment, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None
    return ended.stdout if ended.returncode == 0 else None
