"""A patient's record in the portal: its parts, what is new since the last visit, and when they see what."""

from datetime import timedelta

import sqlalchemy as sa

from clinic.actions import looks
from clinic.db import now
from clinic.models.patients import PatientAccess
from clinic.models.people import Relation
from clinic.models.release import RELEASED
from clinic.queries import news


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


class TestNews:
    def test_nothing_is_new_to_somebody_who_never_looked(self, session, cast):
        assert news.since_last_look(session, cast.rose.id, cast.maya.user.id) == []
