"""What backup and restore do with the files of documents: copied out beside the dump, and back into the storage."""

import hashlib
from pathlib import Path

import click

from clinic.integrations.storage import KEY, PIECE, NotKept
from clinic.stored import storage

FOLDER = "documents"
ROWS = "SELECT storage_key, sha256, preview_pages FROM documents WHERE state = 'ready' ORDER BY clinic_id, id"


def copy_out(connection, folder: Path) -> dict:
    """Copy every file that the snapshot's rows speak of into the folder; how many, how many bytes, and what is amiss.

    A file that is not there, or not the one that was kept, is told by its key and keeps nothing else from being saved.
    """
    told = {"files": 0, "bytes": 0, "amiss": []}
    with connection.cursor("documents_of_backup") as rows:
        for key, sha256, pages in rows.execute(ROWS):
            size, digest = _copied(key, folder / FOLDER)
            if digest != sha256:
                told["amiss"].append(key)
            told["files"], told["bytes"] = told["files"] + (size is not None), told["bytes"] + (size or 0)
            for number in range(1, pages + 1):
                _copied(f"{key.removesuffix('file')}page-{number}", folder / FOLDER)
    return told


def _copied(key, folder):
    """Copy one file; its size and SHA-256, or None for both where there is none."""
    try:
        file = storage().open(key)
    except NotKept:
        return None, None
    place, digest = folder / key, hashlib.sha256()
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with file, place.open("xb") as copy:
        while piece := file.read(PIECE):
            digest.update(piece)
            copy.write(piece)
        return copy.tell(), digest.hexdigest()


def bring_back(connection, folder: Path) -> list[str]:
    """Put the files of a backup into the storage; the keys of those the rows speak of and that are not as they were."""
    kept = folder / FOLDER
    for path in sorted(each for each in kept.rglob("*") if each.is_file()):
        key = str(path.relative_to(kept))
        if KEY.fullmatch(key):
            with path.open("rb") as file:
                storage().put(key, file)
    return [key for key, sha256, _pages in connection.execute(ROWS) if _digest(key) != sha256]


def _digest(key):
    try:
        file = storage().open(key)
    except NotKept:
        return None
    digest = hashlib.sha256()
    with file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def tell(told: dict | None):
    """Say what of the files is in a backup."""
    if told is None:
        click.echo("The files of documents are not in it: keep a copy of the storage itself.")
        return
    click.echo(f"{told['files']:,} files of documents ({told['bytes']:,} bytes) are in it.")
    for key in told["amiss"]:
        click.echo(f"warning: the file {key} is missing in the storage, or not the one that was kept.")
