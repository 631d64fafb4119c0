"""A patient with two doctors at the same time: the desk is told, and does it with a reason; nobody else is asked."""

from dataclasses import replace
from datetime import time

import pytest
import sqlalchemy as sa

from clinic.actions import moving, requests, visits
from clinic.actions.acting import Refused
from clinic.actions.booking import TimeTaken, book
from clinic.actions.requests import Asking
from clinic.actions.series import Plan, preview
from clinic.models.series import SeriesUnit
from clinic.models.visits import EventKind, Visit, VisitEvent

SENTENCE = "The patient has another visit at that time."


@pytest.fixture
def at_ten(cast):
    """Tom's visit with Dr Osei tomorrow at ten."""
    return cast.booked()


@pytest.fixture
def sent(cast):
    """What the page sends to book Tom with Dr Lind at the same time."""
    return {
        "patient_id": cast.tom.id, "visit_type_id": cast.consultation.id, "provider_id": cast.dr_lind.id,
        "starts_at": cast.tomorrow_at(10).isoformat(), "visit_mode": "in_person",
    }  # fmt: skip


class TestBooking:
    def test_the_page_says_with_whom_and_offers_times_beside_it(self, amara, cast, at_ten, sent):
        page = amara.open("staff.booking.chosen", htmx=True, **sent).text
        assert "The patient has another visit then: 10:00, Dr Kwame Osei." in page and "Book all the same" in page
        assert page.count('name="pick"') == 3 and cast.tomorrow_at(10).isoformat() + '">' in page
        assert f"{cast.dr_lind.id} {cast.tomorrow_at(10).isoformat()}" not in page

    def test_a_reason_books_it_and_none_does_not(self, amara, session, at_ten, sent):
        answer = amara.send("staff.booking.create", sent)
        assert answer.status_code == 409 and SENTENCE in answer.text
        assert amara.send("staff.booking.create", {**sent, "overbook_reason": "Both hold her hand"}).status_code == 303
        session.expire_all()
        made = session.scalars(sa.select(Visit).where(Visit.id != at_ten.id)).one()
        assert not made.slot.overbooked
        why = sa.select(VisitEvent.notes).where(VisitEvent.visit_id == made.id, VisitEvent.kind == EventKind.BOOKED)
        assert session.scalar(why) == "Both hold her hand"

    def test_right_after_it_or_for_somebody_else_nothing_is_said(self, amara, cast, at_ten, sent):
        later = {**sent, "starts_at": cast.tomorrow_at(10, 20).isoformat()}
        for facts in (later, {**sent, "patient_id": cast.maya_patient.id}):
            assert "another visit" not in amara.open("staff.booking.chosen", htmx=True, **facts).text
            assert amara.send("staff.booking.create", facts).status_code == 303

    def test_whoever_books_for_themselves_is_not_asked(self, session, cast):
        first = cast.booked(patient=cast.maya_patient)
        wish = cast.wish(first.starts_at, patient=cast.maya_patient, provider=cast.dr_lind)
        with pytest.raises(TimeTaken, match="another visit"):
            book(session, replace(wish, alone=True), by=cast.amara.actor)
        session.rollback()
        assert book(session, wish, by=cast.maya.actor)


