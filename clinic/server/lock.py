"""One supervisor for one folder at a time."""

import fcntl
import os
from pathlib import Path

from clinic.server.errors import ServerError


class FolderLock:
    """A lock on a folder that the system itself lets go of when the process that holds it ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._descriptor: int | None = None

    def take(self) -> None:
        """Take the lock, or refuse with a sentence where another process holds it."""
        if self._descriptor is not None:
            return
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise ServerError(
                f"Clinic already runs here: another process uses the data in {self.folder}. Stop that one first."
            ) from None
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go of the lock if it is ours."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
