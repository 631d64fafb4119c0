"""A patient's documents in the portal: what they sent, what they are shown from when on, and nothing else."""

import re

import pytest
import sqlalchemy as sa

from clinic.models.documents import Document, DocumentState
from tests.documents import PDF, Sender, looked_through, only, picture


@pytest.fixture
def own(maya, cast):
    return Sender(maya, cast.maya_patient.id, face="portal")


@pytest.fixture
def doctor(osei, cast):
    cast.booked(patient=cast.maya_patient)
    return Sender(osei, cast.maya_patient.id)


@pytest.fixture
def worked(app, session, cast):
    """Let the worker look through what has arrived."""
    return lambda: looked_through(app, session, cast.rose.id)


class TestSending:
    def test_a_patient_sends_a_picture_and_sees_it_once_it_was_looked_through(self, own, worked, session, maya):
        document_id = own.sent("rash.png", picture(), category="picture", title="My arm")
        page = maya.open("portal.documents.index")
        assert "My arm" in page.text and f'href="/portal/documents/{document_id}"' not in page.text
        assert maya.open("portal.documents.download", document_id=document_id).status_code == 404
        worked()
        assert f'href="/portal/documents/{document_id}"' in maya.open("portal.documents.index").text
        page = maya.open("portal.documents.show", document_id=document_id).text
        seen = re.search(r"\?seen=([\w.-]+)", page)[1]
        shown = maya.open("portal.documents.page", document_id=document_id, number=1, seen=seen)
        assert shown.mimetype == "image/webp"
        link = maya.open("portal.documents.download", document_id=document_id).headers["Location"]
        assert maya.open(link).status_code == 200
        assert only(session).from_patient and only(session).uploaded_by_id == maya.person.user.id

    def test_a_plain_form_does_as_well(self, own, worked, session, maya):
        assert own.form(("card.jpg", picture("JPEG")), category="insurance_card").status_code == 303
        worked()
        assert only(session).state == DocumentState.READY

    def test_it_may_be_taken_back_until_the_clinic_has_it(self, own, worked, session, maya):
        first = own.begin("a.pdf", 5_000_000).json["send"].split("/")[-2]
        assert maya.send("portal.documents.remove", document_id=first).status_code == 303
        kept = own.sent("b.pdf", PDF)
        worked()
        assert maya.send("portal.documents.remove", document_id=kept).status_code == 409

    def test_nobody_sends_for_somebody_else_or_as_what_only_the_clinic_files(self, maya, own, cast, osei, session):
        assert Sender(maya, cast.tom.id, "portal").form(("a.pdf", PDF)).status_code == 404
        assert Sender(maya, cast.tom.id, "portal").begin("a.pdf", 10).status_code == 404
        assert own.form(("a.pdf", PDF), category="dictation").status_code == 422
        assert own.begin("a.pdf", 10, category="brief").status_code == 422
        assert Sender(osei, cast.maya_patient.id, "portal").begin("a.pdf", 10).status_code == 403
        session.rollback()
        assert session.scalars(sa.select(Document)).all() == []


class TestWhatIsShown:
    def test_a_report_is_seen_from_its_release_on_and_a_dictation_never(self, doctor, worked, session, maya, osei):
        doctor.form(("report.pdf", PDF), category="report", title="Findings")
        doctor.form(("words.mp3", b"ID3\x04\x00\x00\x00\x00\x00\x00" + b"\xff\xfb\x90\x00" * 40), category="dictation")
        worked()
        report, spoken = (
            session.scalars(sa.select(Document).where(Document.category == each)).one()
            for each in ("report", "dictation")
        )
        for each in (report, spoken):
            assert maya.open("portal.documents.show", document_id=each.id).status_code == 404
            assert maya.open("portal.documents.download", document_id=each.id).status_code == 404
        assert "Findings" not in maya.open("portal.documents.index").text
        assert osei.send("staff.documents.release", document_id=report.id).status_code == 303
        assert osei.send("staff.documents.release", document_id=spoken.id).status_code == 409
        assert "Findings" in maya.open("portal.documents.index").text
        link = maya.open("portal.documents.download", document_id=report.id).headers["Location"]
        assert osei.send("staff.documents.withhold", document_id=report.id).status_code == 303
        assert maya.open(link).status_code == 404
        assert "Findings" not in maya.open("portal.documents.index").text

    def test_what_was_handed_over_is_seen_at_once_and_what_was_removed_no_more(
        self, doctor, worked, session, maya, osei
    ):
        doctor.form(("consent.pdf", PDF), category="consent_form", title="Consent")
        assert "Consent</a>" not in maya.open("portal.documents.index").text
        worked()
        document_id = only(session).id
        assert maya.open("portal.documents.show", document_id=document_id).status_code == 200
        osei.send("staff.documents.remove", document_id=document_id)
        assert maya.open("portal.documents.show", document_id=document_id).status_code == 404

    def test_the_database_itself_keeps_back_what_is_not_released(self, doctor, worked, session, cast):
        from clinic.scope import Scope

        doctor.form(("report.pdf", PDF), category="report")
        worked()
        session.enter(Scope.portal(cast.rose.id, cast.maya.user.id, [cast.maya_patient.id]))
        assert session.connection().execute(sa.text("SELECT count(*) FROM documents")).scalar() == 0
        session.enter(cast.scope)
