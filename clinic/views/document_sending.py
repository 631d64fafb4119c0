"""Taking in files of both faces: one by one in parts that a broken line only delays, or all at once with a plain form.

Nothing of a file is read while a transaction is open: however slow the sender or the storage is, nobody waits.
"""

from urllib.parse import urlsplit
from uuid import UUID

from flask import abort, current_app, jsonify, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from uuid_utils.compat import uuid7
from werkzeug.exceptions import ClientDisconnected

from clinic.actions import documents
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.headers import CSP
from clinic.integrations.storage import StorageAway
from clinic.models.documents import FIRST_PART, LARGEST, PART, Document, DocumentState, key_of
from clinic.models.insurance import InsurancePolicy
from clinic.models.patients import Patient
from clinic.models.visits import Visit
from clinic.queries.documents import begun_before
from clinic.stored import storage
from clinic.uploads import NotTaken

# All the files of a plain form together, and the words that come with them.
PLAIN_FORM = LARGEST + 2**20
# Where a server hands on a body without an end, one that fills its bound is taken for longer than that.
ONE_PART = PART + 1
FORM_SECONDS = 600


def begin(patient, form):
    """Take note of one file that a script is about to send: where its parts go, and from which byte on."""
    if not form.validate():
        return _no(422, " ".join(str(each) for errors in form.errors.values() for each in errors))
    mark = request.form.get("fingerprint", "")[:64] or None
    facts = {**form.described(), **about(patient.id), "fingerprint": mark}
    size = _number(request.form.get("size"))
    document = begun_before(db.session(), patient.id, current.user.id, fingerprint=mark, file_size=size)
    try:
        document = document or _begun(patient, request.form.get("name", "")[:300], size, facts)
    except (Refused, NotTaken) as error:
        return _no(409 if isinstance(error, Refused) else error.status, _sentence(error))
    return jsonify(told(document))


def take_part(document):
    """Keep the next part of a file, which is the body of the request, or lies in the bucket already."""
    offset, document_id = _number(request.args.get("offset")), document.id
    key, length = document.part_key(offset // PART + 1), documents.wanted(document)
    is_next = document.state == DocumentState.SENDING and offset == document.received
    # From here on no transaction is open, until the part is kept.
    db.session.rollback()
    try:
        if is_next:
            _keep_part(key, length)
        received = documents.take_part(_again(document_id), offset=offset, length=length if is_next else -1)
    except documents.OutOfStep as error:
        return jsonify(received=error.received), 409
    except (StorageAway, NotTaken) as error:
        return _no(getattr(error, "status", 503), _sentence(error))
    return jsonify(received=received)


def told(document):
    """What a script needs to know of a file on its way."""
    facts = {
        "state": document.state.value, "received": document.received,
        "send": url_for(".part", document_id=document.id), "ask": url_for(".progress", document_id=document.id),
    }  # fmt: skip
    if document.problem:
        facts["problem"] = _(document.problem.label)
    if document.state == DocumentState.SENDING and current_app.config["DOCUMENTS_DIRECT"]:
        key = document.part_key(document.received // PART + 1)
        facts["form"] = storage().form(key, size=documents.wanted(document), seconds=FORM_SECONDS)
    return facts


def add(patient, form):
    """Take in the files of a plain form; how many those were. Raises Refused or NotTaken, and then none of them is."""
    facts = {**form.described(), **about(patient.id)}
    if len(form.chosen) > 1:
        facts["title"] = None
    patient_id, sizes = patient.id, [_size(each.stream) for each in form.chosen]
    ids = [uuid7() for _each in form.chosen]
    for file, size in zip(form.chosen, sizes, strict=True):
        _begun(patient, file.filename, size, dict(facts))
    # It would be taken, as far as can be told: kept aside without a transaction, then written down.
    db.session.rollback()
    for file, document_id in zip(form.chosen, ids, strict=True):
        storage().put(key_of(current.clinic.id, document_id, FIRST_PART), file.stream)
    patient = db.session.get(Patient, (current.clinic.id, patient_id), populate_existing=True) or abort(404)
    for file, size, document_id in zip(form.chosen, sizes, ids, strict=True):
        documents.arrived(_begun(patient, file.filename, size, dict(facts), document_id))
    return len(ids)


def may_reach_the_bucket(page):
    """The page, allowed to send to the bucket where files go there straight from the browser."""
    if current_app.config["DOCUMENTS_DIRECT"]:
        # Any key does: what is asked is where such forms lead.
        parts = urlsplit(storage().form(key_of(current.clinic.id, current.clinic.id), size=1, seconds=1)[0])
        reach = f"connect-src 'self' {parts.scheme}://{parts.netloc}"
        page.headers["Content-Security-Policy"] = CSP.replace("connect-src 'self'", reach)
    return page


def here(many) -> str:
    """What is said once so many files of a plain form have arrived."""
    return ngettext("%(num)d file is here and is being checked.", "%(num)d files are here and are being checked.", many)


def about(patient_id):
    """Which visit or policy the form says the files are about; 404 for one that is not this patient's."""
    wanted = {"visit_id": Visit, "insurance_policy_id": InsurancePolicy}
    return {name: _own(kind, request.values.get(name), patient_id) for name, kind in wanted.items()}


def _own(kind, typed, patient_id):
    if not typed:
        return None
    try:
        found = db.session.get(kind, (current.clinic.id, UUID(typed)))
    except ValueError:
        abort(404)
    return found.id if found is not None and found.patient_id == patient_id else abort(404)


def _begun(patient, name, size, facts, document_id=None):
    room = current_app.config["DOCUMENTS_ROOM"]
    return documents.begin(
        patient, by=current.actor, room=room, file_name=name, file_size=size, document_id=document_id, **facts
    )


def _keep_part(key, length):
    if request.args.get("kept"):
        if storage().size(key) != length:
            raise NotTaken("The part did not arrive.")
        return
    if request.content_length != length:
        raise NotTaken("The part did not arrive.")
    storage().put(key, _Whole(request.stream, length))


class _Whole:
    """A body of so many bytes; one that ends before, because the line broke, is no end of a file but a fault."""

    def __init__(self, stream, length):
        self.stream, self.left = stream, length

    def read(self, size=-1):
        piece = self.stream.read(self.left if size < 0 else min(size, self.left)) if self.left else b""
        self.left -= len(piece)
        if self.left and not piece and size:
            raise ClientDisconnected
        return piece


def _again(document_id):
    return db.session.get(Document, (current.clinic.id, document_id), populate_existing=True) or abort(404)


def _size(stream):
    stream.seek(0, 2)
    size = stream.tell()
    stream.seek(0)
    return size


def _number(typed):
    try:
        return int((typed or "")[:12])
    except ValueError:
        abort(400)


def _no(status, sentence):
    db.session.rollback()
    return jsonify(error=sentence), status


def _sentence(error):
    if isinstance(error, Refused):
        return said(error)
    if isinstance(error, NotTaken):
        return _(error.template) % error.values
    return _("Files cannot be kept at the moment. It is tried again by itself.")
