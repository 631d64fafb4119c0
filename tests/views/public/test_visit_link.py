"""The page of a visit for whoever holds its link: what it tells, asks and does, and when it is dead."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from clinic import requests
from clinic.actions import blocks, visit_links, visits
from clinic.models.audit import AuditEntry
from clinic.models.people import VisitMode
from clinic.models.visit_links import VisitLink
from clinic.models.visits import CancelReason, Visit, VisitStatus
from clinic.queries.own_visits import check_in_of
from tests.visit_links import BORN, WORD, WRONG, again, mayas_visit, path_of, proved, soon
from tests.visitor import Visitor

S = VisitStatus


@pytest.fixture
def visit(cast):
    """Maya's visit with Dr Osei in two days."""
    return mayas_visit(cast)


@pytest.fixture
def link(session, visit, cast):
    """The path of the visit's link."""
    return path_of(session, visit, cast)


class TestTheAddress:
    def test_is_the_same_ever_after_and_kept_as_a_hash(self, session, visit, cast, link):
        assert path_of(session, visit, cast) == link
        token = link.removeprefix("/v/")
        row = session.scalars(sa.select(VisitLink)).one()
        assert token.encode() not in row.token_hash and token.encode() not in row.token_encrypted
        assert len(token) == 43

    def test_is_another_one_after_it_was_revoked(self, session, visit, cast, link, nobody):
        visit_links.revoke(visit, by=cast.amara.actor)
        session.commit()
        assert nobody.open(link).status_code == 404
        other = path_of(session, visit, cast)
        assert other != link and nobody.open(other).status_code == 200

    def test_is_built_on_the_public_address(self, session, visit, cast, app):
        assert visit_links.address(session, visit, by=cast.amara.actor).startswith(app.config["PUBLIC_URL"] + "/v/")


class TestShow:
    def test_tells_when_where_and_with_whom_and_nothing_clinical(self, nobody, link, visit, cast):
        page = nobody.open(link)
        assert page.status_code == 200
        assert "Dr Kwame Osei" in page.text and "Rose Street Clinic" in page.text and "11:00" in page.text
        for secret in (WORD, "Okafor", "Maya", "Consultation", "12/04/1990", "1990-04-12"):
            assert secret not in page.text

    def test_says_that_it_lost_its_time_and_asks_nobody_to_come(self, nobody, maya, link, visit, session, cast):
        blocks.add(cast.dr_osei, visit.starts_at, visit.ends_at, zone="Europe/London", by=cast.ines.actor)
        session.commit()
        pages = [nobody.open(link).text, maya.open("portal.visits.show", visit_id=visit.id).text]
        assert all("cannot take place as planned" in page and "will come" not in page for page in pages)

    def test_is_kept_by_no_browser_no_search_engine_and_no_referrer(self, nobody, link):
        headers = nobody.open(link).headers
        assert headers["Cache-Control"] == "no-store" and "noindex" in headers["X-Robots-Tag"]
        assert headers["Referrer-Policy"] == "same-origin"

    def test_is_audited_as_the_patients_link(self, nobody, link, visit, session, cast):
        nobody.open(link)
        session.rollback()
        session.enter(cast.scope)
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "visit_links.open")).one()
        assert entry.resource_id == visit.id and entry.patient_id == cast.maya_patient.id and entry.actor_id is None
        assert entry.actor_role == "visit_link" and entry.details["visit_link"]

    def test_somebody_signed_in_gains_nothing_and_is_named(self, amara, link, session, cast):
        page = amara.open(link)
        assert WORD not in page.text and "Okafor" not in page.text
        session.rollback()
        session.enter(cast.scope)
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "visit_links.open")).one()
        assert entry.details["signed_in"] == str(cast.amara.user.id)

    def test_one_and_the_same_page_for_whatever_opens_nothing(self, app, session, visit, cast, link):
        bodies = set()
        token = link.removeprefix("/v/")
        flipped = ("A" if token[0] != "A" else "B") + token[1:]
        guessed = token[:22] + "x" * 21
        visit_links.revoke(visit, by=cast.amara.actor)
        session.commit()
        for each in (token, flipped, guessed, "a" * 43, "short", "ä" * 43, token + "x", token.lower()):
            answer = Visitor(app, None).open(f"/v/{each}")
            assert answer.status_code == 404
            bodies.add(re.sub(r"[0-9a-f-]{36}|v=\w+", "", answer.text))
        assert len(bodies) == 1 and "Rose Street" not in bodies.pop()

    @pytest.mark.parametrize("cause", ["deceased", "erased", "deleted", "by mistake", "closed"])
    def test_is_dead_for_who_has_died_or_is_gone(self, nobody, link, visit, session, cast, cause):
        patient = cast.maya_patient
        if cause == "by mistake":
            visits.cancel(visit, CancelReason.ENTERED_IN_ERROR, by=cast.amara.actor)
        elif cause == "closed":
            session.execute(sa.text("UPDATE clinics SET closed_at = now() WHERE slug = 'rose-street'"))
        else:
            setattr(patient, f"{cause}_at", sa.func.now())
        session.commit()
        assert nobody.open(link).status_code == 404
        assert nobody.send(f"{link}/confirm").status_code == 404

    def test_says_how_to_get_there_as_text(self, nobody, link, visit, session, cast):
        from clinic.models.organizations import Location

        place = Location(clinic_id=cast.rose.id, name="By the river", address_line="7 Quay", city="London",
                         directions="Second door after the bakery.\nRing twice.")  # fmt: skip
        session.add(place)
        session.flush()
        cast.dr_osei.location_id = place.id
        session.commit()
        page = nobody.open(link).text
        assert "7 Quay" in page and "Second door after the bakery." in page
        assert "<iframe" not in page and "maps" not in page


