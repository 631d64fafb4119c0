"""The page of a visit for whoever holds its link: what it tells, asks and does, and when it is dead."""

import re

import pytest
import sqlalchemy as sa

from clinic import requests
from clinic.actions import blocks, visit_links, visits
from clinic.models.audit import AuditEntry
from clinic.models.visit_links import VisitLink
from clinic.models.visits import CancelReason, VisitStatus
from tests.visit_links import BORN, WORD, WRONG, again, mayas_visit, path_of, proved
from tests.visitor import Visitor

S = VisitStatus
UNDO = ">Undo<"


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

    def test_undo_is_offered_of_a_step_that_can_be_undone_and_of_no_undo(self, nobody, link, visit, session, cast):
        nobody.send(f"{link}/confirm")
        assert UNDO in nobody.open(link).text
        proved(nobody, link).send(f"{link}/cancel", {"note": ""})
        nobody.open(link)
        assert nobody.send(f"{link}/take-back").status_code == 303
        page = nobody.open(link).text
        assert again(session, cast, visit).status == S.CONFIRMED
        assert "Your visit takes place as planned." in page and UNDO not in page

    def test_what_the_desk_had_noted_already_has_no_undo(self, nobody, link, visit, session, cast):
        visits.confirm(visit, by=cast.amara.actor)
        session.commit()
        assert nobody.send(f"{link}/confirm").status_code == 303
        assert "Thank you. We look forward" in (page := nobody.open(link).text) and UNDO not in page

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
