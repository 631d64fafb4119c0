"""Giving documents out: a link that works for a minute and for nobody but the reader whose session it was made for.

What is given out never runs: a file is only saved, and pages are looked at as pictures that were drawn here.
"""

from datetime import datetime, timedelta
from uuid import UUID

from flask import Response, abort, current_app, redirect, request
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeSerializer

from clinic import errors
from clinic.clock import now
from clinic.current import current
from clinic.integrations.storage import PIECE, NotKept
from clinic.stored import storage
from clinic.uploads import download_headers

LIVES, LOOKED_AT_FOR = timedelta(seconds=60), timedelta(hours=1)
# The bucket's own address is nobody's in particular, so it lives no longer than a browser takes to follow it.
BUCKET_SECONDS = 20
LOOKED_AT = {"Content-Security-Policy": "default-src 'none'; sandbox", "Content-Disposition": "inline"}


def token_of(document) -> str:
    """The token with which this session may fetch the document within a minute."""
    return _signed("file", document, LIVES)


def looking_token_of(document) -> str:
    """The token with which this session may look at its pages for an hour; whoever gets one was written down."""
    return _signed("pages", document, LOOKED_AT_FOR)


def document_id_of(token) -> UUID:
    """The document that a token of this session's opens; 404 for every other token, and for one that is too old."""
    return _read("file", token)


def _signed(purpose, document, lives):
    return _signer(purpose).dumps([document.id.hex, _whose(), int((now() + lives).timestamp())])


def _read(purpose, token):
    try:
        document_id, whose, until = _signer(purpose).loads(token)
    except (BadSignature, ValueError, TypeError):
        abort(404)
    if whose != _whose() or now() > datetime.fromtimestamp(until, now().tzinfo):
        abort(404)
    return UUID(hex=document_id)


class KeptFile(Response):
    """The answer that is a kept file, opened once the request is committed: no transaction waits for the storage."""

    def __init__(self, key, media_type, headers):
        super().__init__(mimetype=media_type, headers=headers)
        self.key = key

    def fetch(self):
        """Open the file, or say 404 of one that is gone; raises StorageAway."""
        try:
            file = storage().open(self.key)
        except NotKept:
            abort(404)
        self.response = _pieces(file)
        self.call_on_close(file.close)


def file_of(document):
    """The answer that is the document's file, to be saved under its name."""
    headers = download_headers(document.file_name)
    if current_app.config["DOCUMENTS_DIRECT"]:
        kept_as = {"Content-Disposition": headers["Content-Disposition"], "Content-Type": "application/octet-stream"}
        if link := storage().link(document.storage_key, headers=kept_as, seconds=BUCKET_SECONDS):
            return redirect(link, 303)
    answer = KeptFile(document.storage_key, "application/octet-stream", headers)
    answer.content_length = document.file_size
    return answer


def page_of(document, number):
    """The answer that is the picture of one page, for whoever has the page open that shows it."""
    if not 1 <= number <= document.preview_pages or _read("pages", request.args.get("seen", "")) != document.id:
        abort(404)
    return KeptFile(document.page_key(number), "image/webp", LOOKED_AT)


def away(_error):
    """What a reader is told while the storage does not answer."""
    return errors.answer(503, _("Files cannot be had at the moment. Try again in a minute."), {"Retry-After": "60"})


def _pieces(file):
    """The file piece by piece; it is let go of at its end, and wherever whoever reads it stops."""
    with file:
        while piece := file.read(PIECE):
            yield piece


def _whose():
    return f"{current.session_id}.{current.user.id}.{current.clinic.id}.{current.face}"


def _signer(purpose):
    return URLSafeSerializer(current_app.secret_key, salt=f"documents.{purpose}")
