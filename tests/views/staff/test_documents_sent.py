"""Documents sent from the desk: in parts or at once, whole in the end or said why not, and nobody else's business."""

import errno
import hashlib
import io
from unittest.mock import Mock

import pytest
import sqlalchemy as sa

from clinic.db import db
from clinic.models.documents import PART, Document, DocumentState
from clinic.stored import storage
from tests.documents import PDF, Sender, looked_through, only, picture

READY, REFUSED = DocumentState.READY, DocumentState.REFUSED


@pytest.fixture
def desk(amara, cast):
    return Sender(amara, cast.tom.id)


@pytest.fixture
def worked(app, session, cast):
    """Let the worker look through what has arrived."""
    return lambda: looked_through(app, session, cast.rose.id)


class TestSending:
    def test_several_files_of_a_plain_form_are_kept_once_they_were_looked_through(self, desk, worked, session, amara):
        desk.form(("a.pdf", PDF), ("b.png", picture()), ("c.txt", b"x"), category="consent_form")
        session.rollback()
        assert {each.state for each in session.scalars(sa.select(Document))} == {DocumentState.CHECKING}
        page = amara.open("staff.documents.index", patient_id=desk.patient_id)
        assert "Is being checked" in page.text and page.text.count('href="/staff/documents/0') == 0
        worked()
        found = {each.file_name: each for each in session.scalars(sa.select(Document))}
        assert {each.state for each in found.values()} == {READY}
        assert [(each.mime_type, each.preview_pages) for _name, each in sorted(found.items())] == [
            ("application/pdf", 1), ("image/png", 1), ("text/plain", 0),
        ]  # fmt: skip
        one = found["c.txt"]
        assert one.file_size == 1 and one.sha256 == hashlib.sha256(b"x").hexdigest() and one.title == "c"
        assert "part-" not in "".join(each.key for each in storage().kept(f"{one.clinic_id}/{one.id}/"))

    def test_a_file_in_parts_is_whole_in_the_end(self, desk, worked, session, amara):
        content = PDF + b"%" * (PART + 1000)
        document_id = desk.sent("long.pdf", content, category="brief")
        worked()
        document = db.session.get(Document, (amara.person.clinic.id, document_id))
        assert (document.state, document.file_size) == (READY, len(content))
        assert document.sha256 == hashlib.sha256(content).hexdigest()
        link = amara.open("staff.documents.download", document_id=document_id)
        answer = amara.open(link.headers["Location"])
        assert answer.data == content and answer.headers["Content-Type"] == "application/octet-stream"

    def test_a_broken_line_goes_on_where_it_stopped(self, desk, worked, session):
        content = PDF + b"%" * (2 * PART)
        told = desk.begin("long.pdf", len(content), category="brief", fingerprint="f" * 64).json
        assert told["received"] == 0 and told["state"] == "sending"
        assert desk.part(told["send"], 0, content[:PART]).json == {"received": PART}
        # The answer was lost: the same part again is told what is here, and so is one that comes too early.
        assert desk.part(told["send"], 0, content[:PART]).json == {"received": PART}
        assert desk.part(told["send"], 2 * PART, content[2 * PART :]).status_code == 409
        # The page was closed, and the same file chosen again.
        again = desk.begin("long.pdf", len(content), category="brief", fingerprint="f" * 64).json
        assert again["send"] == told["send"] and again["received"] == PART
        for offset in (PART, 2 * PART):
            desk.part(told["send"], offset, content[offset : offset + PART])
        worked()
        assert only(session).sha256 == hashlib.sha256(content).hexdigest()

    def test_half_a_part_is_no_part(self, desk, session):
        told = desk.begin("long.pdf", PART + 10, category="brief").json
        assert desk.part(told["send"], 0, b"x" * 100).status_code == 400
        session.rollback()
        assert only(session).received == 0 and list(storage().kept(f"{only(session).clinic_id}/")) == []

    @pytest.mark.promise(33, "500 MB and one byte: refused before a byte of it is sent")
    def test_more_than_500_mb_nothing_and_unknown_types_are_refused_at_once(self, desk, session):
        assert desk.begin("film.mp4", 500 * 2**20 + 1).status_code == 409
        assert "too large" in desk.begin("film.mp4", 500 * 2**20 + 1).json["error"]
        assert "empty" in desk.begin("a.pdf", 0).json["error"]
        assert "type" in desk.begin("page.html", 10).json["error"]
        assert desk.begin("film.mp4", 500 * 2**20).json["received"] == 0
        assert desk.form(("a.exe", b"MZ")).status_code == 409
        assert desk.form().status_code == 422
        session.rollback()
        assert [each.file_name for each in session.scalars(sa.select(Document))] == ["film.mp4"]

    def test_a_clinic_keeps_no_more_than_it_has_room_for(self, desk, app, monkeypatch, session):
        monkeypatch.setitem(app.config, "DOCUMENTS_ROOM", 1000)
        assert desk.form(("a.pdf", PDF + b"%" * 1000)).status_code == 507
        assert desk.begin("a.pdf", 600).status_code == 200
        assert desk.begin("b.pdf", 600).status_code == 507

    def test_a_disk_that_is_full_is_said_so_and_keeps_nothing(self, desk, app, monkeypatch, session):
        monkeypatch.setattr(app.request_class, "_get_file_stream", Mock(side_effect=OSError(errno.ENOSPC, "full")))
        assert desk.form(("a.pdf", PDF)).status_code == 507
        session.rollback()
        assert session.scalars(sa.select(Document)).all() == []

    def test_what_is_not_what_its_name_says_is_shown_to_its_sender_with_the_reason(self, desk, worked, session, amara):
        desk.form(("scan.pdf", picture()), category="consent_form")
        worked()
        assert only(session).state == REFUSED and list(storage().kept(f"{only(session).clinic_id}/")) == []
        page = amara.open("staff.documents.index", patient_id=desk.patient_id).text
        assert "not what its name says" in page
        assert amara.open("staff.documents.download", document_id=only(session).id).status_code == 404
        assert amara.send("staff.documents.remove", document_id=only(session).id).status_code == 303
        assert "not what its name says" not in amara.open("staff.documents.index", patient_id=desk.patient_id).text

    def test_whoever_is_not_signed_in_is_not_listened_to_for_as_long_as_a_file_takes(self, nobody, amara, cast):
        address = amara.url("staff.documents.add", patient_id=cast.tom.id)
        for visitor, status in ((nobody, 413), (amara, 400)):
            form = {"files": (io.BytesIO(b"x" * 300_000), "a.pdf")}
            assert visitor._ask(visitor.client.post, address, data=form).status_code == status

    def test_a_part_of_somebody_elses_file_is_not_taken(self, desk, lind, osei, cast, stranger):
        cast.booked()
        told = desk.begin("long.pdf", PART + 10).json
        for visitor in (lind, osei, stranger):
            assert Sender(visitor, cast.tom.id).part(told["send"], 0, b"x" * PART).status_code == 404
            assert visitor.open(told["ask"]).status_code == 404

    def test_it_can_be_about_a_visit_of_the_patients_and_of_no_other(self, desk, cast, session, amara, osei, worked):
        visit, other = cast.booked(), cast.booked(cast.tomorrow_at(12), patient=cast.maya_patient)
        assert desk.form(("a.pdf", PDF), visit_id=str(other.id)).status_code == 404
        assert desk.form(("a.pdf", PDF), visit_id=str(visit.id)).status_code == 303
        session.rollback()
        assert only(session).visit_id == visit.id
        worked()
        assert "1 more document is for doctors." in amara.open("staff.visits.show", visit_id=visit.id).text
        assert f"/staff/documents/{only(session).id}" in osei.open("staff.consultations.show", visit_id=visit.id).text
        page = amara.open("staff.documents.index", patient_id=desk.patient_id, visit_id=visit.id)
        assert page.status_code == 200 and "The visit these documents are about" in page.text
