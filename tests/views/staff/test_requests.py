"""The desk's board of requests: who may see it, what each button does, with htmx and as a plain form."""

from datetime import time

import pytest
import sqlalchemy as sa

from clinic.actions import allergies, offer_links, patients, request_offers, requests
from clinic.actions.requests import Asking
from clinic.models.offers import SlotOffer
from clinic.models.patients import TagKind
from clinic.models.requests import RequestEventKind, RequestStatus
from clinic.queries.requests import history_of, live_offer
from tests.queries_counted import counted

R = RequestStatus


@pytest.fixture
def asked(session, cast):
    """What Tom asks for at the desk."""
    made = requests.ask(session, cast.tom, Asking(reason="My knee is hot"), by=cast.amara.actor)
    session.commit()
    return made


@pytest.fixture
def triaged(session, cast, asked):
    """The same, found to be red."""
    requests.triage(asked, "red", by=cast.amara.actor)
    session.commit()
    return asked


def again(session, row):
    session.rollback()
    session.expire_all()
    return row


class TestIndex:
    def test_it_shows_who_asks_and_until_when_they_are_answered_but_not_why(self, amara, asked):
        page = amara.open("staff.requests.index").text
        assert "Tom Baker" in page and "Not looked at yet" in page and "knee" not in page
        assert amara.open("staff.requests.index", htmx=True).text.startswith('<div id="requests"')

    def test_the_late_ones_have_a_page_of_their_own(self, session, amara, asked):
        assert "Tom Baker" not in amara.open("staff.requests.index", view="late").text
        asked.answer_by = asked.created_at
        session.commit()
        page = amara.open("staff.requests.index", view="late").text
        assert "Tom Baker" in page and "Late: an answer was due" in page
        assert amara.open("staff.requests.index", view="other").status_code == 404

    def test_those_who_do_not_book_do_not_answer_either(self, ines, osei, stranger, asked):
        assert ines.open("staff.requests.index").status_code == 403
        assert osei.open("staff.requests.show", request_id=asked.id).status_code == 403
        assert stranger.open("staff.requests.show", request_id=asked.id).status_code == 404

    def test_a_long_board_takes_no_more_questions(self, app, session, cast, amara, asked):
        amara.open("staff.requests.index")
        with counted(app) as few:
            amara.open("staff.requests.index")
        for _each in range(12):
            requests.ask(session, cast.tom, Asking(reason="x"), by=cast.amara.actor)
        session.commit()
        with counted(app) as many:
            amara.open("staff.requests.index")
        assert len(many) == len(few)


class TestWhatToHeed:
    def test_flags_tags_and_allergies_stand_on_the_request_and_beside_its_times(self, session, cast, amara, asked):
        patients.add_tag(cast.tom, TagKind.FLAG, "Falls easily", by=cast.amara.actor)
        patients.add_tag(cast.tom, TagKind.TAG, "Needs an interpreter", by=cast.amara.actor)
        allergies.record(cast.tom, by=cast.osei.actor, substance="Penicillin", criticality="high")
        session.commit()
        for endpoint in ("staff.requests.show", "staff.request_times.index"):
            page = amara.open(endpoint, request_id=asked.id).text
            assert "Falls easily" in page and "Needs an interpreter" in page and "Penicillin" in page

    def test_that_none_is_known_is_said_as_well(self, session, cast, amara, asked):
        allergies.state_none(cast.tom, by=cast.osei.actor)
        session.commit()
        assert "No allergy known." in amara.open("staff.request_times.index", request_id=asked.id).text


class TestRed:
    def test_a_red_one_is_pinned_on_every_page_of_the_desk_without_a_name(self, amara, ines, triaged):
        for endpoint in ("staff.day.index", "staff.patients.index", "staff.requests.new"):
            assert "A red request has waited since" in amara.open(endpoint).text
        part = amara.open("staff.requests.red", htmx=True).text
        assert "A red request has waited since" in part and "Tom Baker" not in part and "data-chime" not in part
        assert "A red request" not in ines.open("staff.colleagues.index").text
        assert amara.open("staff.requests.red").status_code == 303

    def test_it_goes_once_somebody_has_taken_it(self, session, cast, amara, triaged):
        assert amara.send("staff.requests.take", request_id=triaged.id).status_code == 303
        assert again(session, triaged).owner_id == cast.amara.user.id
        assert "A red request waits" not in amara.open("staff.day.index").text

    def test_it_makes_a_sound_where_the_clinic_wants_one(self, ines, amara, triaged):
        rules = {"new": 60, "red": 15, "orange": 60, "yellow": 240, "green": 1440, "hold_hours": 12,
                 "waitlist_minutes": 20, "has_sound": "y"}  # fmt: skip
        assert ines.open("staff.request_rules.edit").status_code == 200
        assert ines.send("staff.request_rules.update", rules).status_code == 303
        assert "data-chime" in amara.open("staff.day.index").text
        assert amara.send("staff.request_rules.update", rules).status_code == 403
        assert ines.send("staff.request_rules.update", {**rules, "green": 10}).status_code == 422
        # What was not sent at all is not kept as nothing.
        for name in set(rules) - {"has_sound"}:
            some = {each: value for each, value in rules.items() if each != name}
            assert ines.send("staff.request_rules.update", some).status_code == 422, name


