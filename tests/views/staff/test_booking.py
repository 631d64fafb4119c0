"""Booking for a caller: the patient, a time, done; and what is said when the time cannot be had."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from clinic.models.schedule import Availability, Slot
from clinic.models.visits import Visit, VisitStatus
from tests.queries_counted import counted
from tests.visitor import check_page


@pytest.fixture
def visits(session, cast):
    """Every visit as the database has it now."""

    def look():
        session.rollback()
        session.enter(cast.scope)
        session.expire_all()
        return session.scalars(sa.select(Visit).order_by(Visit.starts_at)).all()

    return look


@pytest.fixture
def sent(cast):
    """What the page sends to book Tom with Dr Osei tomorrow at ten, unless it says otherwise."""

    def facts(**more):
        facts = {
            "patient_id": cast.tom.id, "visit_type_id": cast.consultation.id, "provider_id": cast.dr_osei.id,
            "starts_at": cast.tomorrow_at(10).isoformat(), "visit_mode": "in_person", "reason": "Cough",
            "notes": "Rang at nine", **more,
        }  # fmt: skip
        return {name: value for name, value in facts.items() if value is not None}

    return facts


class TestNew:
    def test_open_times_are_there_at_once_and_a_click_chooses_one(self, amara, cast):
        page = amara.open("staff.booking.new", patient_id=cast.tom.id).text
        assert "Tom Baker" in page and page.count('class="time"') > 10 and "Dr Astrid Lind" in page
        chosen = amara.open(
            "staff.booking.chosen", htmx=True, patient_id=cast.tom.id, visit_type_id=cast.consultation.id,
            provider_id=cast.dr_osei.id, starts_at=cast.tomorrow_at(10).isoformat(),
        ).text  # fmt: skip
        assert "<html" not in chosen and "Dr Kwame Osei" in chosen and ">Book<" in chosen

    def test_without_script_the_chosen_time_is_a_page(self, amara, cast):
        page = amara.open("staff.booking.new", patient_id=cast.tom.id, starts_at=cast.tomorrow_at(10).isoformat())
        assert page.status_code == 200 and ">Book<" in page.text

    def test_another_type_or_doctor_fetches_the_times_alone(self, amara, cast):
        part = amara.open("staff.booking.new", htmx=True, provider_id=cast.dr_osei.id, visit_type_id=cast.follow_up.id)
        assert part.status_code == 200 and part.text.lstrip().startswith('<div id="sides"')
        assert "Dr Astrid Lind" not in part.text

    def test_from_the_board_the_time_comes_first_and_the_patient_is_found_on_the_page(self, amara, cast):
        day = cast.tomorrow_at(10).date().isoformat()
        cell = {"provider_id": cast.dr_osei.id, "date": day, "time": "10:00"}
        page = amara.open("staff.booking.new", **cell).text
        assert "Who is it for?" in page and ">Book<" not in page
        found = amara.send("staff.booking.find", {"q": "tom"}, **cell).text
        check_page(found)
        assert f"patient_id={cast.tom.id}" in found and "starts_at=" in found

    def test_nobody_found_registers_and_comes_back(self, amara):
        page = amara.send("staff.booking.find", {"q": "Zoë Quill"}, date="2030-01-02").text
        assert 'form="the-booking" formaction="/staff/booking/begin"' in page and page.count('name="next"') == 1
        begun = amara.send("staff.booking.begin", {"q": "Zoë Quill", "next": "/staff/booking/new?date=2030-01-02"}).text
        assert 'value="Zoë Quill"' in begun and 'name="next" value="/staff/booking/new?date=2030-01-02"' in begun

    def test_a_search_beside_a_type_or_a_doctor_of_another_clinic_is_not_found(self, amara, cast):
        for asked in ({"visit_type_id": cast.checkup.id}, {"provider_id": cast.dr_reyes.id}, {"patient_id": uuid4()}):
            assert amara.send("staff.booking.find", {"q": "tom"}, **asked).status_code == 404

    @pytest.mark.parametrize(
        "asked",
        [{"patient_id": "x"}, {"patient_id": uuid4()}, {"provider_id": uuid4()}, {"visit_type_id": uuid4()},
         {"visit_type_id": "9"}, {"date": "31/12"}, {"date": "0001-01-01"}, {"visit_mode": "telepathy"}],
    )  # fmt: skip
    def test_what_is_not_of_this_clinic_or_cannot_be_read_is_not_found(self, amara, asked):
        assert amara.open("staff.booking.new", **asked).status_code == 404

    @pytest.mark.parametrize(
        "asked",
        [{"starts_at": "soon"}, {"starts_at": "9999-12-31T23:59:00+00:00"}, {"starts_at": "2020-01-01T10:00:00+00:00"},
         {"date": "2030-01-02", "time": "25:99"}],
    )  # fmt: skip
    def test_a_time_that_cannot_be_is_said_on_the_page(self, amara, asked):
        page = amara.open("staff.booking.new", **asked)
        assert page.status_code == 200 and 'role="alert"' in page.text

    def test_the_strangers_patient_is_not_here(self, amara, cast):
        assert amara.open("staff.booking.new", patient_id=cast.sam.id).status_code == 404

    @pytest.mark.parametrize("who", ["osei", "ines", "maya"])
    def test_only_the_desk_books(self, request, who):
        assert request.getfixturevalue(who).open("staff.booking.new").status_code == 403

    def test_the_page_asks_the_database_no_more_often_for_a_full_month(self, app, amara, cast):
        asked = {"patient_id": cast.tom.id, "starts_at": cast.tomorrow_at(10).isoformat()}
        with counted(app) as empty:
            amara.open("staff.booking.new", **asked)
        for hour in range(11, 16):
            cast.booked(cast.tomorrow_at(hour))
        with counted(app) as full:
            amara.open("staff.booking.new", **asked)
        assert len(full) == len(empty) <= 13


class TestCreate:
    def test_the_time_is_booked_and_the_days_board_says_so(self, amara, cast, visits, sent):
        answer = amara.send("staff.booking.create", sent())
        assert answer.status_code == 303 and f"date={cast.tomorrow_at(10).date().isoformat()}" in answer.location
        assert "Booked: Tom Baker" in amara.client.get(answer.location).text
        visit = visits()[0]
        assert visit.status == VisitStatus.BOOKED and visit.starts_at == cast.tomorrow_at(10)
        assert visit.reason == "Cough" and visit.notes == "Rang at nine" and visit.created_by_id == cast.amara.user.id

    def test_whoever_is_first_takes_the_first_who_is_free(self, amara, cast, visits, sent):
        cast.booked(provider=cast.dr_lind, patient=cast.maya_patient)
        assert amara.send("staff.booking.create", sent(provider_id=None)).status_code == 303
        assert {visit.provider_id for visit in visits()} == {cast.dr_lind.id, cast.dr_osei.id}

    def test_a_typed_time_within_hours_is_booked_off_the_grid(self, amara, cast, visits, sent):
        typed = {"starts_at": None, "on_date": cast.tomorrow_at(10).date().isoformat(), "at_time": "10:07"}
        assert amara.send("staff.booking.create", sent(**typed)).status_code == 303
        assert visits()[0].starts_at == cast.tomorrow_at(10, 7)

    def test_taken_meanwhile_the_nearest_are_offered_and_all_that_was_typed_is_kept(self, amara, cast, visits, sent):
        cast.booked(patient=cast.maya_patient)
        answer = amara.send("staff.booking.create", sent())
        assert answer.status_code == 409 and "That time is no longer free." in answer.text
        assert answer.text.count('name="pick"') == 3
        assert "Cough" in answer.text and "Rang at nine" in answer.text and "Tom Baker" in answer.text
        assert len(visits()) == 1

    def test_one_of_the_nearest_is_booked_by_its_button(self, amara, cast, visits, sent):
        cast.booked(patient=cast.maya_patient)
        pick = f"{cast.dr_osei.id} {cast.tomorrow_at(10, 20).isoformat()}"
        assert amara.send("staff.booking.create", sent(pick=pick)).status_code == 303
        assert visits()[1].starts_at == cast.tomorrow_at(10, 20) and visits()[1].reason == "Cough"

    def test_a_taken_time_is_overbooked_on_purpose_with_a_reason_that_stays(self, amara, cast, visits, sent):
        cast.booked(patient=cast.maya_patient)
        assert 'name="overbook_reason"' in amara.send("staff.booking.create", sent()).text
        assert amara.send("staff.booking.create", sent(overbook_reason="Fever of 40")).status_code == 303
        slot = next(visit for visit in visits() if visit.patient_id == cast.tom.id).slot
        assert slot.overbooked and slot.overbooked_reason == "Fever of 40"

    def test_an_open_time_offers_no_overbooking_and_a_block_takes_no_reason(self, amara, cast, session, sent):
        ten, eleven = cast.tomorrow_at(10), cast.tomorrow_at(11)
        session.add(
            Slot(clinic_id=cast.rose.id, provider_id=cast.dr_osei.id, kind="blocked", status="blocked", starts_at=ten,
                 ends_at=eleven, busy_from=ten, busy_until=eleven)
        )  # fmt: skip
        session.commit()
        answer = amara.send("staff.booking.create", sent(overbook_reason="Please"))
        assert answer.status_code == 409 and "away" in answer.text and 'name="overbook_reason"' not in answer.text
        free = amara.open("staff.booking.new", patient_id=cast.tom.id, starts_at=cast.tomorrow_at(12).isoformat())
        assert 'name="overbook_reason"' not in free.text

    @pytest.mark.parametrize(
        "wrong",
        [{"patient_id": None}, {"patient_id": "x"}, {"visit_type_id": ""}, {"visit_type_id": "7"}, {"provider_id": "!"},
         {"starts_at": None}, {"starts_at": "tomorrow"}, {"starts_at": "2030-01-01T10:00"},
         {"starts_at": "9999-12-31T23:59:00+00:00"}, {"starts_at": "0001-01-01T00:00:00+14:00"},
         {"starts_at": "2020-01-01T10:00:00+00:00"}, {"visit_mode": "telepathy"}, {"reason": "x" * 400},
         {"notes": "Zo\x00e"}, {"pick": "x"}, {"pick": "a b"}, {"meeting_url": "javascript:alert(1)"},
         {"starts_at": None, "on_date": "2030-02-30", "at_time": "10:00"},
         {"starts_at": None, "on_date": "9999-12-31", "at_time": "23:00"},
         {"starts_at": None, "on_date": "2030-01-02", "at_time": "25:00"}],
    )  # fmt: skip
    def test_what_cannot_be_read_is_422_and_nothing_is_booked(self, amara, visits, sent, wrong):
        answer = amara.send("staff.booking.create", sent(**wrong))
        assert answer.status_code == 422 and "Please check what you wrote" in answer.text and visits() == []

    @pytest.mark.parametrize("field", ["patient_id", "visit_type_id", "provider_id"])
    def test_another_clinics_id_is_as_unknown_as_none(self, amara, cast, visits, sent, field):
        theirs = {"patient_id": cast.sam.id, "visit_type_id": cast.checkup.id, "provider_id": cast.dr_reyes.id}
        assert amara.send("staff.booking.create", sent(**{field: theirs[field]})).status_code == 404
        assert amara.send("staff.booking.create", sent(**{field: uuid4()})).status_code == 404
        assert visits() == []

    def test_somebody_who_has_died_is_refused_in_words(self, amara, cast, session, sent):
        cast.tom.deceased_at = datetime.now(UTC)
        session.commit()
        page = amara.open("staff.booking.new", patient_id=cast.tom.id, starts_at=cast.tomorrow_at(10).isoformat())
        assert "has died" in page.text and ">Book<" not in page.text
        answer = amara.send("staff.booking.create", sent())
        assert answer.status_code == 409 and "cannot be booked" in answer.text

    def test_a_doctor_who_does_not_offer_the_type_is_refused_in_words(self, amara, cast, sent):
        answer = amara.send("staff.booking.create", sent(provider_id=cast.dr_lind.id, visit_type_id=cast.follow_up.id))
        assert answer.status_code == 409 and "does not offer this type" in answer.text

    def test_a_video_visit_keeps_its_link(self, amara, visits, sent):
        link = "https://video.example/room"
        assert amara.send("staff.booking.create", sent(visit_mode="virtual", meeting_url=link)).status_code == 303
        assert visits()[0].meeting_url == link


class TestTheClockChanges:
    """Rose Street's clock goes forward at 01:00 and back at 02:00, on Sundays; a doctor with hours at night."""

    @staticmethod
    def sunday(month):
        today = datetime.now(ZoneInfo("Europe/London")).date()
        for year in (today.year, today.year + 1):
            last = date(year, month, 31)
            last -= timedelta(days=(last.weekday() + 1) % 7)
            if last > today:
                return last.isoformat()
        raise AssertionError

    @pytest.fixture(autouse=True)
    def night(self, session, cast):
        session.execute(sa.update(Availability).values(start_time=datetime.min.time()))
        session.commit()

    def test_a_time_in_the_spring_gap_is_refused_with_a_sentence(self, amara, sent, visits):
        typed = {"starts_at": None, "on_date": self.sunday(3), "at_time": "01:30"}
        answer = amara.send("staff.booking.create", sent(**typed))
        assert answer.status_code == 422 and "there is no such time" in answer.text and visits() == []
        page = amara.open("staff.booking.new", date=self.sunday(3), time="01:30")
        assert "there is no such time" in page.text

    def test_a_time_that_comes_twice_is_asked_about(self, amara, cast, sent, visits):
        typed = {"starts_at": None, "on_date": self.sunday(10), "at_time": "01:30"}
        answer = amara.send("staff.booking.create", sent(**typed))
        assert answer.status_code == 422 and "Which one is meant?" in answer.text
        assert answer.text.count("(BST)") == 1 and answer.text.count("(GMT)") == 1 and visits() == []
        page = amara.open("staff.booking.new", patient_id=cast.tom.id, date=self.sunday(10), time="01:30")
        assert "Which one is meant?" in page.text

    def test_an_ordinary_time_of_that_day_stays_on_the_wall(self, amara, sent, visits):
        typed = {"starts_at": None, "on_date": self.sunday(3), "at_time": "10:00"}
        assert amara.send("staff.booking.create", sent(**typed)).status_code == 303
        assert visits()[0].starts_at.astimezone(ZoneInfo("Europe/London")).hour == 10


