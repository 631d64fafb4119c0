"""Sending documents in tests as a page does it: with a plain form, or in parts; and what the worker does then."""

import io
from uuid import UUID

import sqlalchemy as sa
from PIL import Image

from clinic.models.documents import PART, Document, DocumentState
from clinic.work.handlers import run

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 300]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


def picture(kind="PNG", size=(8, 6), **options):
    """The bytes of a small picture."""
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, kind, **options)
    return out.getvalue()


class Sender:
    """Somebody's browser that sends files about one patient, from the desk or from the portal."""

    def __init__(self, visitor, patient_id, face="staff"):
        self.visitor, self.patient_id, self.face = visitor, patient_id, face

    def form(self, *files, **facts):
        """Send the files (name, bytes) with a plain form; the answer."""
        data = {"category": "report", **facts, "files": [(io.BytesIO(content), name) for name, content in files]}
        return self.visitor.send(f"{self.face}.documents.add", data, patient_id=self.patient_id)

    def begin(self, name, size, **facts):
        """Say that a file is going to be sent; the answer."""
        data = {"category": "report", "name": name, "size": str(size), **facts}
        return self.visitor.send(f"{self.face}.documents.begin", data, patient_id=self.patient_id)

    def part(self, address, offset, content, **query):
        """Send one part; the answer."""
        # As a page just opened would: signing in has started the cookie afresh.
        headers = {"X-CSRFToken": self.visitor.csrf, "Accept": "application/json"}
        options = {"data": content, "content_type": "application/octet-stream", "headers": headers}
        return self.visitor._ask(self.visitor.client.post, address, query_string={"offset": offset, **query}, **options)

    def sent(self, name, content, **facts):
        """Send a file in parts, to its end; the id of its document."""
        told = self.begin(name, len(content), **facts).json
        here = told["received"]
        while here < len(content):
            here = self.part(told["send"], here, content[here : here + PART]).json["received"]
        return UUID(told["send"].split("/")[-2])


def looked_through(app, session, clinic_id):
    """Do what the worker does with every file that has arrived; forget what the session knew."""
    session.rollback()
    waiting = sa.select(Document.id).where(Document.state == DocumentState.CHECKING)
    for document_id in session.scalars(waiting).all():
        session.rollback()
        run(app, "documents.check", {"clinic_id": str(clinic_id), "document_id": str(document_id)})
    session.rollback()
    session.expire_all()


def only(session):
    """The one document there is."""
    return session.scalars(sa.select(Document)).one()