class TestConfirm:
    def test_confirms_and_can_be_taken_back_for_a_while(self, nobody, link, visit, session, cast):
        assert nobody.send(f"{link}/confirm").status_code == 303
        assert again(session, cast, visit).status == S.CONFIRMED
        assert nobody.send(f"{link}/take-back").status_code == 303
        found = again(session, cast, visit)
        assert found.status == S.BOOKED and found.confirmed_at is None
        assert nobody.send(f"{link}/take-back").status_code == 409

    def test_twice_is_as_good_as_once(self, nobody, link, visit, session, cast):
        for _time in range(2):
            assert nobody.send(f"{link}/confirm").status_code == 303
        assert [e.to_status for e in again(session, cast, visit).events] == [S.BOOKED, S.CONFIRMED]

    def test_what_the_desk_noted_is_the_desks_to_take_back(self, nobody, link, visit, session, cast):
        visits.confirm(visit, by=cast.amara.actor)
        session.commit()
        assert nobody.send(f"{link}/take-back").status_code == 409
        assert again(session, cast, visit).status == S.CONFIRMED

    def test_not_what_is_cancelled(self, nobody, link, visit, session, cast):
        visits.cancel(visit, CancelReason.CLINIC, by=cast.amara.actor)
        session.commit()
        assert nobody.send(f"{link}/confirm").status_code == 409

    def test_not_what_has_lost_its_time_and_says_that_another_is_looked_for(self, nobody, link, visit, session, cast):
        nobody.open(link)
        blocks.add(cast.dr_osei, visit.starts_at, visit.ends_at, zone="Europe/London", by=cast.ines.actor)
        session.commit()
        answer = nobody.send(f"{link}/confirm")
        assert answer.status_code == 409 and "We are looking for another time for it" in answer.text
        assert again(session, cast, visit).status == S.BOOKED

    def test_opening_it_changes_nothing(self, nobody, link, visit, session, cast):
        for part in ("", "/birth", "/confirm", "/check-in"):
            nobody.open(link + part)
        assert again(session, cast, visit).status == S.BOOKED

    def test_needs_the_pages_own_form(self, nobody, link, visit, session, cast):
        assert nobody.send(f"{link}/confirm", csrf=False).status_code == 400
        assert again(session, cast, visit).status == S.BOOKED


