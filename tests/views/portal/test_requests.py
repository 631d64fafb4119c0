"""A patient asks for a visit, one question a page; waits for an earlier time; and reads where both stand."""

import re
from datetime import timedelta
from html import unescape

import pytest
import sqlalchemy as sa

from clinic.actions import blocks, offer_links, request_offers, requests
from clinic.actions.requests import Asking
from clinic.models.offers import SlotOffer
from clinic.models.patients import PatientAccess
from clinic.models.people import Relation
from clinic.models.requests import ReasonCategory, RequestStatus, VisitRequest
from clinic.models.visits import VisitKind, VisitSource
from clinic.models.waitlist import WaitlistEntry, WaitStatus

R = RequestStatus


@pytest.fixture
def asked(session, cast):
    """What Maya asked for in the portal."""
    asking = Asking(reason="My knee is hot", source=VisitSource.PORTAL)
    made = requests.ask(session, cast.maya_patient, asking, by=cast.maya.actor)
    session.commit()
    return made


def again(session, row):
    session.rollback()
    session.expire_all()
    return row


class TestNew:
    def test_one_question_after_the_other_and_then_why(self, session, maya):
        page = maya.open("portal.requests.new").text
        assert "What is it about?" in page and "emergency number" in page
        answers = {"category": "new_problem"}
        assert "When would you like to come?" in maya.open("portal.requests.new", **answers).text
        answers["when"] = "week"
        assert "At what time of day?" in maya.open("portal.requests.new", **answers).text
        answers["part"] = "morning"
        page = maya.open("portal.requests.new", **answers).text
        assert "What is the matter?" in page and "Nothing is booked by this" in page
        answer = maya.send("portal.requests.create", {**answers, "reason": "My knee is hot"})
        made = again(session, session.scalars(sa.select(VisitRequest)).one())
        assert made.reason_category == ReasonCategory.NEW_PROBLEM and made.source == VisitSource.PORTAL
        assert (made.until_on - made.requested_on, made.window_end.hour) == (timedelta(days=7), 12)
        page = maya.open(answer.location).text
        assert "We have your request. Nothing is booked yet." in page and "You hear from us by" in page
        assert "knee" not in answer.location

    def test_today_without_a_time_and_on_a_certain_day(self, session, maya):
        page = maya.open("portal.requests.new", category="other", when="day").text
        assert 'type="date"' in page
        maya.send("portal.requests.create", {"category": "other", "when": "today", "reason": "Cut finger"})
        made = session.scalars(sa.select(VisitRequest)).one()
        assert made.kind == VisitKind.WALK_IN and made.requested_on == made.until_on

    def test_with_another_answer_to_when_the_day_is_forgotten(self, session, cast, maya):
        chosen = cast.tomorrow_at(10, days=3).date().isoformat()
        answers = {"category": "other", "when": "day", "day": chosen, "part": "any"}
        page = maya.open("portal.requests.new", **answers).text
        change = re.search(r'formaction="([^"]+)"[^>]*>Change<span class="visually-hidden"> when<', page).group(1)
        assert "category=other" in change and "day=" not in change
        page = maya.open("portal.requests.new", category="other", day=chosen).text
        assert "When would you like to come?" in page and chosen not in page
        shown = [maya.open("portal.requests.new", **answers | {"when": when}).text for when in ("day", "week")]
        assert [f'value="{chosen}"' in page for page in shown] == [True, False]
        assert "<dd>Within a week</dd>" in shown[1]
        maya.send("portal.requests.create", {**answers, "reason": "My knee is hot"})
        made = session.scalars(sa.select(VisitRequest)).one()
        assert made.requested_on == made.until_on == cast.tomorrow_at(10, days=3).date()

    def test_what_was_typed_is_still_there_after_another_answer_was_changed(self, session, maya):
        answers = {"category": "other", "when": "week", "part": "morning"}
        page = maya.open("portal.requests.new", **answers).text
        button = re.search(r'<button[^>]*form="why"[^>]*formaction="([^"]+)"[^>]*>Change<[^>]*> when<', page)
        assert "formnovalidate" in button.group(0)
        assert re.search(r'<button[^>]*form="why"[^>]*formnovalidate>.*? Back</button>', page)
        typed = {**answers, "reason": "My knee is hot & swollen"}
        answer = maya.send(unescape(button.group(1)), typed)
        assert answer.status_code == 303 and "knee" not in answer.location
        assert "When would you like to come?" in maya.open(answer.location).text
        page = maya.open("portal.requests.new", **answers | {"when": "soon"}).text
        assert "My knee is hot &amp; swollen" in page and "As soon as possible" in page
        maya.send("portal.requests.create", {**typed, "when": "soon"})
        assert session.scalars(sa.select(VisitRequest.reason)).one() == "My knee is hot & swollen"
        assert "swollen" not in maya.open("portal.requests.new", **answers).text

    def test_words_that_cannot_be_kept_meanwhile_stay_on_the_page(self, maya):
        answers = {"category": "other", "when": "week", "part": "morning"}
        typed = "".join(chr(0x4E00 + number * 7919 % 20000) for number in range(2000))
        page = maya.send("portal.requests.change", {**answers, "reason": typed}, category="other", part="morning")
        assert page.status_code == 422 and typed in page.text and "too long to be kept" in page.text
        assert "Within a week" in page.text

    def test_what_one_person_typed_is_not_shown_to_the_next_at_the_same_screen(self, cast, maya):
        answers = {"category": "other", "when": "soon", "part": "any"}
        maya.send("portal.requests.change", {**answers, "reason": "My knee is hot"}, category="other", when="soon")
        with maya.client.session_transaction() as cookie:
            cookie["words_of_the_request"] = cookie["words_of_the_request"] | {"of": str(cast.amara.user.id)}
        assert "knee" not in maya.open("portal.requests.new", **answers).text

    def test_a_day_that_is_over_is_asked_again(self, session, cast, maya):
        over = cast.tomorrow_at(10, days=-3).date().isoformat()
        answers = {"category": "other", "when": "day", "day": over, "part": "any"}
        page = maya.open("portal.requests.new", **answers)
        assert page.status_code == 422 and "This day is over" in page.text and "On which day?" in page.text
        assert page.text.count('name="day"') == 1
        answer = maya.send("portal.requests.create", {**answers, "reason": "My knee is hot"})
        assert f"day={over}" in answer.location and "knee" not in answer.location
        assert session.scalars(sa.select(VisitRequest)).all() == []
        assert "My knee is hot" in maya.open("portal.requests.new", **answers | {"when": "soon"}).text

    def test_what_is_missing_is_asked_and_what_cannot_be_read_is_refused(self, cast, maya):
        answers = {"category": "other", "when": "soon", "part": "any"}
        page = maya.send("portal.requests.create", {**answers, "reason": " "})
        assert page.status_code == 422 and "write a few words" in page.text
        assert maya.send("portal.requests.create", {"category": "other", "reason": "x"}).status_code == 303
        assert maya.open("portal.requests.new", category="magic").status_code == 400
        assert maya.open("portal.requests.new", patient_id=cast.tom.id).status_code == 404

    def test_a_parent_is_asked_for_whom(self, session, cast, maya):
        access = PatientAccess(clinic_id=cast.rose.id, patient_id=cast.tom.id, user_id=cast.maya.user.id,
                               relation=Relation.PARENT)  # fmt: skip
        session.add(access)
        session.commit()
        assert "Who is the visit for?" in maya.open("portal.requests.new").text
        answers = {"patient_id": cast.tom.id, "category": "other", "when": "soon", "part": "any"}
        assert "Tom Baker" in maya.open("portal.requests.new", **answers).text

    def test_the_sixth_is_refused_in_words_and_nothing_typed_is_lost(self, session, cast, maya, asked):
        for _each in range(4):
            requests.ask(session, cast.maya_patient, Asking(reason="x"), by=cast.amara.actor)
        session.commit()
        answers = {"category": "other", "when": "soon", "part": "any", "reason": "And my shoulder"}
        page = maya.send("portal.requests.create", answers)
        assert page.status_code == 409 and "answer those first" in page.text and "And my shoulder" in page.text