class TestAnsweringARequest:
    @pytest.fixture
    def asked(self, session, cast):
        """What Tom asks for."""
        made = requests.ask(session, cast.tom, Asking(reason="My knee is hot"), by=cast.amara.actor)
        requests.triage(made, "red", by=cast.amara.actor)
        session.commit()
        return made

    @pytest.fixture
    def answered(self, amara, cast, asked, sent):
        """Send what the page of open times does, with Dr Lind at ten."""
        chosen = f"{cast.dr_lind.id} {cast.tomorrow_at(10).isoformat()}"
        facts = {"visit_type_id": cast.consultation.id, "visit_mode": "in_person", "chosen": chosen}
        place = {"request_id": asked.id, "provider_id": "", "date": cast.tomorrow_at(10).date()}

        def answer(how="book", **more):
            return amara.send(f"staff.request_times.{how}", {**facts, **more}, **place)

        return answer

    def test_the_page_says_so_keeps_the_chosen_time_and_asks_why(self, answered, at_ten):
        answer = answered()
        assert answer.status_code == 409 and SENTENCE in answer.text
        assert answer.text.count(" checked") == 1 and 'name="overbook_reason"' in answer.text
        assert "Book all the same" in answer.text

    def test_a_reason_books_it(self, session, answered, asked, at_ten):
        assert answered(overbook_reason="Both hold her hand").status_code == 303
        session.rollback()
        session.expire_all()
        assert asked.visit_id and asked.visit.starts_at == at_ten.starts_at and not asked.visit.slot.overbooked

    def test_so_does_one_where_the_patient_has_as_many_as_the_type_allows(self, session, cast, answered, at_ten):
        cast.consultation.limit_per_patient = 1
        session.commit()
        answer = answered()
        assert answer.status_code == 409 and "Say why one more is booked." in answer.text
        assert answered(overbook_reason="Twice is needed").status_code == 303

    def test_without_another_visit_then_nothing_is_asked(self, answered):
        assert answered().status_code == 303


class TestMoving:
    @pytest.fixture
    def at_noon(self, cast):
        """Tom's visit with Dr Lind tomorrow at noon."""
        return cast.booked(cast.tomorrow_at(12), provider=cast.dr_lind)

    def test_it_is_told_among_all_reasons_and_a_reason_helps(self, session, cast, at_ten, at_noon):
        wish = cast.wish(at_ten.starts_at, provider=cast.dr_lind, alone=True)
        found = moving.against(at_noon, wish, [cast.dr_lind.id], by=cast.amara.actor)
        assert SENTENCE in " ".join(str(each) for each in found.reasons) and found.can_be_forced
        with pytest.raises(Refused, match="another visit"):
            visits.move_to(at_noon, wish, by=cast.amara.actor)
        session.rollback()
        forced = cast.wish(at_ten.starts_at, provider=cast.dr_lind, overbook="Both together", alone=True)
        assert visits.move_to(session.merge(at_noon), forced, by=cast.amara.actor).starts_at == at_ten.starts_at

    def test_the_page_says_so_too_and_a_visit_is_never_in_its_own_way(self, amara, cast, at_ten, at_noon):
        chosen = {"visit_id": at_noon.id, "htmx": True}
        page = amara.open("staff.booking.move_chosen", starts_at=at_ten.starts_at.isoformat(), **chosen).text
        assert "The patient has another visit then: 10:00, Dr Kwame Osei." in page and ">Move<" not in page
        own = cast.tomorrow_at(12, 10).isoformat()
        assert ">Move<" in amara.open("staff.booking.move_chosen", starts_at=own, **chosen).text

    def test_to_another_doctor_at_its_own_time_it_moves_without_a_word(self, cast, at_ten):
        wish = cast.wish(at_ten.starts_at, provider=cast.dr_lind, alone=True)
        assert visits.move_to(at_ten, wish, by=cast.amara.actor).provider_id == cast.dr_lind.id

    def test_a_move_is_taken_back_though_the_time_is_doubled_by_now(self, session, cast, at_ten):
        visits.move_to(at_ten, cast.wish(cast.tomorrow_at(14)), by=cast.amara.actor)
        session.commit()
        cast.booked(cast.tomorrow_at(10), provider=cast.dr_lind)
        assert moving.undo_move(at_ten, cast.dr_osei.id, by=cast.amara.actor).starts_at == cast.tomorrow_at(10)


def test_the_preview_of_a_series_says_on_which_date(session, cast, at_ten):
    plan = Plan(
        cast.rose.id, "Europe/London", cast.tom.id, cast.dr_lind.id, cast.consultation.id, SeriesUnit.WEEK, 1,
        at_ten.starts_at.date(), time(10), times=2,
    )  # fmt: skip
    first, second = preview(session, plan, by=cast.amara.actor)
    assert SENTENCE in str(first.refusal) and first.can_be_forced and first.proposal and second.refusal is None