class TestCreate:
    def test_a_callers_request_is_noted_in_their_own_words(self, session, cast, amara):
        assert "Why" in amara.open("staff.requests.new", patient_id=cast.tom.id).text
        data = {"reason": "Cannot sleep", "severity": "yellow", "by_phone": "y", "window_start": "09:00"}
        answer = amara.send("staff.requests.create", data, patient_id=cast.tom.id)
        page = amara.open(answer.location).text
        assert "Cannot sleep" in page and "Yellow" in page and "after 09:00" in page and "Phone line" in page

    def test_without_a_reason_the_form_comes_back_with_what_was_typed(self, cast, amara):
        data = {"requested_on": "2031-05-02", "until_on": "2031-05-01", "reason": ""}
        page = amara.send("staff.requests.create", data, patient_id=cast.tom.id)
        assert page.status_code == 422 and "patient’s words" in page.text and "2031-05-02" in page.text

    def test_for_nobody_elses_patient(self, cast, amara):
        assert amara.send("staff.requests.create", {"reason": "x"}, patient_id=cast.sam.id).status_code == 404


class TestSteps:
    def test_how_urgent_it_is_is_said_in_place_and_taken_back(self, session, amara, asked):
        part = amara.send("staff.requests.triage", {"severity": "orange"}, htmx=True, request_id=asked.id)
        assert part.text.startswith('<div id="request"') and "Orange" in part.text and "Undo" in part.text
        assert amara.send("staff.requests.undo", request_id=asked.id).status_code == 303
        assert again(session, asked).status == R.NEW
        assert amara.send("staff.requests.triage", {"severity": "mauve"}, request_id=asked.id).status_code == 422

    def test_what_a_colleague_took_meanwhile_is_a_409_in_words(self, session, cast, amara, asked):
        requests.take(asked, by=cast.ines.actor)
        session.commit()
        answer = amara.send("staff.requests.take", request_id=asked.id)
        assert answer.status_code == 409 and "Ines Duarte looks after this already" in answer.text
        answer = amara.send("staff.requests.take", {"instead_of": cast.ines.user.id}, request_id=asked.id)
        assert answer.status_code == 303
        assert amara.send("staff.requests.leave", request_id=asked.id).status_code == 303

    def test_it_is_called_off_with_words_for_the_patient(self, session, amara, asked):
        answer = amara.send("staff.requests.cancel", {"note": "Please see a dentist"}, request_id=asked.id)
        assert answer.status_code == 303 and again(session, asked).status == R.CANCELLED
        assert "Please see a dentist" in amara.open("staff.requests.show", request_id=asked.id).text

    def test_who_comes_without_a_time_is_let_in(self, session, cast, amara):
        walk_in = requests.ask(session, cast.tom, Asking(reason="x", kind="walk_in"), by=cast.amara.actor)
        session.commit()
        assert "They are here" in amara.open("staff.requests.show", request_id=walk_in.id).text
        assert amara.send("staff.requests.admit", request_id=walk_in.id).status_code == 303
        assert again(session, walk_in).status == R.CONVERTED


