"""Documents at the desk and in the chart: seen by whom they concern and by nobody else, given out, and filed."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from clinic.db import db
from clinic.integrations.storage import StorageAway
from clinic.models.audit import AuditEntry
from clinic.models.documents import Document, DocumentCategory, DocumentState
from clinic.stored import storage
from tests.access.things import ROWS
from tests.documents import PDF, Sender, looked_through, only, picture
from tests.forged import forged
from tests.queries_counted import counted

READY, REFUSED = DocumentState.READY, DocumentState.REFUSED


@pytest.fixture
def desk(amara, cast):
    return Sender(amara, cast.tom.id)


@pytest.fixture
def doctor(osei, cast):
    cast.booked()
    return Sender(osei, cast.tom.id)


@pytest.fixture
def worked(app, session, cast):
    """Let the worker look through what has arrived."""
    return lambda: looked_through(app, session, cast.rose.id)


@pytest.fixture
def consent(desk, worked, session):
    """A signed form that the desk has scanned."""
    assert desk.form(("consent.pdf", PDF), category="consent_form", title="Consent to treatment").status_code == 303
    worked()
    return only(session)


def seen_in(page):
    """The token with which the pages of a document are looked at."""
    return re.search(r"\?seen=([\w.-]+)", page)[1]


def acts(session):
    session.rollback()
    wanted = sa.select(AuditEntry.action).where(AuditEntry.action.like("documents.%"), AuditEntry.decision == "allowed")
    return session.scalars(wanted.order_by(AuditEntry.created_at)).all()


class TestWhoSeesWhat:
    def test_the_desk_sees_its_papers_and_that_there_are_others(self, doctor, desk, worked, session, amara, osei):
        doctor.form(("result.pdf", PDF), category="lab_report", title="Liver")
        desk.form(("card.png", picture()), category="insurance_card", title="Card")
        worked()
        page = amara.open("staff.documents.index", patient_id=desk.patient_id).text
        assert "Card" in page and "Liver" not in page and "1 more document is for doctors." in page
        assert "Liver" in osei.open("staff.documents.index", patient_id=desk.patient_id).text
        assert "Liver" in osei.open("staff.charts.timeline", patient_id=desk.patient_id).text
        assert "Liver" not in amara.open("staff.charts.existing", patient_id=desk.patient_id).text
        liver = session.scalars(sa.select(Document).where(Document.title == "Liver")).one()
        for endpoint in ("show", "download"):
            assert amara.open(f"staff.documents.{endpoint}", document_id=liver.id).status_code == 404
        assert amara.open("staff.documents.page", document_id=liver.id, number=1).status_code == 404
        seen = seen_in(osei.open("staff.documents.show", document_id=liver.id).text)
        assert amara.open("staff.documents.page", document_id=liver.id, number=1, seen=seen).status_code == 404
        assert amara.send("staff.documents.remove", document_id=liver.id).status_code == 404

    def test_what_the_desk_scans_for_the_doctor_is_the_doctors_once_it_is_here(self, desk, worked, session, amara):
        desk.form(("result.pdf", PDF), category="lab_report", title="Liver")
        assert "Liver" in amara.open("staff.documents.index", patient_id=desk.patient_id).text
        worked()
        assert "Liver" not in amara.open("staff.documents.index", patient_id=desk.patient_id).text

    def test_a_dictation_is_the_doctors_and_a_brief_the_desks_too(self, doctor, desk, worked, session, amara, osei):
        words = b"ID3\x04\x00\x00\x00\x00\x00\x00" + b"\xff\xfb\x90\x00" * 40
        doctor.form(("words.mp3", words), category="dictation", title="Spoken")
        desk.form(("words.mp3", words), category="dictation", title="Recorded")
        desk.form(("order.pdf", PDF), category="brief", title="Order")
        before = amara.open("staff.documents.index", patient_id=desk.patient_id).text
        assert "Recorded" in before and "Spoken" not in before
        worked()
        after = amara.open("staff.documents.index", patient_id=desk.patient_id).text
        assert "Order" in after and "Recorded" not in after and "Spoken" not in after
        assert "2 more documents are for doctors." in after
        assert "Spoken" in osei.open("staff.documents.index", patient_id=desk.patient_id).text
        for spoken in session.scalars(sa.select(Document).where(Document.category == DocumentCategory.DICTATION)).all():
            for endpoint in ("show", "download"):
                assert amara.open(f"staff.documents.{endpoint}", document_id=spoken.id).status_code == 404

    def test_another_doctor_an_administrator_and_another_clinic_do_not(self, consent, lind, ines, stranger):
        for endpoint in ("show", "download"):
            assert lind.open(f"staff.documents.{endpoint}", document_id=consent.id).status_code == 404
            assert stranger.open(f"staff.documents.{endpoint}", document_id=consent.id).status_code == 404
            assert ines.open(f"staff.documents.{endpoint}", document_id=consent.id).status_code == 403
        assert lind.open("staff.documents.index", patient_id=consent.patient_id).status_code == 404

    def test_a_list_costs_the_same_however_long_it_is(self, app, session, cast, osei, doctor):
        corner = type("Corner", (), {"clinic": cast.rose})
        osei.open("staff.documents.index", patient_id=cast.tom.id)
        session.add(ROWS["document_id"](corner, cast.tom.id, 1))
        session.commit()
        with counted(app) as few:
            osei.open("staff.documents.index", patient_id=cast.tom.id)
        session.add_all(ROWS["document_id"](corner, cast.tom.id, number) for number in range(60))
        session.commit()
        with counted(app) as many:
            page = osei.open("staff.documents.index", patient_id=cast.tom.id).text
        assert len(many) == len(few) and page.count("<li><p") <= 50 and "Next" in page


class TestGivingOut:
    @pytest.mark.promise(34, "a link of a minute, for one session, person, clinic and document: anything else 404")
    def test_a_link_is_good_for_the_session_it_was_made_for_and_nobody_else(self, consent, amara, osei, cast, app):
        cast.booked()
        link = amara.open("staff.documents.download", document_id=consent.id).headers["Location"]
        assert osei.open(link).status_code == 404
        assert type(amara)(app, amara.person).open(link).status_code == 404
        for changed in (forged(link), link[:-3], link.replace(".", "", 1)):
            assert amara.open(changed).status_code == 404
        assert amara.open(link).status_code == 200

    @pytest.mark.promise(34, "a minute later: 404")
    def test_a_link_dies_within_a_minute(self, consent, amara, monkeypatch):
        from clinic.views import document_links

        link = amara.open("staff.documents.download", document_id=consent.id).headers["Location"]
        later = document_links.now() + timedelta(seconds=62)
        monkeypatch.setattr(document_links, "now", lambda: later)
        assert amara.open(link).status_code == 404

    @pytest.mark.promise(33, "given back as an attachment, of no type, sandboxed")
    def test_what_is_given_back_is_saved_and_runs_nowhere(self, consent, amara, session):
        answer = amara.open(amara.open("staff.documents.download", document_id=consent.id).headers["Location"])
        assert answer.data == PDF and answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"] == "attachment; filename=consent.pdf"
        assert "sandbox" in answer.headers["Content-Security-Policy"] and answer.headers["Cache-Control"] == "no-store"
        # Nobody looks at a page of it without having been written down.
        assert amara.open("staff.documents.page", document_id=consent.id, number=1).status_code == 404
        seen = seen_in(amara.open("staff.documents.show", document_id=consent.id).text)
        shown = amara.open("staff.documents.page", document_id=consent.id, number=1, seen=seen)
        assert shown.mimetype == "image/webp" and "sandbox" in shown.headers["Content-Security-Policy"]
        assert amara.open("staff.documents.page", document_id=consent.id, number=2, seen=seen).status_code == 404
        assert acts(session) == ["documents.begin", "documents.accept", "documents.download", "documents.open"]

    def test_nothing_is_held_while_the_storage_is_asked_and_who_asked_is_written_down(
        self, consent, amara, session, app, monkeypatch
    ):
        class Mute:
            held = []

            def open(self, _key):
                self.held.append(db.session().in_transaction())
                raise StorageAway("mute")

        link = amara.open("staff.documents.download", document_id=consent.id).headers["Location"]
        seen = seen_in(amara.open("staff.documents.show", document_id=consent.id).text)
        monkeypatch.setitem(app.extensions, "storage", Mute())
        assert amara.open(link).status_code == 503
        assert amara.open("staff.documents.page", document_id=consent.id, number=1, seen=seen).status_code == 503
        assert Mute.held == [False, False]
        assert acts(session)[-2:] == ["documents.open", "documents.download"]

    def test_a_file_that_is_gone_or_cannot_be_had_is_said_so(self, consent, amara, app, monkeypatch):
        link = amara.open("staff.documents.download", document_id=consent.id).headers["Location"]
        storage().delete([consent.storage_key])
        assert amara.open(link).status_code == 404
        monkeypatch.setitem(app.config, "DOCUMENTS_URL", "s3://documents?region=x&endpoint=http://127.0.0.1:9")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
        monkeypatch.delitem(app.extensions, "storage")
        answer = amara.open(link)
        monkeypatch.delitem(app.extensions, "storage")
        assert answer.status_code == 503 and "cannot be had" in answer.text


class TestFiling:
    def test_it_is_filed_better_with_everything_kept(self, consent, amara, session):
        data = {"category": "brief", "title": "Letter", "description": "From the court", "recorded_on": "01/02/2026"}
        assert amara.send("staff.documents.update", data, document_id=consent.id).status_code == 303
        session.expire_all()
        assert (consent.category, consent.title, consent.description) == (
            DocumentCategory.BRIEF,
            "Letter",
            "From the court",
        )
        assert consent.recorded_at.date().isoformat() == "2026-02-01"
        bad = amara.send("staff.documents.update", {**data, "category": "message_attachment"}, document_id=consent.id)
        assert bad.status_code == 422

    def test_what_the_desk_files_as_a_doctors_leads_back_to_its_list(self, consent, amara):
        data = {"category": "dictation", "title": "Spoken"}
        answer = amara.send("staff.documents.update", data, document_id=consent.id)
        assert answer.location == amara.url("staff.documents.index", patient_id=consent.patient_id)
        assert amara.open("staff.documents.show", document_id=consent.id).status_code == 404

    def test_it_is_removed_and_put_back(self, consent, amara, session):
        assert amara.send("staff.documents.remove", document_id=consent.id).status_code == 303
        assert amara.open("staff.documents.show", document_id=consent.id).status_code == 404
        assert amara.send("staff.documents.remove", document_id=consent.id).status_code == 404
        assert amara.send("staff.documents.restore", document_id=consent.id).status_code == 303
        assert amara.open("staff.documents.show", document_id=consent.id).status_code == 200
        assert amara.send("staff.documents.restore", document_id=consent.id).status_code == 404

    def test_a_doctor_shows_a_report_to_the_patient_and_takes_that_back(self, doctor, worked, session, osei, amara):
        doctor.form(("report.pdf", PDF), category="report")
        worked()
        document_id = only(session).id
        assert amara.send("staff.documents.release", document_id=document_id).status_code == 403
        assert osei.send("staff.documents.release", document_id=document_id).status_code == 303
        assert osei.send("staff.documents.release", document_id=document_id).status_code == 409
        assert osei.send("staff.documents.withhold", document_id=document_id).status_code == 303
        session.expire_all()
        assert only(session).released_at is None

    def test_nothing_is_added_to_what_is_not_there(self, amara, stranger, cast, ines):
        assert Sender(stranger, cast.tom.id).form(("a.pdf", PDF)).status_code == 404
        assert Sender(amara, uuid4()).form(("a.pdf", PDF)).status_code == 404
        assert Sender(ines, cast.tom.id).form(("a.pdf", PDF)).status_code == 403
