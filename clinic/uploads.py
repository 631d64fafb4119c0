"""Files that people send: taken in piece by piece within bounds, known by their bytes, given back to do nothing."""

import codecs
import errno
import hashlib
import re
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import quote

import puremagic
from werkzeug.http import dump_options_header

from clinic.db import word

PIECE = 64 * 1024
LONGEST_NAME = 120
# Bytes enough to be no accident: "BM" begins a bitmap and many a sentence.
TELLING = 4
# What a browser would run; nobody's use of uploads may take these.
ACTIVE = {"text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml", "text/javascript"}
JOINERS = "\u200c\u200d"  # they shape letters and pictures, and hide nothing
RESERVED = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?:\.|$)", re.IGNORECASE)
NO_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")


class NotTaken(Exception):
    """A file was not taken; nothing of it is left. ``template`` with ``values`` is the sentence, for translation."""

    status = 400

    def __init__(self, template: str, **values):
        super().__init__(template % values if values else template)
        self.template, self.values = template, values


class TooLarge(NotTaken):
    """The file is larger than this use allows."""

    status = 413


class NoRoom(NotTaken):
    """The clinic, or the machine, has no room left for the file."""

    status = 507


class WrongType(NotTaken):
    """The file is of a type that this use does not take, or is not what its name says."""

    status = 415


@dataclass(frozen=True)
class Accepts:
    """What one use takes: media types, each with the endings a file of it may have, and the most bytes."""

    types: Mapping[str, tuple[str, ...]]
    most_bytes: int

    def __post_init__(self):
        if active := ACTIVE & set(self.types):
            raise ValueError(f"files that a browser would run are not taken: {sorted(active)}")

    def named(self, name: str) -> list[str]:
        """The types that a file of this name may have; without an ending all whose bytes tell them."""
        ending = PurePosixPath(name).suffix.lower()
        if not ending:
            return [each for each in self.types if not each.startswith("text/")]
        return [each for each, endings in self.types.items() if ending in endings]


@dataclass(frozen=True)
class Upload:
    """A file that was taken, open at its beginning, for as long as the block lasts that received it."""

    file: BinaryIO
    name: str
    media_type: str
    size: int
    sha256: str


@contextmanager
def receive(
    stream: BinaryIO,
    *,
    name: str,
    accepts: Accepts,
    room: int | None = None,
    announced: int | None = None,
    folder: Path | None = None,
) -> Iterator[Upload]:
    """Take a file in and yield it as an Upload; raises NotTaken, or what the stream raises.

    ``room`` is how many bytes the clinic may still keep, ``announced`` what the request said would come. The bytes wait
    in a file of `folder` that has no name, so it is gone when the block ends, however that happens.
    """
    name = safe_name(name)
    types = accepts.named(name)
    if not types:
        raise WrongType(word("Files of this type are not taken here."))
    # Unbuffered: what a full disk did not take would be tried again when the file is closed.
    with tempfile.TemporaryFile(buffering=0, dir=folder) as file:
        size, digest = _copy(stream, file, accepts.most_bytes, room, _Text() if types[0].startswith("text/") else None)
        if announced is not None and size < announced:
            raise NotTaken(word("The file did not arrive whole. Send it again."))
        media_type = _type_of(file, types, accepts)
        file.seek(0)
        yield Upload(file, _with_ending(name, accepts.types[media_type][0]), media_type, size, digest)


def safe_name(typed: str) -> str:
    """A name under which a file can be kept and given back on every system; the last part of a path, never empty."""
    name = unicodedata.normalize("NFC", typed).replace("\\", "/").rpartition("/")[2]
    name = "".join(each for each in name if each in JOINERS or unicodedata.category(each)[0] != "C")
    name = " ".join(re.sub(r'[<>:"|?*%;]', "_", name).split()).strip(". ")
    if RESERVED.match(name):
        name = f"_{name}"
    stem, dot, ending = name.rpartition(".")
    if dot and len(ending) <= 10:
        return f"{_cut(stem, LONGEST_NAME - len(ending) - 1)}.{ending}"
    return _cut(name, LONGEST_NAME) or "file"


def download_headers(upload_name: str) -> dict[str, str]:
    """The headers under which a kept file is given back: to be saved under its name, never run where it is shown."""
    name = safe_name(upload_name)
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode() or "file"
    names = {"filename": plain}
    if plain != name:
        names["filename*"] = f"UTF-8''{quote(name, safe='!#$&+-.^_`|~')}"
    return {
        "Content-Disposition": dump_options_header("attachment", names),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }


def _copy(stream, file, most_bytes, room, text):
    """Copy within the bounds; how much was really there counts, not what was said of it."""
    size, digest = 0, hashlib.sha256()
    while piece := stream.read(PIECE):
        size += len(piece)
        if size > most_bytes:
            raise TooLarge(word("The file is too large: at most %(most)s MB are taken here."), most=most_bytes // 2**20)
        if room is not None and size > room:
            raise NoRoom(word("There is no room left for this file. Remove files that are not needed any more."))
        if text:
            text.read(piece)
        digest.update(piece)
        _write(file, memoryview(piece))
    if not size:
        raise NotTaken(word("The file is empty."))
    if text:
        text.read(b"", final=True)
    return size, digest.hexdigest()


def _write(file, piece):
    try:
        while piece:
            piece = piece[file.write(piece) :]
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise NoRoom(word("There is no room for files at the moment. Try again later.")) from None


class _Text:
    """Hears whether what passes by is text: UTF-8 without control characters."""

    def __init__(self):
        self.decoder = codecs.getincrementaldecoder("utf-8")()

    def read(self, piece, final=False):
        try:
            is_text = not NO_CONTROLS.search(self.decoder.decode(piece, final))
        except UnicodeDecodeError:
            is_text = False
        if not is_text:
            raise WrongType(word("This file is not plain text in UTF-8."))


def _type_of(file, types, accepts):
    """Which of the types the bytes are of; raises WrongType."""
    found = _sniffed(file)
    # Several types may begin alike; what is told with the most bytes counts.
    for media_type in types:
        endings = accepts.types[media_type]
        if media_type.startswith("text/"):
            longest = max((len(each.byte_match) for each in found), default=0)
            telling = [each for each in found if len(each.byte_match) == longest >= TELLING]
            if all(each.extension in endings or each.mime_type == "text/plain" for each in telling):
                return media_type
        elif any(each.extension in endings for each in found if each.confidence == found[0].confidence):
            return media_type
    raise WrongType(word("This file is not what its name says it is, or not of a type that is taken here."))


def _sniffed(file):
    file.seek(0)
    try:
        return puremagic.magic_stream(file)
    except puremagic.PureError:
        return []


def _with_ending(name, ending):
    return name if PurePosixPath(name).suffix else f"{_cut(name, LONGEST_NAME - len(ending))}{ending}"


def _cut(text, most):
    """At most so many characters, and no more than twice as many bytes: file systems count those."""
    return text[:most].encode()[: 2 * most].decode(errors="ignore").rstrip(". ")