class TestShow:
    def test_every_state_is_said_in_words_a_patient_understands(self, session, cast, maya, asked):
        def page():
            session.commit()
            return maya.open("portal.requests.show", request_id=asked.id).text

        assert "We have your request" in page() and "Something else" not in page()
        requests.triage(asked, "yellow", by=cast.amara.actor)
        assert "finding a time. Nothing is booked yet" in page()
        wish = cast.wish(cast.tomorrow_at(15), patient=cast.maya_patient)
        request_offers.propose(asked, wish, by=cast.amara.actor)
        proposed = page()
        offer = session.scalars(sa.select(SlotOffer)).one()
        assert "kept a time for you. Nothing is booked yet" in proposed and offer_links.token_of(offer) in proposed
        assert "Yellow" not in proposed and "Amara" not in proposed
        request_offers.take_back(asked, by=cast.amara.actor)
        request_offers.book(asked, wish, by=cast.amara.actor)
        assert "Your visit is booked." in page()

    def test_it_stands_on_the_first_page_with_what_happens_next(self, maya, asked):
        page = maya.open("portal.home.index").text
        assert "Asked for" in page and "Nothing is booked yet" in page and "Ask us for a visit" in page

    def test_nobody_elses_is_there(self, session, cast, maya, stranger):
        toms = requests.ask(session, cast.tom, Asking(reason="x"), by=cast.amara.actor)
        session.commit()
        assert maya.open("portal.requests.show", request_id=toms.id).status_code == 404
        assert maya.send("portal.requests.call_off", request_id=toms.id).status_code == 404


