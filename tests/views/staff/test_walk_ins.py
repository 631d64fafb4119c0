"""Somebody came without a time: they wait on the board, once, with a ticket."""

from uuid import uuid4

import pytest
import sqlalchemy as sa

from clinic.models.notifications import Notification
from clinic.models.organizations import Clinic
from clinic.models.people import ContactMethod
from clinic.models.visits import Visit, VisitKind, VisitStatus
from tests.visitor import check_page


def everybody(session, cast):
    """Every visit as the database has it now."""
    session.rollback()
    session.enter(cast.scope)
    return session.scalars(sa.select(Visit)).all()


@pytest.fixture
def tom(app, session, cast, tmp_path, monkeypatch):
    """Tom, with an email address and a mobile number, at a clinic that can send text messages."""
    for name, value in (("MAIL_URL", ""), ("SMS_URL", ""), ("MAIL_FOLDER", str(tmp_path))):
        monkeypatch.setitem(app.config, name, value)
    cast.tom.email, cast.tom.phone = "tom@baker.example", "+44 7700 900123"
    session.commit()
    return cast.tom


class TestWhatIsSentIsSaidBefore:
    def said(self, amara, session, patient, method=None, **facts):
        """What the form says of the patient who likes to be reached like this."""
        patient.preferred_contact_method = method
        for name, value in facts.items():
            setattr(patient, name, value)
        session.commit()
        page = amara.open("staff.walk_ins.new", patient_id=patient.id).text
        check_page(page)
        return page

    def test_by_text_message_by_mail_or_not_at_all_and_why(self, amara, session, tom):
        assert "We text them their number" in self.said(amara, session, tom, ContactMethod.SMS)
        assert "We email them their number" in self.said(amara, session, tom, ContactMethod.EMAIL)
        assert "We email them their number" in self.said(amara, session, tom)
        page = self.said(amara, session, tom, ContactMethod.PHONE)
        assert "They like to be called, so nothing is sent" in page and "Tell them their number" in page
        page = self.said(amara, session, tom, ContactMethod.SMS, phone="+44 20 7946 0123", email=None)
        assert "no email address and no number for text messages, so nothing is sent" in page

    def test_where_the_clinic_sends_no_such_message(self, amara, session, cast, tom):
        session.execute(
            sa.update(Clinic).where(Clinic.id == cast.rose.id).values(settings={"telling": {"off": ["ticket"]}})
        )
        assert "The clinic sends no message about this" in self.said(amara, session, tom)

    def test_and_nothing_before_it_is_known_who_came_nor_of_who_has_died(self, amara, session, tom):
        assert "their number" not in amara.open("staff.walk_ins.new").text
        assert "their number" not in self.said(amara, session, tom, deceased_at=sa.func.now())


class TestCreate:
    def test_the_patient_waits_with_a_ticket_for_whoever_is_free(self, amara, cast, session):
        assert amara.open("staff.walk_ins.new", patient_id=cast.tom.id).status_code == 200
        answer = amara.send("staff.walk_ins.create", {"reason": "Cut finger"}, patient_id=cast.tom.id)
        assert answer.status_code == 303 and "/staff/day" in answer.location
        visit = everybody(session, cast)[0]
        assert visit.kind == VisitKind.WALK_IN and visit.status == VisitStatus.CHECKED_IN
        assert visit.ticket_number == 1 and visit.provider_id is None and visit.reason == "Cut finger"

    def test_the_desk_is_told_whether_the_link_is_on_its_way(self, amara, cast, session, tom):
        amara.send("staff.walk_ins.create", {}, patient_id=tom.id)
        assert "ticket 1. Their link goes to them by email." in amara.open("staff.queue.index").text
        assert session.scalars(sa.select(Notification.kind)).all() == ["ticket"]
        cast.maya_patient.preferred_contact_method = ContactMethod.PHONE
        session.commit()
        amara.send("staff.walk_ins.create", {}, patient_id=cast.maya_patient.id)
        page = amara.open("staff.queue.index").text
        assert "ticket 2. No link is sent to them; it can be made on the page of the visit." in page

    def test_or_for_one_doctor(self, amara, cast, session):
        amara.send("staff.walk_ins.create", {"provider_id": cast.dr_lind.id}, patient_id=cast.tom.id)
        assert everybody(session, cast)[0].provider_id == cast.dr_lind.id

    def test_twice_is_refused_while_they_wait(self, amara, cast, session):
        amara.send("staff.walk_ins.create", {}, patient_id=cast.tom.id)
        answer = amara.send("staff.walk_ins.create", {}, patient_id=cast.tom.id)
        assert answer.status_code == 409 and "already among those who wait" in answer.text
        assert len(everybody(session, cast)) == 1

    def test_what_cannot_be_read_is_422(self, amara, cast):
        doctors = "x", uuid4(), cast.dr_reyes.id
        for wrong in (*({"provider_id": each} for each in doctors), {"reason": "x" * 500}):
            assert amara.send("staff.walk_ins.create", wrong, patient_id=cast.tom.id).status_code == 422

    def test_the_patient_is_found_on_the_page(self, amara, cast):
        page = amara.send("staff.walk_ins.find", {"q": "tom"}).text
        check_page(page)
        assert f"patient_id={cast.tom.id}" in page
        part = amara.send("staff.walk_ins.find", {"q": "tom"}, htmx=True).text
        assert f"patient_id={cast.tom.id}" in part and "<html" not in part

    def test_another_clinics_patient_is_not_here(self, stranger, cast):
        assert stranger.send("staff.walk_ins.create", {}, patient_id=cast.tom.id).status_code == 404

    def test_a_doctor_does_not_add_walk_ins(self, osei, cast):
        assert osei.send("staff.walk_ins.create", {}, patient_id=cast.tom.id).status_code == 403
