"""Reading FHIR R4 from files: NDJSON by line, bundles by entry, gzip or plain; never a whole file in memory."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import ijson

LINES = (".ndjson", ".jsonl")
DOCUMENTS = (".json",)
LONGEST_LINE = 16 * 1024 * 1024  # bytes; one resource
LARGEST_RESOURCE = 64 * 1024 * 1024  # bytes; a file that is one resource


@dataclass(frozen=True, slots=True)
class Found:
    """One resource, and the full URL its bundle gave it, if one did."""

    resource: dict
    full_url: str | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """Something that could not be read: the file, the line where lines count, and why, without what stands there."""

    file: Path
    line: int | None
    why: str


def files_in(paths) -> list[Path]:
    """Every FHIR file that the paths name; folders with all below them, in the order of their names."""
    found = []
    for path in map(Path, paths):
        found += sorted(each for each in path.rglob("*") if each.is_file() and _kind(each)) if path.is_dir() else [path]
    return found


def _kind(path):
    name = path.name.lower().removesuffix(".gz")
    return LINES if name.endswith(LINES) else DOCUMENTS if name.endswith(DOCUMENTS) else None


def read(path: Path, tell: Callable[[int], None]) -> Iterator[Found | Broken]:
    """Every resource of one file, and what was broken in it; ``tell`` hears how many bytes of it have been read."""
    try:
        with path.open("rb") as raw, _unzipped(raw) as file:
            for found in read_open(path, file):
                tell(raw.tell())
                yield found
    except (OSError, EOFError, zlib.error):
        yield Broken(path, None, "the file cannot be read to its end")


def read_open(path: Path, file: BinaryIO) -> Iterator[Found | Broken]:
    """Every resource of a file that is open already, and what was broken in it; the path only tells its kind."""
    reader = _lines if _kind(path) == LINES else _document
    return reader(path, file)


def _unzipped(raw):
    magic = raw.read(2)
    raw.seek(0)
    return gzip.GzipFile(fileobj=raw) if magic == b"\x1f\x8b" else raw


def _lines(path, file):
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):
                line = file.readline(LONGEST_LINE)
            yield Broken(path, number, "the line is too long")
            continue
        line = line.removeprefix(b"\xef\xbb\xbf").strip()
        if line:
            yield _parsed(path, number, line)


def _parsed(path, number, text):
    try:
        resource = json.loads(text)
    except (ValueError, RecursionError):
        return Broken(path, number, "this is not JSON")
    return _resource(path, number, resource)


def _resource(path, number, resource, full_url=None):
    if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
        return Broken(path, number, "this is not a FHIR resource")
    return Found(resource, full_url if isinstance(full_url, str) else None)


def _document(path, file):
    try:
        kind = _resource_type(file)
        file.seek(0)
        if kind == "Bundle":
            for entry in ijson.items(file, "entry.item", use_float=True):
                if isinstance(entry, dict) and "resource" in entry:
                    yield _resource(path, None, entry["resource"], entry.get("fullUrl"))
        else:
            text = file.read(LARGEST_RESOURCE)
            yield Broken(path, None, "the file is too large") if file.read(1) else _parsed(path, None, text)
    except (ijson.JSONError, UnicodeDecodeError, RecursionError):
        yield Broken(path, None, "the file stops being JSON here")


def _resource_type(file):
    """What the document is, found without reading more of it than needed."""
    for prefix, _, value in ijson.parse(file, use_float=True):
        if prefix == "resourceType":
            return value
    return None
