"""A patient's record in the portal: its parts, what is new since they last looked, and when they see what."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from clinic.actions import allergies, consultations, immunizations, looks, prescriptions, procedures
from clinic.db import now
from clinic.models.allergies import Allergy
from clinic.models.lab_results import LabResult, ResultSource
from clinic.models.patients import PatientAccess
from clinic.models.people import Relation
from clinic.models.prescriptions import Prescription
from clinic.models.recorded import RecordSource
from clinic.models.referrals import Referral, ReferralStatus, SentTo
from clinic.models.release import RELEASED
from clinic.models.releasing import ReleaseRule
from clinic.queries import news
from tests import noting
from tests.prescribing import prescribed


def looked(session, cast, *, ago):
    """As though Maya had looked at her record so many hours ago, and not since."""
    session.execute(sa.update(PatientAccess).values(looked_at=now() - timedelta(hours=ago), looked_before_at=None))
    session.commit()


def times(session, cast):
    """When Maya looked and had looked before, as the database has it."""
    session.rollback()
    columns = sa.select(PatientAccess.looked_at, PatientAccess.looked_before_at)
    return tuple(session.execute(columns.where(PatientAccess.user_id == cast.maya.user.id)).one())


class TestIndex:
    def test_it_names_the_parts_and_says_when_what_is_seen(self, maya, cast):
        page = maya.open("portal.record.index").text
        assert "My record" in page and f"patient_id={cast.maya_patient.id}" in page
        assert all(release.sentence.split(":")[0] in page for release in RELEASED.values())

    def test_who_sees_several_chooses_one_and_nobody_elses(self, maya, cast, session):
        assert maya.open("portal.record.index", patient_id=cast.tom.id).status_code == 404
        session.add(PatientAccess(clinic_id=cast.rose.id, patient_id=cast.tom.id, user_id=cast.maya.user.id,
                                  relation=Relation.CARER))  # fmt: skip
        session.commit()
        page = maya.open("portal.record.index", patient_id=cast.tom.id).text
        assert "Tom Baker" in page and f"patient_id={cast.maya_patient.id}" in page

    def test_the_staff_have_no_record_in_the_portal(self, amara, osei):
        assert {who.open("portal.record.index").status_code for who in (amara, osei)} == {403}


class TestLook:
    def test_pages_opened_one_after_another_are_one_look(self, maya, cast, session):
        maya.open("portal.record.index")
        first, before = times(session, cast)
        assert first and before is None
        maya.open("portal.home.index")
        assert times(session, cast) == (first, None)

    def test_coming_back_later_is_another_one(self, maya, cast, session):
        looked(session, cast, ago=5)
        was, _none = times(session, cast)
        maya.open("portal.home.index")
        latest, before = times(session, cast)
        assert latest > was and before == was

    def test_nobody_elses_look_is_touched(self, session, cast):
        looked(session, cast, ago=5)
        was = times(session, cast)
        looks.look(session, by=cast.amara.actor)
        session.commit()
        assert times(session, cast) == was


@pytest.fixture
def written(session, cast):
    """What a doctor wrote about Maya three hours ago: a prescription, a referral and a result, released or not yet."""

    def write(*, sent=True, patient=None):
        ids = {"clinic_id": cast.rose.id, "patient_id": (patient or cast.maya_patient).id}
        at = now() - timedelta(hours=3)
        released = {"sent_at": at, "sent_to": SentTo.PATIENT, "status": ReferralStatus.SENT} if sent else {}
        session.add_all((
            Prescription(**ids, source=RecordSource.IMPORT, issued_at=at),
            Referral(**ids, referred_to="Dr Far Away", reason="Planted-Reason", **released),
            LabResult(
                **ids, analyte="Haemoglobin", value=14, unit="g/dL", sampled_at=now(), source=ResultSource.TYPED,
                release_rule=ReleaseRule.NOW, released_at=at if sent else None,
            ),
        ))  # fmt: skip
        session.commit()

    return write


class TestNews:
    def new(self, page):
        found = re.findall(r"<a href=[^>]+>([^<:]+): (\d+) new</a>", page.text)
        return {label: int(number) for label, number in found}

    def test_what_was_written_since_the_last_visit_is_named_until_the_next_one(self, maya, cast, session, written):
        looked(session, cast, ago=5)
        written()
        everything = {"Prescriptions": 1, "Referrals": 1, "Laboratory results": 1}
        assert self.new(maya.open("portal.home.index")) == everything
        # Page after page it is still the same visit.
        assert self.new(maya.open("portal.home.index")) == everything
        assert maya.open("portal.record.index").text.count("1 new") == 3
        looked(session, cast, ago=1)
        assert self.new(maya.open("portal.home.index")) == {}

    def test_what_was_written_or_given_about_their_health_is_new_and_what_they_said_themselves_is_not(
        self, maya, cast, session
    ):
        looked(session, cast, ago=5)
        about, by = session.merge(cast.maya_patient), cast.osei.actor
        allergies.record(about, by=by, substance="Penicillin")
        wrong = allergies.record(about, by=by, substance="Eggs")
        immunizations.record(about, by=by, vaccine="Tetanus", given_at=now())
        procedures.record(about, by=by, name="Appendectomy", performed_at=now())
        session.flush()
        allergies.mark_mistaken(wrong, by=by)
        session.add(Allergy(clinic_id=cast.rose.id, patient_id=about.id, substance="Cats", source=RecordSource.PATIENT))
        session.commit()
        page = maya.open("portal.home.index")
        assert "New since you last looked" in page.text and self.new(page) == {"Health": 3}

    def test_what_was_added_to_a_known_note_or_stopped_of_a_known_prescription_is_new(self, maya, cast, session):
        _visit, note = noting.signed(cast, patient=cast.maya_patient)
        issued = prescribed(session, cast, patient=cast.maya_patient)
        # They look, and are still looking when something comes.
        session.execute(sa.update(PatientAccess).values(looked_at=now(), looked_before_at=now()))
        session.commit()
        assert self.new(maya.open("portal.home.index")) == {}
        consultations.add_addendum(note, "The swab was clean.", by=cast.osei.actor)
        prescriptions.stop(issued, "It is no longer needed", by=cast.osei.actor)
        session.commit()
        assert self.new(maya.open("portal.home.index")) == {"Visits": 1, "Prescriptions": 1}
        # To somebody for whom the note and the prescription are new too, each is one thing.
        looked(session, cast, ago=5)
        assert self.new(maya.open("portal.home.index")) == {"Visits": 1, "Prescriptions": 1}

    def test_nothing_is_new_before_its_release(self, maya, cast, session, written):
        looked(session, cast, ago=5)
        written(sent=False)
        assert self.new(maya.open("portal.home.index")) == {"Prescriptions": 1}

    def test_nobody_elses_news_are_told(self, maya, cast, session, written):
        looked(session, cast, ago=5)
        written(patient=cast.tom)
        assert self.new(maya.open("portal.home.index")) == {}

    def test_nothing_is_new_to_somebody_who_never_looked(self, session, cast, written):
        written()
        assert news.since_last_look(session, cast.rose.id, cast.maya.user.id) == []

    def test_of_very_many_no_more_than_a_hundred_are_counted(self, session, cast, monkeypatch, written):
        monkeypatch.setattr(news, "MOST", 2)
        news._statement.cache_clear()
        looked(session, cast, ago=5)
        looks.look(session, by=SimpleNamespace(
            clinic_id=cast.rose.id, user_id=cast.maya.user.id, patient_ids={cast.maya_patient.id}
        ))  # fmt: skip
        for _each in range(3):
            written()
        counts = {each.table: each.count for each in news.since_last_look(session, cast.rose.id, cast.maya.user.id)}
        news._statement.cache_clear()
        assert counts["prescriptions"] == 2
