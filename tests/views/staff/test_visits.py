"""The steps of a visit as the desk and the doctor take them on their pages."""

from datetime import timedelta

import pytest

from clinic.actions import visits
from clinic.db import now
from clinic.models.people import VisitMode
from clinic.models.visits import CancelReason, Visit, VisitStatus

S = VisitStatus
NOWHERE = "0195f0f0-0000-7000-8000-000000000000"


def _of_today(cast):
    return cast.booked(now(), overbook="Whatever the hour of the test")


def _status(session, visit):
    session.rollback()
    session.expire_all()
    return session.get(Visit, (visit.clinic_id, visit.id)).status


def _clicked_on(page, who, visit):
    address = who.url("staff.visits.confirm", visit_id=visit.id)
    return who._ask(who.client.post, address, data={"csrf_token": who.csrf}, headers={"Referer": page})


class TestCheckIn:
    def test_the_line_comes_back_with_the_next_steps_and_a_way_to_undo(self, cast, session, amara):
        visit = _of_today(cast)
        part = amara.send("staff.visits.check_in", htmx=True, visit_id=visit.id)
        assert part.status_code == 200 and part.text.lstrip().startswith(f'<li id="visit-{visit.id}"')
        assert "Waiting since" in part.text and "Checked in." in part.text
        assert f"/staff/visits/{visit.id}/undo" in part.text and 'hx-swap-oob="true"' in part.text
        assert _status(session, visit) == S.CHECKED_IN

    def test_without_script_it_leads_back_to_the_board_it_was_clicked_on(self, cast, amara):
        visit = cast.booked()
        board = amara.url("staff.day.index", date=visit.starts_at.date(), view="list")
        answer = _clicked_on(f"http://localhost{board}", amara, visit)
        assert answer.status_code == 303 and answer.location == board

    def test_from_elsewhere_it_leads_to_the_day_of_the_visit(self, cast, amara):
        visit = cast.booked()
        answer = _clicked_on("http://evil.example/staff/day", amara, visit)
        assert answer.location == amara.url("staff.day.index", date=visit.starts_at.date())

    def test_the_second_of_two_clicks_is_told_that_it_is_done_already(self, cast, amara):
        visit = _of_today(cast)
        amara.send("staff.visits.check_in", visit_id=visit.id)
        again = amara.send("staff.visits.check_in", htmx=True, visit_id=visit.id)
        assert again.status_code == 409 and "This visit is already checked in." in again.text
        # The line comes along as it is now, in place of the old one.
        assert again.text.lstrip().startswith(f'<li id="visit-{visit.id}"') and "Waiting since" in again.text

    @pytest.mark.parametrize("days", [-1, 1, 3])
    def test_nobody_is_here_for_a_visit_of_another_day(self, cast, session, amara, days):
        visit = cast.booked(cast.tomorrow_at(10, days=days), overbook="Whatever day it is")
        assert "/check-in" not in amara.open("staff.visits.show", visit_id=visit.id).text
        answer = amara.send("staff.visits.check_in", visit_id=visit.id)
        assert answer.status_code == 409 and "move it to today first" in answer.text
        assert _status(session, visit) == S.BOOKED

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


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb not in ("undo", "write_note")])
def test_the_wrong_moment_is_refused_in_words(cast, session, amara, osei, verb):
    visit = cast.booked()
    visits.cancel(visit, CancelReason.PATIENT, by=cast.amara.actor)
    session.commit()
    who = osei if verb in ("start", "complete") else amara
    answer = who.send(f"staff.visits.{verb}", {"reason": "patient"}, visit_id=visit.id)
    assert answer.status_code == 409
    lead = answer.text.partition('lead">')[2].partition("<")[0]
    assert "cancelled" in lead


class TestStartAndComplete:
    def test_the_doctor_takes_the_patient_in_and_finishes(self, cast, session, amara, osei):
        visit = _of_today(cast)
        amara.send("staff.visits.check_in", visit_id=visit.id)
        started = osei.send("staff.visits.start", htmx=True, visit_id=visit.id)
        assert "In progress" in started.text and "/complete" in started.text
        assert osei.send("staff.visits.complete", htmx=True, visit_id=visit.id).status_code == 200
        assert _status(session, visit) == S.COMPLETED

    def test_another_doctors_visit_with_ones_own_patient_is_refused_with_the_reason(self, cast, session, amara, lind):
        cast.booked(cast.tomorrow_at(14), provider=cast.dr_lind)
        visit = _of_today(cast)
        amara.send("staff.visits.check_in", visit_id=visit.id)
        answer = lind.send("staff.visits.start", htmx=True, visit_id=visit.id)
        assert answer.status_code == 409 and "own doctor" in answer.text
        assert _status(session, visit) == S.CHECKED_IN

    def test_by_video_too_nobody_is_taken_in_on_another_day(self, cast, session, osei):
        visit = cast.booked(cast.tomorrow_at(14), visit_mode=VisitMode.VIRTUAL)
        page = osei.open("staff.visits.show", visit_id=visit.id).text
        assert f"/staff/visits/{visit.id}/start" not in page
        answer = osei.send("staff.visits.start", htmx=True, visit_id=visit.id)
        assert answer.status_code == 409 and "on a later day" in answer.text
        assert _status(session, visit) == S.BOOKED

    def test_the_desk_starts_nothing(self, cast, amara):
        assert amara.send("staff.visits.start", visit_id=cast.booked().id).status_code == 403


