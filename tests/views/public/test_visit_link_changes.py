"""Cancelling and moving by a visit's link: after the date of birth, by the portal's rules, taken back in time."""

import re
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from clinic.models.schedule import BookingRule
from clinic.models.visits import CancelReason, VisitStatus
from tests.visit_links import again, mayas_visit, path_of, proved, soon

S = VisitStatus


@pytest.fixture
def visit(cast):
    """Maya's visit with Dr Osei in two days."""
    return mayas_visit(cast)


@pytest.fixture
def link(session, visit, cast):
    """The path of the visit's link."""
    return path_of(session, visit, cast)


class TestCallOff:
    def test_needs_the_date_of_birth(self, nobody, link, visit, session, cast):
        assert nobody.send(f"{link}/cancel").status_code == 303
        assert again(session, cast, visit).status == S.BOOKED

    def test_calls_it_off_and_it_can_be_kept_after_all(self, nobody, link, visit, session, cast):
        proved(nobody, link).send(f"{link}/cancel", {"note": "A cold"})
        found = again(session, cast, visit)
        assert found.status == S.CANCELLED and found.cancel_reason == CancelReason.PATIENT and found.slot_id is None
        assert "Keep the visit after all" in nobody.open(link).text
        assert nobody.send(f"{link}/take-back").status_code == 303
        found = again(session, cast, visit)
        assert found.status == S.BOOKED and found.slot_id
        assert "Your visit takes place as planned." in nobody.open(link).text

    def test_a_request_that_is_kept_after_all_is_answered_in_time_again(self, nobody, maya, session, cast):
        cast.consultation.booking = BookingRule.REQUEST
        session.commit()
        asked = cast.booked(cast.tomorrow_at(11, days=3), patient=cast.maya_patient, by=cast.maya)
        link = path_of(session, asked, cast)
        proved(nobody, link).send(f"{link}/cancel")
        assert nobody.send(f"{link}/take-back").status_code == 303
        found = again(session, cast, asked)
        assert found.status == S.REQUESTED and found.answer_by
        page = maya.open("portal.visits.show", visit_id=found.id, new=1)
        assert page.status_code == 200 and "We will answer by" in page.text

    def test_cannot_be_kept_once_somebody_has_the_time(self, nobody, link, visit, session, cast):
        proved(nobody, link).send(f"{link}/cancel")
        cast.booked(visit.starts_at)
        answer = nobody.send(f"{link}/take-back")
        assert answer.status_code == 409
        assert again(session, cast, visit).status == S.CANCELLED

    def test_what_only_the_clinic_books_can_be_kept_too(self, nobody, link, visit, session, cast):
        proved(nobody, link).send(f"{link}/cancel")
        session.enter(cast.scope)
        session.merge(cast.consultation).booking = "off"
        session.commit()
        assert nobody.send(f"{link}/take-back").status_code == 303

    def test_not_after_a_quarter_of_an_hour(self, nobody, link, visit, session, cast, superuser):
        proved(nobody, link).send(f"{link}/cancel")
        with superuser.connect() as connection:
            connection.execute(sa.text("UPDATE visit_events SET created_at = created_at - interval '16 minutes'"))
        assert "Keep the visit" not in nobody.open(link).text
        assert nobody.send(f"{link}/take-back").status_code == 409

    def test_not_past_the_cut_off(self, nobody, link, visit, session, cast):
        soon(session, visit, 120)
        proved(nobody, link)
        assert "call" in nobody.open(f"{link}/cancel").text
        assert nobody.send(f"{link}/cancel").status_code == 409
        assert again(session, cast, visit).status == S.BOOKED


class TestMove:
    def test_walks_the_portals_pages_to_another_time(self, nobody, link, visit, session, cast):
        proved(nobody, link)
        assert nobody.open(f"{link}/move").status_code == 200
        day = cast.tomorrow_at(14, days=3)
        times = nobody.open(f"{link}/move/time?day={day.date().isoformat()}")
        found = re.search(r'href="([^"]*move/check[^"]*)"', times.text).group(1).replace("&amp;", "&")
        check = nobody.open(found)
        fields = dict(re.findall(r'name="(provider_id|starts_at)" value="([^"]+)"', check.text))
        before = visit.starts_at
        assert nobody.send(f"{link}/move", fields).status_code == 303
        moved = again(session, cast, visit)
        assert moved.starts_at != before and moved.status == S.BOOKED
        assert "Moved from" in nobody.open(link).text

    def test_a_time_that_is_gone_leaves_it_where_it_was(self, nobody, link, visit, session, cast):
        taken = cast.booked(cast.tomorrow_at(15, days=3))
        facts = {"provider_id": str(cast.dr_osei.id), "starts_at": taken.starts_at.isoformat()}
        answer = proved(nobody, link).send(f"{link}/move", facts)
        assert answer.status_code == 409 and "nearest open times" in answer.text
        assert again(session, cast, visit).starts_at == visit.starts_at

    def test_not_past_the_cut_off_nor_without_the_date_of_birth(self, nobody, link, visit, session, cast):
        facts = {"provider_id": str(cast.dr_osei.id), "starts_at": cast.tomorrow_at(15, days=3).isoformat()}
        assert nobody.send(f"{link}/move", facts).status_code == 303
        soon(session, visit, 60)
        proved(nobody, link)
        assert nobody.send(f"{link}/move", facts).status_code == 409
        assert nobody.open(f"{link}/move").status_code == 200
        assert again(session, cast, visit).status == S.BOOKED

    @pytest.mark.parametrize(
        ("hours", "words"),
        [(24, "cancel it until 24 hours before"), (200, "To move or cancel a visit at this time, please call us.")],
    )
    def test_before_it_is_moved_it_says_until_when_it_can_be_changed_there(
        self, nobody, maya, link, visit, session, cast, hours, words
    ):
        session.enter(cast.scope)
        kind = session.merge(cast.consultation)
        kind.move_cutoff_hours = kind.cancel_cutoff_hours = hours
        session.commit()
        chosen = {"provider_id": cast.dr_osei.id, "starts_at": cast.tomorrow_at(15, days=3).isoformat()}
        there = maya.url("portal.visits.move_check", visit_id=visit.id, **chosen)
        for page in (proved(nobody, link).open(f"{link}/move/check?{urlencode(chosen)}"), maya.open(there)):
            assert "Move your visit?" in page.text and words in page.text

    def test_what_only_the_clinic_books_is_not_promised_to_be_moved_here(self, nobody, link, session, cast):
        assert "Move this visit" in proved(nobody, link).open(link).text
        session.enter(cast.scope)
        session.merge(cast.consultation).booking = BookingRule.OFF
        session.commit()
        page = nobody.open(link).text
        assert "Cancel this visit" in page and "Move this visit" not in page and "move it here" not in page
        assert "call" in nobody.open(f"{link}/move").text

    def test_what_cannot_be_read_changes_nothing(self, nobody, link, visit, session, cast):
        answer = proved(nobody, link).send(f"{link}/move", {"provider_id": "x", "starts_at": "y"})
        assert answer.status_code == 422
