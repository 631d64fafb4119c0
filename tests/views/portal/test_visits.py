"""A patient sees, cancels and moves her own visits, and nobody else's."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import visits as verbs
from clinic.db import now
from clinic.models.visits import CancelReason, Visit, VisitStatus


@pytest.fixture
def hers(cast):
    """Maya's visit with Dr Osei in three days at ten."""
    return cast.booked(cast.tomorrow_at(10, days=3), patient=cast.maya_patient)


def again(session, visit):
    """The visit as it stands in the database now."""
    session.rollback()
    session.expire_all()
    return session.get(Visit, (visit.clinic_id, visit.id))


def iso(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class TestCancel:
    def test_before_the_cut_off_she_may_and_the_time_is_free_again(self, maya, session, hers):
        assert "Cancel this visit?" in maya.open("portal.visits.cancel", visit_id=hers.id).text
        answer = maya.send("portal.visits.call_off", {"note": "I feel better"}, visit_id=hers.id)
        assert answer.status_code == 303
        visit = again(session, hers)
        assert visit.status == VisitStatus.CANCELLED and visit.cancel_reason == CancelReason.PATIENT
        assert visit.cancel_note == "I feel better" and visit.slot_id is None


class TestMove:
    def test_she_chooses_day_and_time_and_the_visit_keeps_its_id(self, maya, cast, session, hers):
        later = cast.tomorrow_at(11, days=4)
        assert "Which day suits you better?" in maya.open("portal.visits.move", visit_id=hers.id).text
        day = maya.open("portal.visits.move_time", visit_id=hers.id, day=later.date().isoformat())
        assert "11:00" in day.text
        chosen = {"provider_id": str(cast.dr_osei.id), "starts_at": iso(later)}
        assert "Move your visit?" in maya.open("portal.visits.move_check", visit_id=hers.id, **chosen).text
        assert maya.send("portal.visits.move_to", chosen, visit_id=hers.id).status_code == 303
        assert again(session, hers).starts_at == later
