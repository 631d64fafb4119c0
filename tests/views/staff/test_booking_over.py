"""Choosing a time that has begun or is over: what is said of it, and that nobody who is to come is moved there."""

import pytest

from clinic.actions import obstacles
from clinic.queries import picking


@pytest.fixture(autouse=True)
def afternoon(monkeypatch, cast):
    """It is tomorrow, eight minutes past three, for all who ask whether a time has begun."""
    for module in (obstacles, picking):
        monkeypatch.setattr(module, "now", lambda: cast.tomorrow_at(15, 8))


@pytest.fixture
def chosen(amara, cast):
    """What the booking page says of a time with Dr Osei, for Tom or a visit that is to be moved."""

    def look(starts_at, visit=None):
        whose = {"visit_id": visit.id} if visit else {"patient_id": cast.tom.id}
        endpoint = "staff.booking.move_chosen" if visit else "staff.booking.chosen"
        facts = {"visit_type_id": cast.consultation.id, "provider_id": cast.dr_osei.id, **whose}
        return amara.open(endpoint, htmx=True, starts_at=starts_at.isoformat(), **facts).text

    return look


class TestBooking:
    def test_of_a_time_that_is_over_it_says_that_the_patient_hears_nothing(self, cast, chosen):
        page = chosen(cast.tomorrow_at(14))
        assert "This time is over; the patient is told nothing." in page and ">Book<" in page

    def test_of_one_that_has_just_begun_it_does_not_say_that_it_is_over(self, cast, chosen):
        page = chosen(cast.tomorrow_at(15))
        assert "This time has begun already; the patient is told nothing." in page and "is over" not in page

    def test_of_one_to_come_there_is_no_such_word(self, cast, chosen):
        assert "is told nothing" not in chosen(cast.tomorrow_at(16))


class TestMove:
    def test_a_visit_to_come_is_offered_no_time_that_is_over(self, cast, chosen):
        page = chosen(cast.tomorrow_at(14), cast.booked(cast.tomorrow_at(10, days=2)))
        assert "This time is already over." in page and ">Move<" not in page and "Overbook" not in page

    def test_sent_all_the_same_it_is_refused(self, amara, cast):
        visit = cast.booked(cast.tomorrow_at(10, days=2))
        data = {"visit_type_id": cast.consultation.id, "provider_id": cast.dr_osei.id, "overbook_reason": "Knee",
                "starts_at": cast.tomorrow_at(14).isoformat()}  # fmt: skip
        answer = amara.send("staff.booking.move_to", data, visit_id=visit.id)
        assert answer.status_code == 409 and "This time is already over." in answer.text

    def test_from_the_calendar_it_is_refused_with_the_times_that_are_open(self, amara, cast):
        visit = cast.booked(cast.tomorrow_at(10, days=2))
        where = {"provider_id": cast.dr_osei.id, "starts_at": cast.tomorrow_at(14).isoformat()}
        answer = amara.send("staff.moving.move", where, htmx=True, visit_id=visit.id)
        assert answer.status_code == 409 and "This time is already over." in answer.text
        assert "Only with a reason" not in answer.text and answer.text.count('name="pick"') > 2

    def test_what_is_over_is_written_down_with_a_word_that_nobody_is_told(self, cast, chosen):
        page = chosen(cast.tomorrow_at(14), cast.booked())
        assert "This time is over; the patient is told nothing." in page and ">Move<" in page
