"""The page of a visit on its day: checking in, the way into a call by video, and what comes onto the page by itself."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from clinic.actions import blocks, queue, visits
from clinic.db import now
from clinic.models.organizations import Clinic
from clinic.models.people import VisitMode
from clinic.models.visits import Visit, VisitStatus
from clinic.queries import own_visits
from tests.visit_links import again, asks_by_itself, mayas_visit, path_of, proved, soon
from tests.visitor import Visitor

S = VisitStatus


@pytest.fixture
def visit(cast):
    """Maya's visit with Dr Osei in two days."""
    return mayas_visit(cast)


@pytest.fixture
def missed(session, visit):
    """The visit a day after it was to be, and nobody has said what became of it."""
    soon(session, visit, -26 * 60)
    return visit


@pytest.fixture
def link(session, visit, cast):
    """The path of the visit's link."""
    return path_of(session, visit, cast)


class TestCheckIn:
    def test_when_the_window_opens_and_the_board_shows_it(self, nobody, link, visit, session, cast, amara):
        soon(session, visit, 30)
        assert "I am here" in nobody.open(link).text
        assert nobody.send(f"{link}/check-in").status_code == 303
        found = again(session, cast, visit)
        assert found.status == S.CHECKED_IN and found.checked_in_at
        assert "We know that you are here" in nobody.open(link).text

    @pytest.mark.parametrize(("minutes", "words"), [(90, "too early"), (-20, "too late")])
    def test_not_before_and_not_after(self, nobody, link, visit, session, cast, minutes, words):
        soon(session, visit, minutes)
        assert "I am here" not in nobody.open(link).text
        answer = nobody.send(f"{link}/check-in")
        assert answer.status_code == 409 and words in answer.text
        assert again(session, cast, visit).status == S.BOOKED

    def test_not_to_what_has_lost_its_time_whose_patient_is_asked_to_the_desk(
        self, nobody, maya, link, visit, session, cast
    ):
        soon(session, visit, 30)
        session.refresh(visit)
        blocks.add(cast.dr_osei, visit.starts_at, visit.ends_at, zone="Europe/London", by=cast.ines.actor)
        session.commit()
        page, code = nobody.open(link).text, f"{visit.check_in_code[:3]} {visit.check_in_code[3:]}"
        assert "please go to the front desk" in page and "I am here" not in page
        assert code not in page and code not in maya.open("portal.visits.show", visit_id=visit.id).text
        answer = nobody.send(f"{link}/check-in")
        assert answer.status_code == 409 and "We are looking for another time for it" in answer.text
        assert again(session, cast, visit).status == S.BOOKED

    def test_by_the_clinics_own_rule(self, nobody, link, visit, session, cast, ines):
        soon(session, visit, 90)
        rule = {"check_in_before_minutes": "120", "check_in_after_minutes": "0"}
        assert ines.send("staff.check_in.update", rule).status_code == 303
        assert nobody.send(f"{link}/check-in").status_code == 303

    def test_not_to_a_visit_by_video_unless_the_clinic_says_so(self, nobody, session, cast, ines):
        visit = cast.booked(cast.tomorrow_at(13, days=2), patient=cast.maya_patient, visit_mode=VisitMode.VIRTUAL)
        link = path_of(session, visit, cast)
        soon(session, visit, 30)
        assert nobody.send(f"{link}/check-in").status_code == 409
        rule = {"check_in_before_minutes": "60", "check_in_after_minutes": "15", "check_in_by_video": "y"}
        ines.send("staff.check_in.update", rule)
        assert nobody.send(f"{link}/check-in").status_code == 303

    def test_the_way_into_a_video_call_stands_there_when_it_is_time(self, nobody, session, cast):
        visit = cast.booked(cast.tomorrow_at(13, days=2), patient=cast.maya_patient, visit_mode=VisitMode.VIRTUAL,
                            meeting_url="https://meet.example/room-77")  # fmt: skip
        link = path_of(session, visit, cast)
        proved(nobody, link)
        assert "room-77" not in nobody.open(link).text
        soon(session, visit, 10)
        assert "room-77" in nobody.open(link).text
        other = Visitor(nobody.app, None).open(link).text
        assert "room-77" not in other and "To the video call" in other

    def test_nobody_goes_into_a_call_whose_time_was_lost(self, nobody, maya, session, cast):
        visit = cast.booked(cast.tomorrow_at(13, days=2), patient=cast.maya_patient, visit_mode=VisitMode.VIRTUAL,
                            meeting_url="https://meet.example/room-77")  # fmt: skip
        link = path_of(session, visit, cast)
        soon(session, visit, 10)
        session.refresh(visit)
        blocks.add(cast.dr_osei, visit.starts_at, visit.ends_at, zone="Europe/London", by=cast.ines.actor)
        session.commit()
        for page in (proved(nobody, link).open(link).text, maya.open("portal.visits.show", visit_id=visit.id).text):
            assert "cannot take place as planned" in page and "room-77" not in page and "front desk" not in page