class TestCallOff:
    def test_the_patient_needs_it_no_more_and_then_does(self, session, maya, amara, asked):
        assert "I still need it" in maya.open("portal.requests.cancel", request_id=asked.id).text
        answer = maya.send("portal.requests.call_off", {"note": "Better now"}, request_id=asked.id)
        assert answer.status_code == 303 and again(session, asked).status == R.CANCELLED
        page = maya.open("portal.requests.show", request_id=asked.id).text
        assert "Ask for it after all" in page and "You wrote: Better now" in page
        desk = " ".join(amara.open("staff.requests.show", request_id=asked.id).text.split())
        assert "<dt>Maya Okafor wrote</dt>" in desk and "Better now" in desk
        assert maya.send("portal.requests.undo", request_id=asked.id).status_code == 303
        assert again(session, asked).status == R.NEW


class TestWaiting:
    def test_somebody_whom_no_time_suits_waits_and_leaves_again(self, session, cast, maya):
        page = maya.open("portal.booking.day", visit_type_id=cast.consultation.id, doctor=cast.dr_osei.id).text
        assert "/portal/waitlist/new?" in page
        kind = {"visit_type_id": cast.consultation.id}
        assert "On which days could you come?" in maya.open("portal.waitlist.new", **kind).text
        data = {**kind, "part": "morning", "weekdays": ["1"], "latest_on": cast.tomorrow_at(10, days=9).date()}
        assert maya.send("portal.waitlist.create", data).status_code == 303
        entry = session.scalars(sa.select(WaitlistEntry)).one()
        assert (entry.weekdays, entry.until_time.hour, entry.source) == ([1], 12, VisitSource.PORTAL)
        assert "On the waiting list" in maya.open("portal.home.index").text
        twice = maya.send("portal.waitlist.create", data)
        assert twice.status_code == 409 and "waiting list for this already" in twice.text
        assert maya.send("portal.waitlist.leave", entry_id=entry.id).status_code == 303
        assert maya.send("portal.waitlist.come_back", entry_id=entry.id).status_code == 303
        assert again(session, entry).status == WaitStatus.WAITING

    def test_or_for_an_earlier_time_than_they_have(self, session, cast, maya):
        visit = cast.booked(cast.tomorrow_at(10, days=9), patient=cast.maya_patient)
        assert f"/portal/waitlist/new?visit_id={visit.id}" in maya.open("portal.visits.show", visit_id=visit.id).text
        page = maya.open("portal.waitlist.new", visit_id=visit.id).text
        assert "You keep your visit" in page
        data = {"visit_id": visit.id, "part": "any", "latest_on": cast.tomorrow_at(10, days=8).date()}
        assert maya.send("portal.waitlist.create", data).status_code == 303
        assert session.scalars(sa.select(WaitlistEntry.visit_id)).all() == [visit.id]

    def test_not_for_an_earlier_time_than_one_that_is_lost(self, session, cast, maya):
        visit = cast.booked(cast.tomorrow_at(10, days=9), patient=cast.maya_patient)
        blocks.add(cast.dr_osei, visit.starts_at, visit.ends_at, zone="Europe/London", by=cast.ines.actor)
        session.commit()
        assert "/portal/waitlist/new" not in maya.open("portal.visits.show", visit_id=visit.id).text
        answer = maya.open("portal.waitlist.new", visit_id=visit.id)
        assert answer.status_code == 303 and answer.location.endswith(f"/portal/visits/{visit.id}")
        data = {"visit_id": visit.id, "part": "any", "latest_on": cast.tomorrow_at(10, days=8).date()}
        answer = maya.send("portal.waitlist.create", data)
        assert answer.status_code == 409 and "We are looking for another time for it" in answer.text
        assert not session.scalars(sa.select(WaitlistEntry)).all()

    def test_not_with_what_is_somebody_elses(self, cast, maya):
        toms = cast.booked()
        assert maya.open("portal.waitlist.new", visit_id=toms.id).status_code == 404
        assert maya.open("portal.waitlist.new", visit_type_id=cast.checkup.id).status_code == 404
        assert maya.open("portal.waitlist.new").status_code == 404