class TestBirth:
    def test_is_asked_once_on_a_device_before_anything_clinical(self, nobody, link):
        for part in ("cancel", "move", "questions"):
            answer = nobody.open(f"{link}/{part}")
            assert answer.status_code in (302, 303) and answer.headers["Location"].endswith(f"/birth?next={part}")
        proved(nobody, link)
        assert nobody.open(f"{link}/cancel").status_code == 200
        assert "Consultation" in nobody.open(link).text

    def test_goes_on_where_one_was_going_and_nowhere_else(self, nobody, link):
        answer = nobody.send(f"{link}/birth?next=cancel", {"date_of_birth": BORN})
        assert answer.headers["Location"].endswith("/cancel")
        for odd in ("//evil.example", "https://evil.example", "confirm", "../staff"):
            assert nobody.open(f"{link}/birth?next={odd}").headers["Location"].endswith(link)

    def test_a_wrong_one_is_refused_in_one_sentence_whatever_is_on_record(self, app, nobody, link, session, cast):
        wrong = nobody.send(f"{link}/birth", {"date_of_birth": WRONG})
        cast.maya_patient.date_of_birth = None
        session.commit()
        none = Visitor(app, None).send(f"{link}/birth", {"date_of_birth": BORN})
        sentence = "That is not the date of birth we have"
        assert wrong.status_code == none.status_code == 422 and sentence in wrong.text and sentence in none.text
        session.rollback()
        session.enter(cast.scope)
        entries = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "visit_links.prove")).all()
        assert [each.decision for each in entries] == ["refused", "refused"]

    def test_five_wrong_ones_and_even_the_right_one_must_wait(self, app, nobody, link):
        for _try in range(5):
            assert nobody.send(f"{link}/birth", {"date_of_birth": WRONG}).status_code == 422
        other_device = Visitor(app, None)
        answer = other_device.send(f"{link}/birth", {"date_of_birth": BORN})
        assert answer.status_code == 429 and int(answer.headers["Retry-After"]) > 0
        assert other_device.open(link).status_code == 200

    def test_right_ones_do_not_count(self, app, link):
        for _device in range(6):
            proved(Visitor(app, None), link)

    def test_is_good_for_this_link_alone(self, nobody, link, session, cast, visit):
        proved(nobody, link)
        toms = cast.booked(cast.tomorrow_at(15, days=2))
        assert nobody.open(f"{path_of(session, toms, cast)}/cancel").status_code == 303
        visit_links.renew(visit, by=cast.amara.actor)
        assert nobody.open(f"{path_of(session, visit, cast)}/cancel").status_code == 303

    def test_a_cookie_of_ones_own_making_opens_nothing(self, nobody, link):
        nobody.client.set_cookie("clinic-visits", '{"x": 1}.forged')
        assert nobody.open(f"{link}/cancel").status_code == 303


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

    def test_the_part_that_follows_the_day_answers_when_something_changed(self, nobody, link, visit, session, cast):
        soon(session, visit, 30)
        seen = re.search(r"seen=([\w-]+)", nobody.open(link).text).group(1)
        assert nobody.open(f"{link}/status?seen={seen}", htmx=True).status_code == 204
        nobody.send(f"{link}/check-in")
        assert nobody.open(f"{link}/status?seen={seen}", htmx=True).status_code == 200


class TestAfterwards:
    @pytest.mark.parametrize("status", list(S))
    def test_every_status_has_a_calm_page(self, nobody, link, visit, session, cast, superuser, status):
        reason = ", cancel_reason = 'clinic'" if status == S.CANCELLED else ""
        with superuser.connect() as connection:
            connection.execute(sa.text(f"UPDATE visits SET status = '{status.value}'{reason}"))
        page = nobody.open(link)
        assert page.status_code == 200 and WORD not in page.text
        if status in (S.COMPLETED, S.CANCELLED, S.NO_SHOW):
            assert "/c/rose-street" in page.text


def test_no_token_and_no_word_of_the_patients_is_in_the_log(nobody, link, visit, monkeypatch):
    logged = []
    monkeypatch.setattr(requests.log, "info", lambda *words, **facts: logged.append((words, facts)), raising=False)
    proved(nobody, link)
    for part in ("", "/status", "/move", "/cancel", "/questions"):
        nobody.open(link + part, htmx=part == "/status")
    nobody.send(f"{link}/cancel", {"note": WORD})
    assert any(facts.get("endpoint") == "public.visit_link.show" for _words, facts in logged)
    for secret in (link.removeprefix("/v/"), WORD, "Okafor", "12/04/1990", "1990-04-12"):
        assert secret not in str(logged)


def test_the_window_to_check_in_is_real_time_when_the_clocks_go_back(session, cast):
    """An hour before 01:30 the second time is 01:30 the first time: instants count, not what the wall shows."""
    london = ZoneInfo("Europe/London")
    second = datetime(2026, 10, 25, 1, 30, tzinfo=london, fold=1).astimezone(UTC)
    visit = Visit(clinic_id=cast.rose.id, status=S.BOOKED, visit_mode=VisitMode.IN_PERSON, starts_at=second)
    opens = check_in_of(session, visit).opens_at.astimezone(london)
    assert (opens.hour, opens.minute, opens.fold) == (1, 30, 0)