class TestFollowingTheDay:
    def test_the_part_that_follows_the_day_answers_when_something_changed(self, nobody, link, visit, session, cast):
        soon(session, visit, 30)
        asks = asks_by_itself(nobody.open(link))
        assert nobody.open(asks, htmx=True).status_code == 204
        nobody.send(f"{link}/check-in")
        assert nobody.open(asks, htmx=True).status_code == 200

    def test_the_way_into_the_call_comes_by_itself_onto_a_page_that_was_open_before(
        self, nobody, session, cast, monkeypatch
    ):
        visit = cast.booked(cast.tomorrow_at(13, days=2), patient=cast.maya_patient, visit_mode=VisitMode.VIRTUAL,
                            meeting_url="https://meet.example/room-77")  # fmt: skip
        link = path_of(session, visit, cast)
        soon(session, visit, 30)
        asks = asks_by_itself(nobody.open(link))
        assert nobody.open(asks, htmx=True).status_code == 204
        later = now() + timedelta(minutes=20)
        monkeypatch.setattr(own_visits, "now", lambda: later)
        assert "To the video call" in nobody.open(asks, htmx=True).text

    def test_who_is_called_anew_is_led_to_the_new_place(self, nobody, maya, session, cast):
        visit = cast.booked(now(), patient=cast.maya_patient, overbook="Whatever the hour of the test")
        link = path_of(session, visit, cast)
        visits.check_in(visit, by=cast.amara.actor)
        queue.call(visit, place="Room 1", by=cast.amara.actor)
        session.commit()
        asked = {nobody: asks_by_itself(nobody.open(link)),
                 maya: asks_by_itself(maya.open("portal.visits.show", visit_id=visit.id))}  # fmt: skip
        visit = again(session, cast, visit)
        queue.uncall(visit, by=cast.amara.actor)
        queue.call(visit, place="Room 2", by=cast.amara.actor)
        session.commit()
        for visitor, asks in asked.items():
            assert "please go to Room 2" in visitor.open(asks, htmx=True).text

    def test_the_page_follows_a_visit_that_goes_to_another_doctor_at_its_time(self, nobody, maya, session, cast):
        visit = cast.booked(now() + timedelta(hours=5), patient=cast.maya_patient, overbook="Today")
        link = path_of(session, visit, cast)
        asked = {nobody: asks_by_itself(nobody.open(link)),
                 maya: asks_by_itself(maya.open("portal.visits.show", visit_id=visit.id))}  # fmt: skip
        visit = again(session, cast, visit)
        to_lind = cast.wish(visit.starts_at, patient=cast.maya_patient, provider=cast.dr_lind, overbook="Today")
        visits.move_to(visit, to_lind, by=cast.amara.actor)
        session.commit()
        for visitor, asks in asked.items():
            assert visitor.open(asks, htmx=True).status_code == 200
        assert "Dr Astrid Lind" in nobody.open(asked[nobody], htmx=True).text


class TestTheDayAfter:
    def test_nobody_is_sent_to_the_desk_with_yesterdays_code(self, nobody, maya, link, missed, session):
        session.refresh(missed)
        code = f"{missed.check_in_code[:3]} {missed.check_in_code[3:]}"
        for page in (nobody.open(link).text, maya.open("portal.visits.show", visit_id=missed.id).text):
            assert "The day of this visit is over. If you missed it, please call us." in page
            assert "This visit is booked." not in page and "front desk" not in page and code not in page
            assert "If you cannot come" not in page and "How to get there" not in page

    def test_what_is_left_to_do_is_to_call_or_to_book_another(self, nobody, maya, link, missed, session, cast):
        session.execute(sa.update(Clinic).where(Clinic.id == cast.rose.id).values(phone="020 7946 0000"))
        session.commit()
        for page in (nobody.open(link).text, maya.open("portal.visits.show", visit_id=missed.id).text):
            assert "020 7946 0000" in page and "Tell me of an earlier time" not in page
        assert "Book another visit" in nobody.open(link).text

    def test_the_page_that_was_open_overnight_says_so(self, nobody, link, visit, session, cast, monkeypatch):
        soon(session, visit, -30)
        asking = asks_by_itself(nobody.open(link))
        monkeypatch.setattr(Visit, "is_left_open", True)
        assert "The day of this visit is over." in nobody.open(asking, htmx=True).text

    def test_what_became_of_it_is_said_as_ever(self, nobody, link, missed, session, cast):
        session.refresh(missed)
        visits.mark_no_show(missed, by=cast.amara.actor)
        session.commit()
        page = nobody.open(link).text
        assert "We missed you at this visit." in page and "The day of this visit is over" not in page


def test_the_window_to_check_in_is_real_time_when_the_clocks_go_back(session, cast):
    """An hour before 01:30 the second time is 01:30 the first time: instants count, not what the wall shows."""
    london = ZoneInfo("Europe/London")
    second = datetime(2026, 10, 25, 1, 30, tzinfo=london, fold=1).astimezone(UTC)
    visit = Visit(clinic_id=cast.rose.id, status=S.BOOKED, visit_mode=VisitMode.IN_PERSON, starts_at=second)
    opens = own_visits.check_in_of(session, visit).opens_at.astimezone(london)
    assert (opens.hour, opens.minute, opens.fold) == (1, 30, 0)
