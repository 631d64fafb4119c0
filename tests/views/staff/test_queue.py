"""The queue's page: who is here, calling them, colours, long waits, and how true the estimates were."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from uuid_utils.compat import uuid7

from clinic.actions import visits
from clinic.models.notifications import Notification, NotificationKind, NotificationState
from clinic.models.visits import Visit
from clinic.views.staff import queue_rows
from tests.queries_counted import counted
from tests.waiting import appointed, walked_in, were_seen

CALL = {"room_id": "", "place": "Room 2"}


def told_the_number(session, visit):
    """The line of the ledger with which somebody who waits is told their number."""
    line = Notification(
        clinic_id=visit.clinic_id, id=uuid7(), patient_id=visit.patient_id, visit_id=visit.id,
        kind=NotificationKind.TICKET, visit_starts_at=visit.starts_at,
    )  # fmt: skip
    session.add(line)
    return line


class TestIndex:
    def test_it_shows_who_is_called_who_waits_in_order_and_who_is_with_a_doctor(self, session, cast, amara):
        seen = walked_in(session, cast, "With Osei", 60)
        visits.start(seen, by=cast.osei.actor)
        session.commit()
        walked_in(session, cast, "Waits Longer", 20)
        walked_in(session, cast, "In Danger", 1, severity="red")
        page = amara.open("staff.queue.index").text
        order = [page.index(name) for name in ("In Danger", "Waits Longer", "With Osei")]
        assert order == sorted(order) and "Red" in page and "2 people wait" in page

    def test_a_long_wait_is_said_in_words_after_the_clinics_own_minutes(self, session, cast, amara, ines):
        walked_in(session, cast, minutes=31)
        assert "Long wait" in amara.open("staff.queue.index").text
        answer = ines.send("staff.queue.set_limits", {"waiting": 40, "called": 5, "seen": 60})
        assert answer.status_code == 303
        assert "Long wait" not in amara.open("staff.queue.index").text

    def test_who_came_early_is_told_a_time_after_their_own(self, session, cast, amara):
        were_seen(session, cast, 10, minutes=5)
        begin = appointed(session, cast, minutes=50).starts_at.astimezone(ZoneInfo(cast.rose.timezone))
        told = " to ".join(f"{begin + timedelta(minutes=minutes):%H:%M}" for minutes in (5, 15))
        page = amara.open("staff.queue.index").text
        assert f"told {told}" in page and ", 50 min" in page and "Long wait" not in page

    def test_who_came_without_a_time_and_has_no_link_is_shown_to_who_can_give_it(self, session, cast, amara, osei):
        visit = walked_in(session, cast)
        link = f'<a href="/staff/visits/{visit.id}/link">No link sent'
        assert link in amara.open("staff.queue.index").text
        assert "No link sent" not in osei.open("staff.queue.index", provider="all").text
        line = told_the_number(session, visit)
        for state in NotificationState:
            line.state, line.channel = state, "email"
            session.commit()
            is_shown = state in (NotificationState.CALL, NotificationState.FAILED, NotificationState.NOT_NEEDED)
            assert (link in amara.open("staff.queue.index").text) == is_shown, state

    def test_who_had_a_time_has_the_link_of_when_it_was_booked(self, session, cast, amara):
        appointed(session, cast)
        assert "No link sent" not in amara.open("staff.queue.index").text

    def test_nobody_is_here(self, amara):
        assert "Nobody is here" in amara.open("staff.queue.index").text

    def test_a_doctor_begins_with_their_own_and_opens_nobody_elses(self, session, cast, osei):
        mine = appointed(session, cast, "Mine Alone")
        other = appointed(session, cast, "Not Mine", provider=cast.dr_lind)
        own = osei.open("staff.queue.index").text
        assert "Mine Alone" in own and "Not Mine" not in own
        everybody = osei.open("staff.queue.index", provider="all").text
        assert f"/staff/visits/{mine.id}" in everybody and "Not Mine" in everybody and str(other.id) not in everybody

    def test_who_waits_by_video_is_started_by_their_doctor_and_called_by_nobody(self, session, cast, osei, amara):
        video = appointed(session, cast, "By Video", visit_mode="virtual")
        own, desks = osei.open("staff.queue.index").text, amara.open("staff.queue.index").text
        assert f"/staff/visits/{video.id}/start" in own and f"/staff/visits/{video.id}/start" not in desks
        for page in (own, desks):
            assert "· By video" in page and f"/queue/{video.id}/call?" not in page
            assert re.search("queue-next[^>]* disabled", page)

    def test_htmx_gets_the_part_alone(self, session, cast, amara):
        walked_in(session, cast)
        part = amara.open("staff.queue.index", htmx=True).text
        assert part.lstrip().startswith('<div id="queue"') and "<html" not in part

    def test_it_asks_as_often_for_thirty_as_for_three(self, app, session, cast, amara):
        def asked():
            with counted(app) as statements:
                amara.open("staff.queue.index")
            return len(statements)

        walked_in(session, cast)
        few = asked()
        for number in range(20):
            walked_in(session, cast, f"Person {number}")
        assert asked() == few

    def test_who_may_see_it(self, session, cast, maya, stranger, nobody):
        walked_in(session, cast)
        assert maya.open("staff.queue.index").status_code == 403
        assert "Tom Baker" not in stranger.open("staff.queue.index").text
        assert nobody.open("staff.queue.index").status_code == 302

    @pytest.mark.parametrize("provider", ["nonsense", "00000000-0000-7000-8000-000000000000"])
    def test_a_doctor_who_is_not_there_is_not_found(self, amara, provider):
        assert amara.open("staff.queue.index", provider=provider).status_code == 404


class TestCalls:
    def test_the_next_one_is_called_and_the_place_is_remembered(self, session, cast, amara):
        walked_in(session, cast, minutes=5)
        answer = amara.send("staff.queue.call_next", CALL, htmx=True)
        assert "Room 2" in answer.text and "Number 1: Room 2." in answer.text and "/uncall" in answer.text
        assert 'value="Room 2"' in amara.open("staff.queue.index").text

    def test_where_nobody_says_where_to_the_page_asks(self, session, cast, amara):
        walked_in(session, cast)
        page = amara.open("staff.queue.index").text
        assert ">The visit’s own room, if it has one</option>" in page and "came without a time has no room yet" in page
        answer = amara.send("staff.queue.call_next", {"room_id": "", "place": ""})
        assert answer.status_code == 409 and "Number 1 has no room yet. Say where they should go" in answer.text

    def test_a_refused_call_is_answered_with_the_part_it_takes_the_place_of_and_keeps_what_was_chosen(
        self, session, cast, amara
    ):
        visit, room = walked_in(session, cast), str(cast.dr_osei.id)
        part = amara.open("staff.queue.index").text.partition('<div id="queue-calling"')[2]
        assert part.count('hx-target="#queue-calling"') == 2
        for sent, status in (({"room_id": "", "place": " "}, 409), ({"room_id": room, "place": "By the window"}, 422)):
            for endpoint, values in (("call_next", {}), ("call", {"visit_id": visit.id})):
                answer = amara.send(f"staff.queue.{endpoint}", sent, htmx=True, **values)
                assert answer.status_code == status and answer.text.startswith('<div id="queue-calling"')
                assert "<html" not in answer.text and "<h1" not in answer.text and "error-summary" in answer.text
                assert answer.text.count('name="room_id"') == 1 and 'id="queue"' in answer.text
                assert f'value="{sent["place"].strip()}"' in answer.text
        done = amara.send("staff.queue.call_next", CALL, htmx=True).text
        assert done.startswith('<div id="queue-calling"') and "error-summary" not in done and 'value="Room 2"' in done

    def test_one_is_called_out_of_turn_once_more_and_not_at_all(self, session, cast, amara):
        visit = walked_in(session, cast)
        assert amara.send("staff.queue.call", CALL, visit_id=visit.id).status_code == 303
        assert amara.send("staff.queue.call", CALL, visit_id=visit.id).status_code == 409
        assert amara.send("staff.queue.call_again", {}, visit_id=visit.id).status_code == 303
        assert "called 2 times" in amara.open("staff.queue.index").text
        assert amara.send("staff.queue.uncall", {}, visit_id=visit.id).status_code == 303
        session.expire_all()
        assert session.get(Visit, (cast.rose.id, visit.id)).called_at is None

    def test_a_doctor_calls_their_own_next_whatever_the_page_shows(self, session, cast, osei):
        appointed(session, cast, "Not Mine", provider=cast.dr_lind)
        assert osei.send("staff.queue.call_next", CALL, provider="all").status_code == 409

    @pytest.mark.parametrize("is_called", [True, False])
    def test_who_has_gone_is_taken_out_and_may_be_put_back_where_they_were(self, session, cast, amara, is_called):
        visit = walked_in(session, cast)
        if is_called:
            amara.send("staff.queue.call", CALL, visit_id=visit.id)
        page = amara.open("staff.queue.index", provider="all").text
        row = page.partition('<div class="more-steps">')[2].partition("</details>")[0]
        assert f'formaction="/staff/visits/{visit.id}/mark-no-show">Did not come<' in row
        came_from = {"next": "/staff/queue?provider=all"}
        answer = amara.send("staff.visits.mark_no_show", came_from, visit_id=visit.id)
        assert answer.status_code == 303 and answer.location == came_from["next"]
        page = amara.open(answer.location).text
        assert "Nobody is here" in page and "Marked as not come." in page and f"/staff/visits/{visit.id}/undo" in page
        assert amara.send("staff.visits.undo", came_from, visit_id=visit.id).location == came_from["next"]
        page = amara.open("staff.queue.index", provider="all").text
        assert "Tom Baker" in page and ("queue-called" in page and "Room 2" in page) == is_called

    def test_nobody_has_missed_a_time_that_is_still_to_come(self, session, cast, amara, monkeypatch):
        visit = appointed(session, cast)
        assert "Did not come" in amara.open("staff.queue.index").text
        monkeypatch.setattr(queue_rows, "now", lambda: visit.starts_at - timedelta(minutes=1))
        page = amara.open("staff.queue.index").text
        assert f"/staff/queue/{visit.id}/call" in page and "Did not come" not in page

    def test_a_colour_is_said(self, session, cast, amara):
        visit = walked_in(session, cast)
        assert amara.send("staff.queue.triage", {"severity": "red"}, visit_id=visit.id).status_code == 303
        assert "severity-red" in amara.open("staff.queue.index").text
        assert amara.send("staff.queue.triage", {"severity": "purple"}, visit_id=visit.id).status_code == 422

    @pytest.mark.parametrize("verb", ["call", "call_again", "uncall", "triage"])
    def test_who_may_not(self, session, cast, ines, lind, stranger, verb):
        visit = appointed(session, cast)
        assert ines.send(f"staff.queue.{verb}", CALL, visit_id=visit.id).status_code == 403
        assert lind.send(f"staff.queue.{verb}", CALL, visit_id=visit.id).status_code == 404
        assert stranger.send(f"staff.queue.{verb}", CALL, visit_id=visit.id).status_code == 404


class TestEstimates:
    def test_what_was_told_stands_beside_what_happened(self, session, cast, amara):
        assert "Nothing was told yet" in amara.open("staff.queue.estimates").text
        were_seen(session, cast, 10)
        visit = appointed(session, cast, minutes=25)
        visits.start(visit, by=cast.osei.actor)
        visit.starts_at = visit.checked_in_at
        session.commit()
        page = amara.open("staff.queue.estimates").text
        assert "Dr Kwame Osei" in page and "1 (100%)" in page


class TestTheVisitsPage:
    def test_a_scheduled_visit_keeps_its_time_and_shows_its_number(self, session, cast, amara):
        visit = appointed(session, cast)
        assert "No. 1 · Waiting since" in amara.open("staff.visits.show", visit_id=visit.id).text


class TestLimits:
    def test_only_an_administrator_sets_them_and_nonsense_is_refused(self, amara, ines):
        assert amara.send("staff.queue.set_limits", {"waiting": 1, "called": 1, "seen": 1}).status_code == 403
        assert ines.send("staff.queue.set_limits", {"waiting": 0, "called": 1, "seen": 1}).status_code == 422
        assert 'value="30"' in ines.open("staff.queue.limits").text
