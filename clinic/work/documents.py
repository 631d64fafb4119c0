"""Jobs about documents: looking through what arrived before anybody sees it, and letting go of erased patients'."""

import hashlib

import sqlalchemy as sa

from clinic.actions import documents
from clinic.integrations import pictures
from clinic.integrations.storage import NotKept
from clinic.models.documents import Document, DocumentProblem, DocumentState
from clinic.stored import storage
from clinic.uploads import NoRoom, NotTaken, WrongType, receive
from clinic.work.handlers import handles
from clinic.work.keeper import keeper

PROBLEM = DocumentProblem


@handles(documents.CHECK)
def check(session, *, by, document_id):
    """Look through a file that has arrived, and keep it or say why not; nothing is locked meanwhile."""
    document = _arrived(session, document_id)
    if document is None:
        return
    session.commit()
    parts = sorted(each.key for each in storage().kept(document.part_keys))
    found, problem = looked_through(document, parts)
    document = _arrived(session, document_id, lock=True)
    if document is None:
        return
    if problem:
        documents.refuse(document, problem, by=by)
    else:
        documents.accept(document, by=by, **found)
    session.commit()
    # Only now: whoever is killed before this line looks through the same parts again.
    storage().delete(parts)


def _arrived(session, document_id, lock=False):
    wanted = sa.select(Document).where(Document.id == document_id, Document.state == DocumentState.CHECKING)
    wanted = wanted.execution_options(populate_existing=True)
    return session.scalars(wanted.with_for_update(of=Document) if lock else wanted).one_or_none()


def looked_through(document, parts):
    """What the file in these parts is, kept under its key with its pages, as facts for ``accept``; or the problem."""
    try:
        with receive(
            Parts(parts), name=document.file_name, accepts=documents.ACCEPTED, announced=document.file_size,
            folder=storage().spool,
        ) as upload, pictures.drawn(upload.file, upload.media_type, storage().spool) as drawn:  # fmt: skip
            return _kept(document, upload, drawn), None
    except NoRoom:
        raise
    except WrongType:
        return None, PROBLEM.NOT_TEXT if document.file_name.lower().endswith((".txt", ".csv")) else PROBLEM.WRONG_TYPE
    except (NotTaken, NotKept):
        return None, PROBLEM.INCOMPLETE
    except pictures.NotAPicture:
        return None, PROBLEM.NOT_A_PICTURE


def _kept(document, upload, drawn):
    """Keep the file, or the picture drawn anew in its place, and its pages."""
    for number, page in enumerate(drawn.pages, start=1):
        with page.open("rb") as file:
            storage().put(document.page_key(number), file)
    facts = {"mime_type": upload.media_type, "file_name": upload.name, "preview_pages": len(drawn.pages)}
    if drawn.file is None:
        upload.file.seek(0)
        storage().put(document.storage_key, upload.file)
        return {**facts, "sha256": upload.sha256, "file_size": upload.size}
    with drawn.file.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        storage().put(document.storage_key, file)
    return {**facts, "sha256": digest, "file_size": drawn.file.stat().st_size}


class Parts:
    """The parts of a file, read one after the other as though they were one."""

    def __init__(self, keys):
        self.waiting, self.current = list(keys), None

    def read(self, size):
        """The next bytes; b"" at the end of the last part."""
        while True:
            if self.current is None:
                if not self.waiting:
                    return b""
                self.current = storage().open(self.waiting.pop(0))
            if piece := self.current.read(size):
                return piece
            self.current.close()
            self.current = None


@handles(documents.ERASE, when_closed=True)
def erase(session, *, by, patient_id):
    """Remove the documents of an erased patient for good: the rows, then the files that they spoke of."""
    which = {"clinic_id": by.clinic_id, "patient_id": patient_id}
    erased = session.execute(
        sa.text("SELECT erased_at IS NOT NULL FROM patients WHERE clinic_id = :clinic_id AND id = :patient_id"), which
    ).scalar()
    session.commit()
    if not erased:
        return
    with keeper(by.clinic_id) as connection:
        gone = connection.execute(
            "DELETE FROM documents WHERE clinic_id = %(clinic_id)s AND patient_id = %(patient_id)s RETURNING id", which
        ).fetchall()
    # Whatever is left where this stops has no row any more, and the nightly look finds it.
    for (document_id,) in gone:
        storage().delete([each.key for each in storage().kept(f"{by.clinic_id}/{document_id}/")])
