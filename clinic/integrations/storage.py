"""Where files are kept: a folder of this machine, or a bucket that speaks S3; both behave alike, as their tests say.

A file appears under its key whole or not at all, and putting it there again changes nothing.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# A clinic's id, a document's id, and what it is of the document.
KEY = re.compile(rf"{ID}/{ID}/(?:file|part-\d{{5}}|page-\d{{1,3}})")
PIECE = 64 * 1024  # bytes


class StorageAway(Exception):
    """The storage did not take or give a file, and may do so later; says why without naming anybody."""


class NotKept(Exception):
    """There is no file under this key."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is kept: under which key, how many bytes, since when."""

    key: str
    size: int
    at: datetime


class Storage(Protocol):
    """What the product asks of wherever its files are kept; any of it may raise StorageAway."""

    # A folder in which a large file may wait while it is looked through; None is the system's own.
    spool: str | None

    def put(self, key: str, file: BinaryIO) -> None:
        """Keep what is left to read of the file under the key; whoever is killed meanwhile has kept nothing."""

    def open(self, key: str) -> BinaryIO:
        """The file's bytes, to be read piece by piece and closed; raises NotKept."""

    def size(self, key: str) -> int | None:
        """How many bytes are under the key; None where there is nothing."""

    def kept(self, prefix: str = "") -> Iterator[Kept]:
        """Everything whose key begins so, in no order."""

    def delete(self, keys: Iterable[str]) -> None:
        """Remove what is under the keys; what is not there is no fault."""

    def sweep(self, before: datetime) -> int:
        """Let go of what was begun before then and never finished; how many files that were."""

    def link(self, key: str, *, headers: dict[str, str], seconds: int) -> str | None:
        """An address that gives the file away for so long, to anybody; None where there are no such addresses."""

    def form(self, key: str, *, size: int, seconds: int) -> tuple[str, dict[str, str]] | None:
        """Where a browser may post exactly so many bytes to, and with which fields; None where it may not."""


def checked(key: str) -> str:
    """The key, if it is one of ours: nothing that anybody typed ever becomes a path."""
    if not KEY.fullmatch(key):
        raise ValueError("this is no key of a file")
    return key


def storage_of(url: str) -> Storage:
    """The storage that DOCUMENTS_URL names: ``file:///a/folder``, or ``s3://bucket?region=…&endpoint=https://…``."""
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path and not parts.netloc:
        from clinic.integrations.storage_folder import Folder

        return Folder(unquote(parts.path))
    if parts.scheme == "s3" and parts.netloc:
        from clinic.integrations.storage_s3 import Bucket

        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        return Bucket(parts.netloc, region=asked.get("region"), endpoint=asked.get("endpoint"))
    raise ValueError("DOCUMENTS_URL is file:///a/folder or s3://bucket?region=…, if need be with &endpoint=https://…")