class TestAnsweredOnThePhone:
    @pytest.fixture
    def proposed(self, session, cast, triaged):
        """The same, and three o'clock tomorrow is proposed to Tom."""
        request_offers.propose(triaged, cast.wish(cast.tomorrow_at(15)), by=cast.amara.actor)
        session.commit()
        return triaged

    def test_yes_books_the_very_time_that_is_kept(self, session, cast, amara, proposed):
        page = amara.open("staff.requests.show", request_id=proposed.id).text
        assert f'action="/staff/requests/{proposed.id}/accept"' in page and "They say yes" in page
        kept = proposed.proposed_slot_id
        assert amara.send("staff.requests.accept", request_id=proposed.id).status_code == 303
        visit = again(session, proposed).visit
        assert (proposed.status, visit.starts_at, visit.slot_id) == (R.CONVERTED, cast.tomorrow_at(15), kept)
        assert visit.reason == "My knee is hot"
        twice = amara.send("staff.requests.accept", request_id=proposed.id)
        assert twice.status_code == 409 and "No time is proposed at the moment" in twice.text

    def test_no_is_noted_as_theirs_and_the_time_is_open_again(self, session, cast, amara, proposed):
        part = amara.send("staff.requests.decline", htmx=True, request_id=proposed.id).text
        assert part.startswith('<div id="request"') and "Propose a time" in part
        assert history_of(session, again(session, proposed))[0].kind == RequestEventKind.DECLINED
        assert proposed.status == R.TRIAGED and session.scalars(sa.select(SlotOffer.status)).all() == ["declined"]
        board = amara.open("staff.requests.index").text
        assert "The time did not suit" in board and 'Requests <span class="view-tabs-count">1</span>' in board
        cast.booked(cast.tomorrow_at(15), patient=cast.maya_patient)
        assert amara.send("staff.requests.decline", request_id=proposed.id).status_code == 409

    def test_answered_by_their_own_link_the_history_names_the_patient(self, session, amara, nobody, proposed):
        token = offer_links.token_of(live_offer(session, proposed))
        assert nobody.send("public.offers.decline", token=token).status_code == 303
        history = amara.open("staff.requests.show", request_id=proposed.id).text.partition("History")[2]
        assert "the patient" in history and "by itself" not in history

    def test_yes_after_the_time_to_answer_books_nothing(self, session, amara, proposed):
        session.execute(sa.text("UPDATE slot_offers SET until = now() - interval '1 second'"))
        session.commit()
        late = amara.send("staff.requests.accept", htmx=True, request_id=proposed.id)
        assert late.status_code == 409 and "The time to answer this offer is over." in late.text
        assert again(session, proposed).visit_id is None

    @pytest.mark.parametrize("answer", ["accept", "decline"])
    def test_only_who_books_here_answers_for_the_patient(self, osei, stranger, proposed, answer):
        assert osei.send(f"staff.requests.{answer}", request_id=proposed.id).status_code == 403
        assert stranger.send(f"staff.requests.{answer}", request_id=proposed.id).status_code == 404


class TestTimes:
    def chosen(self, cast, hour=15):
        return {"visit_type_id": cast.consultation.id, "visit_mode": "in_person",
                "chosen": f"{cast.dr_osei.id} {cast.tomorrow_at(hour).isoformat()}"}  # fmt: skip

    def test_only_the_hours_that_suit_are_shown_unless_all_are_wanted(self, session, cast, amara):
        asking = Asking(reason="x", window_start=time(15), window_end=time(16))
        made = requests.ask(session, cast.tom, asking, severity="green", by=cast.amara.actor)
        session.commit()
        day = cast.tomorrow_at(9).date()
        page = amara.open("staff.request_times.index", request_id=made.id, date=day).text
        assert "3:20" in page or "15:20" in page
        assert "09:20" not in page and "9:20 am" not in page
        every = amara.open("staff.request_times.index", request_id=made.id, date=day, hours="all").text
        assert every.count('name="chosen"') > page.count('name="chosen"')

    def test_a_time_is_proposed_and_taken_back(self, session, cast, amara, triaged):
        answer = amara.send("staff.request_times.propose", self.chosen(cast), request_id=triaged.id)
        assert answer.status_code == 303 and again(session, triaged).status == R.AWAITING
        assert "Nothing is booked until the patient says yes" in amara.open(answer.location).text
        assert amara.send("staff.requests.take_back", request_id=triaged.id).status_code == 303
        assert again(session, triaged).status == R.TRIAGED

    def test_or_booked_while_they_are_on_the_phone(self, session, cast, amara, asked):
        assert amara.send("staff.request_times.book", self.chosen(cast), request_id=asked.id).status_code == 303
        assert again(session, asked).visit.starts_at == cast.tomorrow_at(15)

    def test_a_time_that_is_gone_is_said_on_the_page_with_the_others(self, cast, amara, triaged):
        cast.booked(cast.tomorrow_at(15), patient=cast.maya_patient)
        answer = amara.send("staff.request_times.propose", self.chosen(cast), request_id=triaged.id)
        assert answer.status_code == 409 and "is no longer free" in answer.text and 'name="chosen"' in answer.text

    @pytest.mark.parametrize("chosen", ["", " ", "a time"])
    def test_a_time_has_to_be_chosen(self, cast, amara, triaged, chosen):
        for answer in ("propose", "book"):
            form = self.chosen(cast) | {"chosen": chosen}
            assert amara.send(f"staff.request_times.{answer}", form, request_id=triaged.id).status_code == 422
            assert amara.send(f"staff.request_times.{answer}", {}, request_id=triaged.id).status_code == 422


def test_a_request_that_became_a_visit_leads_there(session, cast, amara, asked):
    request_offers.book(asked, cast.wish(cast.tomorrow_at(15)), by=cast.amara.actor)
    session.commit()
    assert f"/staff/visits/{asked.visit_id}" in amara.open("staff.requests.show", request_id=asked.id).text
