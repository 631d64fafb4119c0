"""Documents: sending one, part by part or at once, what became of it when it was looked through, and its paper work."""

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic import bell, jobs
from clinic.actions.acting import Refused, action
from clinic.db import now
from clinic.models.documents import (
    CHOSEN_BY_PATIENTS,
    CHOSEN_BY_STAFF,
    LARGEST,
    PART,
    Document,
    DocumentCategory,
    DocumentProblem,
    DocumentState,
    key_of,
)
from clinic.models.patients import Patient
from clinic.models.release import NEVER_SHOWN
from clinic.queries import documents as asked
from clinic.uploads import Accepts, NoRoom, safe_name

S, MOMENT = DocumentState, sa.func.now()
CHECK, ERASE = "documents.check", "documents.erase"
# Of one person's files so many may be on their way at once.
MOST_ON_THEIR_WAY = 30
OFFICE = "application/vnd.openxmlformats-officedocument"
ACCEPTED = Accepts(
    {
        "application/pdf": (".pdf",),
        "image/jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
        "image/png": (".png",),
        "image/webp": (".webp",),
        "image/tiff": (".tif", ".tiff"),
        "application/dicom": (".dcm",),
        "text/plain": (".txt",),
        "text/csv": (".csv",),
        f"{OFFICE}.wordprocessingml.document": (".docx",),
        f"{OFFICE}.spreadsheetml.sheet": (".xlsx",),
        "application/vnd.oasis.opendocument.text": (".odt",),
        "application/rtf": (".rtf",),
        "application/zip": (".zip",),
        "audio/mpeg": (".mp3",),
        "audio/mp4": (".m4a",),
        "audio/wav": (".wav",),
        "audio/ogg": (".ogg", ".oga"),
        "video/mp4": (".mp4",),
        "video/quicktime": (".mov",),
    },
    LARGEST,
)  # fmt: skip


class OutOfStep(Exception):
    """A part came that is not the next one; ``received`` is how many bytes are here, where the sender goes on."""

    def __init__(self, received):
        super().__init__(received)
        self.received = received


@action
def begin(patient: Patient, *, by, room, file_name, file_size, document_id=None, **facts):
    """Take note of a file that is going to be sent; ``room`` is how many bytes the clinic may keep in all.

    ``facts`` are title, category, description, recorded_at, visit_id, insurance_policy_id and fingerprint.
    """
    session, name = object_session(patient), safe_name(file_name)
    _refuse_what_is_not_taken(session, patient, name, file_size, facts["category"], by)
    if asked.room_taken(session, patient.clinic_id) + file_size > room:
        raise NoRoom("There is no room left for this file. Remove files that are not needed any more.")
    document_id = document_id or uuid7()
    facts["title"] = facts.get("title") or name.rpartition(".")[0] or name
    facts["recorded_at"] = facts.get("recorded_at") or now()
    document = Document(
        clinic_id=patient.clinic_id, id=document_id, patient_id=patient.id, file_name=name, file_size=file_size,
        storage_key=key_of(patient.clinic_id, document_id), state=S.SENDING, from_patient=by.in_portal,
        uploaded_by_id=by.user_id, **facts,
    )  # fmt: skip
    session.add(document)
    return document


def take_part(document: Document, *, offset, length):
    """Count a part that is kept now; the last one makes the file whole, and it is looked through. Says what is here.

    Raises OutOfStep where another part is wanted: what was kept of this one is the same again, or never read.
    """
    session = object_session(document)
    session.refresh(document, with_for_update=True)
    if document.state != S.SENDING or document.deleted_at or document.received != offset:
        raise OutOfStep(document.received)
    if length != wanted(document):
        raise OutOfStep(document.received)
    document.received += length
    if document.received == document.file_size:
        arrived(document)
    return document.received


def wanted(document: Document) -> int:
    """How many bytes the next part has."""
    return min(PART, document.file_size - document.received)


def arrived(document: Document):
    """Everything is here: it is looked through before anybody sees it."""
    document.received, document.state = document.file_size, S.CHECKING
    jobs.put(object_session(document), CHECK, clinic_id=document.clinic_id, document_id=document.id)


