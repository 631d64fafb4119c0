"""The steps of a visit as the desk and the doctor take them on their pages."""

from datetime import timedelta

import pytest

from clinic.actions import visits
from clinic.db import db, now
from clinic.models.people import VisitMode
from clinic.models.visits import CancelReason, Visit, VisitEvent, VisitStatus

S = VisitStatus
NOWHERE = "0195f0f0-0000-7000-8000-000000000000"


def _status(session, visit):
    session.rollback()
    session.expire_all()
    return session.get(Visit, (visit.clinic_id, visit.id)).status


class TestCheckIn:
    def test_the_line_comes_back_with_the_next_steps_and_a_way_to_undo(self, cast, session, amara):
        visit = cast.booked()
        part = amara.send("staff.visits.check_in", htmx=True, visit_id=visit.id)
        assert part.status_code == 200 and part.text.lstrip().startswith(f'<li id="visit-{visit.id}"')
        assert "Waiting since" in part.text and "Checked in." in part.text
        assert f"/staff/visits/{visit.id}/undo" in part.text and 'hx-swap-oob="true"' in part.text
        assert _status(session, visit) == S.CHECKED_IN

    def test_without_script_it_leads_back_to_the_board_it_was_clicked_on(self, cast, amara):
        visit = cast.booked()
        board = amara.url("staff.day.index", date=visit.starts_at.date(), view="list")
        answer = amara._ask(amara.client.post, amara.url("staff.visits.check_in", visit_id=visit.id),
                                   data={"csrf_token": amara.csrf}, headers={"Referer": f"http://localhost{board}"})  # fmt: skip
        assert answer.status_code == 303 and answer.location == board

    def test_from_elsewhere_it_leads_to_the_day_of_the_visit(self, cast, amara):
        visit = cast.booked()
        answer = amara._ask(amara.client.post, amara.url("staff.visits.check_in", visit_id=visit.id),
                                   data={"csrf_token": amara.csrf}, headers={"Referer": "http://evil.example/staff/day"})  # fmt: skip
        assert answer.location == amara.url("staff.day.index", date=visit.starts_at.date())

    def test_the_second_of_two_clicks_is_told_that_it_is_done_already(self, cast, amara):
        visit = cast.booked()
        amara.send("staff.visits.check_in", visit_id=visit.id)
        again = amara.send("staff.visits.check_in", htmx=True, visit_id=visit.id)
        assert again.status_code == 409 and "This visit is already checked in." in again.text

    def test_another_clinics_visit_is_as_unknown_as_none(self, cast, stranger, amara):
        visit = cast.booked()
        theirs = stranger.send("staff.visits.check_in", visit_id=visit.id)
        nobodys = stranger.send("staff.visits.check_in", visit_id=NOWHERE)
        assert theirs.status_code == nobodys.status_code == 404


VERBS = ["accept", "confirm", "check_in", "start", "complete", "mark_no_show", "cancel", "undo", "write_note"]


@pytest.mark.parametrize("verb", VERBS)
def test_an_administrator_sees_the_visit_but_takes_no_step(cast, ines, verb):
    visit = cast.booked()
    assert ines.open("staff.visits.show", visit_id=visit.id).status_code == 200
    assert ines.send(f"staff.visits.{verb}", {"reason": "patient"}, visit_id=visit.id).status_code == 403


@pytest.mark.parametrize("verb", VERBS)
def test_a_patient_reaches_no_step_of_the_desk(cast, maya, verb):
    visit = cast.booked(patient=cast.maya_patient)
    assert maya.send(f"staff.visits.{verb}", visit_id=visit.id).status_code == 403


@pytest.mark.parametrize("verb", VERBS)
def test_the_wrong_moment_is_refused_in_words(cast, session, amara, osei, verb):
    visit = cast.booked()
    visits.cancel(visit, CancelReason.PATIENT, by=cast.amara.actor)
    session.commit()
    who = osei if verb in ("start", "complete") else amara
    if verb in ("undo", "write_note"):
        return
    answer = who.send(f"staff.visits.{verb}", {"reason": "patient"}, visit_id=visit.id)
    assert answer.status_code == 409
    lead = answer.text.partition("lead\">")[2].partition("<")[0]
    assert "cancelled" in lead
