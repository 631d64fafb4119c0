"""Files kept in a folder of this machine, which every process of the product sees."""

import errno
import os
import shutil
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from clinic.db import word
from clinic.integrations.storage import PIECE, Kept, NotKept, StorageAway, checked
from clinic.uploads import NoRoom

UNFINISHED = ".unfinished"
FULL = (errno.ENOSPC, errno.EDQUOT)


class Folder:
    """A folder as storage; what is being written waits beside the rest under a name that nobody asks for."""

    def __init__(self, path: str):
        self.path = Path(path)

    @property
    def spool(self):
        """Files are looked through on the disk where they will be kept."""
        return str(self._unfinished())

    def put(self, key, file):
        """Write it aside, be sure that the disk has it, and only then give it its name."""
        place = self._place(key)
        with self._said():
            handle, name = tempfile.mkstemp(dir=self._unfinished())
            try:
                with os.fdopen(handle, "wb", buffering=0) as new:
                    _copy(file, new)
                    os.fsync(new.fileno())
                place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                Path(name).replace(place)
            except BaseException:
                with suppress(OSError):
                    Path(name).unlink()
                raise

    def open(self, key):
        """The file itself."""
        with self._said():
            try:
                return self._place(key).open("rb", buffering=0)
            except FileNotFoundError:
                raise NotKept(key) from None

    def size(self, key):
        """Its bytes on the disk."""
        with self._said():
            try:
                return self._place(key).stat().st_size
            except FileNotFoundError:
                return None

    def kept(self, prefix=""):
        """Every file below, as the folder tells of it."""
        with self._said():
            for folder, _folders, names in os.walk(self.path / prefix.rpartition("/")[0]):
                for name in names:
                    key = str((Path(folder) / name).relative_to(self.path))
                    if key.startswith(UNFINISHED) or not key.startswith(prefix):
                        continue
                    if found := self._seen(Path(folder) / name):
                        yield Kept(key, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))

    def delete(self, keys):
        """Remove the files, and the folders that nothing is left in."""
        with self._said():
            for key in keys:
                place = self._place(key)
                place.unlink(missing_ok=True)
                for folder in place.parents[:2]:
                    with suppress(OSError):
                        folder.rmdir()

    def link(self, key, *, headers, seconds):
        """A folder has no address."""
        return

    def form(self, key, *, size, seconds):
        """Nor does it take what a browser posts."""
        return

    def sweep(self, before: datetime) -> int:
        """Remove what was begun before then and never finished; how many files that were."""
        old = [
            each for each in self._unfinished().iterdir()
            if (found := self._seen(each)) and found.st_mtime < before.timestamp()
        ]  # fmt: skip
        for each in old:
            if each.is_dir():
                shutil.rmtree(each, ignore_errors=True)
            else:
                each.unlink(missing_ok=True)
        return len(old)

    def _place(self, key):
        return self.path / checked(key)

    def _unfinished(self):
        folder = self.path / UNFINISHED
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    @staticmethod
    def _seen(path):
        try:
            return path.stat()
        except FileNotFoundError:
            return None

    @staticmethod
    def _said():
        return _Said()


class _Said:
    """Whatever the disk says in the block, in the words of storage."""

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _trace):
        if isinstance(error, OSError) and error.errno in FULL:
            raise NoRoom(word("There is no room for files at the moment. Try again later.")) from None
        if isinstance(error, OSError) and error.errno is not None:
            raise StorageAway(type(error).__name__) from error
        return False


def _copy(file, new):
    while piece := file.read(PIECE):
        rest = memoryview(piece)
        while rest:
            rest = rest[new.write(rest) :]