class TestMove:
    def test_the_visit_moves_to_the_chosen_time_and_doctor(self, amara, cast, visits):
        visit = cast.booked()
        page = amara.open("staff.booking.move", visit_id=visit.id)
        assert page.status_code == 200 and "Now:" in page.text and "Tom Baker" in page.text
        data = {"visit_type_id": cast.consultation.id, "provider_id": cast.dr_lind.id, "visit_mode": "in_person",
                "starts_at": cast.tomorrow_at(12, days=2).isoformat()}  # fmt: skip
        answer = amara.send("staff.booking.move_to", data, visit_id=visit.id)
        assert answer.status_code == 303 and visits()[0].starts_at == cast.tomorrow_at(12, days=2)
        assert visits()[0].provider_id == cast.dr_lind.id

    def test_by_less_than_its_length_it_moves_without_a_reason(self, amara, cast, visits):
        visit = cast.booked()
        later = cast.tomorrow_at(10, 10)
        page = amara.open("staff.booking.move_chosen", htmx=True, visit_id=visit.id, starts_at=later.isoformat())
        assert ">Move<" in page.text and "overbook" not in page.text
        data = {"visit_type_id": cast.consultation.id, "provider_id": cast.dr_osei.id, "starts_at": later.isoformat()}
        assert amara.send("staff.booking.move_to", data, visit_id=visit.id).status_code == 303
        assert visits()[0].starts_at == later

    def test_onto_a_taken_time_is_refused_with_the_nearest(self, amara, cast, visits):
        visit = cast.booked()
        cast.booked(cast.tomorrow_at(11), patient=cast.maya_patient)
        data = {"visit_type_id": cast.consultation.id, "provider_id": cast.dr_osei.id,
                "starts_at": cast.tomorrow_at(11).isoformat()}  # fmt: skip
        answer = amara.send("staff.booking.move_to", data, visit_id=visit.id)
        assert answer.status_code == 409 and answer.text.count('name="pick"') == 3
        assert visits()[0].starts_at == cast.tomorrow_at(10)

    def test_away_from_a_doctor_or_a_type_that_is_no_longer_to_be_had(self, amara, cast, session, visits):
        visit = cast.booked()
        cast.dr_osei.is_active, cast.consultation.is_active = False, False
        session.commit()
        assert amara.open("staff.booking.move", visit_id=visit.id).status_code == 200
        cast.consultation.is_active = True
        session.commit()
        page = amara.open("staff.booking.move", visit_id=visit.id)
        assert page.status_code == 200 and "Dr Astrid Lind" in page.text

    def test_the_strangers_visit_is_not_here(self, stranger, cast):
        visit = cast.booked()
        assert stranger.open("staff.booking.move", visit_id=visit.id).status_code == 404
        assert stranger.send("staff.booking.move_to", {}, visit_id=visit.id).status_code == 404