@action
def accept(document: Document, *, by, mime_type, sha256, file_size, file_name, preview_pages):
    """It was looked through, and is what it says it is: from now on it may be opened."""
    document.mime_type, document.sha256, document.preview_pages = mime_type, sha256, preview_pages
    document.received = document.file_size = file_size
    document.file_name, document.state, document.problem = file_name, S.READY, None
    bell.ring(object_session(document), document.clinic_id, "documents")
    return document


@action
def refuse(document: Document, problem, *, by):
    """It cannot be kept, or cannot be found any more; whoever sent it reads why."""
    document.state, document.problem = S.REFUSED, problem
    bell.ring(object_session(document), document.clinic_id, "documents")
    return document


@action
def find_again(document: Document, *, by):
    """Its file is back in the storage."""
    document.state, document.problem = S.READY, None
    bell.ring(object_session(document), document.clinic_id, "documents")
    return document


@action
def update(document: Document, *, by, **facts):
    """Say better what it is."""
    _refuse_removed(document)
    if facts["category"] != document.category and facts["category"] not in CHOSEN_BY_STAFF:
        raise Refused("Choose from what is offered.", field="category")
    for name, value in facts.items():
        setattr(document, name, value)
    if document.category != DocumentCategory.OTHER:
        document.category_text = None
    return document


@action
def release(document: Document, *, by):
    """Let the patient see it in the portal."""
    _locked(document)
    _refuse_removed(document)
    if not document.is_ready or document.category in NEVER_SHOWN:
        raise Refused("The patient does not see documents of this kind.")
    if document.released_at:
        raise Refused("The patient sees this document already.")
    document.released_at, document.released_by_id = now(), by.user_id
    return document


@action
def withhold(document: Document, *, by):
    """Show it to the patient no more; what they saw or saved meanwhile they have."""
    _locked(document)
    document.released_at = document.released_by_id = None
    return document


@action
def remove(document: Document, *, by):
    """Take it out of the record; it can be put back."""
    _locked(document)
    _refuse_removed(document)
    document.deleted_at, document.deleted_by_id = now(), by.user_id
    if document.is_on_its_way:
        # What came of it so far goes with the nightly look at the storage.
        document.state, document.problem = S.REFUSED, DocumentProblem.INCOMPLETE
    return document


@action
def restore(document: Document, *, by):
    """Put it back into the record."""
    if document.deleted_at is None:
        raise Refused("This document is in the record.")
    document.deleted_at = document.deleted_by_id = None
    return document


def blanked(clinic_id, ids):
    """The statements that take what documents say of erased patients; rows and files go with the job ERASE."""
    table = Document.__table__
    yield (
        sa.update(table)
        .where(table.c.clinic_id == clinic_id, table.c.patient_id.in_(ids))
        .values(title="", description=None, category_text=None, file_name="", fingerprint=None, deleted_at=MOMENT)
    )


def _refuse_what_is_not_taken(session, patient, name, size, category, by):
    if patient.deleted_at or patient.erased_at or patient.merged_into_id:
        raise Refused("Nothing can be added to this record any more.")
    if category not in (CHOSEN_BY_PATIENTS if by.in_portal else CHOSEN_BY_STAFF):
        raise Refused("Choose from what is offered.", field="category")
    if size < 1:
        raise Refused("The file is empty.", field="files")
    if size > LARGEST:
        raise Refused(
            "The file is too large: at most %(most)s MB are taken here.", field="files", most=LARGEST // 2**20
        )
    if not ACCEPTED.named(name):
        raise Refused("Files of this type are not taken here.", field="files")
    if asked.count_on_their_way(session, by.user_id) >= MOST_ON_THEIR_WAY:
        raise Refused("You are sending many files already. Wait until some have arrived.", field="files")


def _locked(document):
    object_session(document).refresh(document, with_for_update=True)


def _refuse_removed(document):
    if document.deleted_at:
        raise Refused("This document was removed.")