class TestCancel:
    def test_it_asks_why_first(self, cast, session, amara):
        visit = cast.booked()
        assert amara.open("staff.visits.cancel", visit_id=visit.id).status_code == 200
        silent = amara.send("staff.visits.cancel", {"note": "typed before"}, visit_id=visit.id)
        assert silent.status_code == 422 and "Choose why" in silent.text and "typed before" in silent.text
        answer = amara.send("staff.visits.cancel", {"reason": "patient", "note": "Has a cold"}, visit_id=visit.id)
        assert answer.status_code == 303 and _status(session, visit) == S.CANCELLED

    def test_a_reason_nobody_offered_is_refused(self, cast, session, amara):
        visit = cast.booked()
        assert amara.send("staff.visits.cancel", {"reason": "unanswered"}, visit_id=visit.id).status_code == 422
        assert _status(session, visit) == S.BOOKED


class TestUndo:
    def test_within_a_quarter_of_an_hour_one_click_is_enough(self, cast, session, amara):
        visit = _of_today(cast)
        amara.send("staff.visits.check_in", visit_id=visit.id)
        answer = amara.send("staff.visits.undo", htmx=True, visit_id=visit.id)
        assert "Taken back." in answer.text and _status(session, visit) == S.BOOKED

    def test_later_the_answer_is_the_form_that_asks_why(self, cast, session, amara, monkeypatch):
        visit = _of_today(cast)
        amara.send("staff.visits.check_in", visit_id=visit.id)
        later = now() + timedelta(minutes=16)
        monkeypatch.setattr(visits, "now", lambda: later)
        asked = amara.send("staff.visits.undo", visit_id=visit.id)
        form = amara.url("staff.visits.undo", visit_id=visit.id)
        assert asked.status_code == 303 and asked.location == form and _status(session, visit) == S.CHECKED_IN
        assert amara.send("staff.visits.undo", htmx=True, visit_id=visit.id).headers["HX-Redirect"] == form
        assert amara.open("staff.visits.undo", visit_id=visit.id).status_code == 200
        assert amara.send("staff.visits.undo", {"reason": ""}, visit_id=visit.id).status_code == 422
        assert amara.send("staff.visits.undo", {"reason": "Wrong Mr Baker"}, visit_id=visit.id).status_code == 303
        assert _status(session, visit) == S.BOOKED
        assert "Wrong Mr Baker" in amara.open("staff.visits.show", visit_id=visit.id).text

    def test_only_those_who_may_take_the_step_may_take_it_back(self, cast, session, amara, osei):
        visit = cast.booked()
        amara.send("staff.visits.cancel", {"reason": "patient"}, visit_id=visit.id)
        assert osei.send("staff.visits.undo", visit_id=visit.id).status_code == 403
        assert amara.send("staff.visits.undo", visit_id=visit.id).status_code == 303


class TestPage:
    def test_it_tells_the_whole_history_with_who_and_when(self, cast, session, amara):
        visit = cast.booked()
        visits.move_to(visit, cast.wish(cast.tomorrow_at(11)), by=cast.amara.actor)
        visits.check_in(visit, by=cast.osei.actor)
        session.commit()
        page = amara.open("staff.visits.show", visit_id=visit.id).text
        history = page.partition("History")[2]
        assert "Kwame Osei" in history and "Amara Diallo" in history
        assert "Booked → Checked in" in history and "Moved from" in history and "11:00" in history

    @pytest.mark.parametrize("days", [-1, 1, 3])
    def test_nobody_is_here_for_a_visit_of_another_day(self, cast, session, amara, days):
        visit = cast.booked(cast.tomorrow_at(10, days=days), overbook="Whatever day it is")
        assert "/check-in" not in amara.open("staff.visits.show", visit_id=visit.id).text
        answer = amara.send("staff.visits.check_in", visit_id=visit.id)
        assert answer.status_code == 409 and "move it to today first" in answer.text
        assert _status(session, visit) == S.BOOKED

    def test_another_clinics_visit_is_as_unknown_as_none(self, cast, stranger):
        visit = cast.booked()
        assert stranger.open("staff.visits.show", visit_id=visit.id).status_code == 404
        assert stranger.open("staff.visits.show", visit_id=NOWHERE).status_code == 404
        assert stranger.open("/staff/visits/not-an-id").status_code == 404

    def test_the_part_that_refreshes_itself_leaves_what_is_being_typed_alone(self, cast, amara):
        part = amara.open("staff.visits.show", htmx=True, visit_id=cast.booked().id).text
        assert part.startswith('<div id="visit"') and "<textarea" not in part

    def test_a_note_is_kept_and_shown(self, cast, session, osei):
        visit = cast.booked()
        assert osei.send("staff.visits.write_note", {"notes": "Comes by taxi"}, visit_id=visit.id).status_code == 303
        assert "Comes by taxi" in osei.open("staff.visits.show", visit_id=visit.id).text
        long = osei.send("staff.visits.write_note", {"notes": "x" * 4001}, visit_id=visit.id)
        assert long.status_code == 422 and "x" * 4001 in long.text

    @pytest.mark.parametrize("typed", ["javascript:alert(1)", "meet.example/1", "ftp://a.example", "https://", "x y"])
    def test_a_link_must_be_one_that_a_browser_opens_safely(self, cast, session, amara, typed):
        visit = cast.booked(visit_mode=VisitMode.VIRTUAL)
        answer = amara.send("staff.visits.set_meeting_url", {"meeting_url": typed}, visit_id=visit.id)
        assert answer.status_code == 422 and f'value="{typed}"' in answer.text

    def test_a_link_is_kept_and_opens_from_the_page(self, cast, amara):
        visit = cast.booked(visit_mode=VisitMode.VIRTUAL)
        link = {"meeting_url": "https://meet.example/rose?room=1"}
        assert amara.send("staff.visits.set_meeting_url", link, visit_id=visit.id).status_code == 303
        assert 'href="https://meet.example/rose?room=1"' in amara.open("staff.visits.show", visit_id=visit.id).text
