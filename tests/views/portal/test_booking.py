"""A patient books for herself, one question a page."""

import pytest
import sqlalchemy as sa

from clinic.actions import holds
from clinic.db import db
from clinic.models.people import VisitMode
from clinic.models.schedule import BookingRule, Slot
from clinic.models.visits import Visit, VisitSource, VisitStatus
from clinic.scope import Scope
from tests.queries_counted import counted


def iso(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def wish(cast):
    """The last form of the journey: a consultation with Dr Osei tomorrow at ten, unless it says otherwise."""

    def form(**changed):
        return {
            "visit_type_id": cast.consultation.id, "provider_id": cast.dr_osei.id, "visit_mode": "in_person",
            "starts_at": iso(cast.tomorrow_at(10)), "reason": "A cough that stays", **changed,
        }  # fmt: skip

    return form


@pytest.fixture
def visits(session):
    """Every visit there is, read afresh."""

    def read():
        session.rollback()
        session.expire_all()
        return session.scalars(sa.select(Visit)).all()

    return read


@pytest.fixture
def change(session):
    """Change columns of a row as the clinic's staff would, and keep it."""

    def now(row, **values):
        kind = type(row)
        session.execute(sa.update(kind).where(kind.id == row.id).values(**values))
        session.commit()

    return now


class TestQuestions:
    def test_the_whole_way_leads_from_the_type_of_visit_to_a_booked_visit(self, maya, cast, visits):
        assert "Consultation" in maya.open("portal.booking.new").text
        chosen = {"visit_type_id": cast.consultation.id}
        assert "Whoever is first" in maya.open("portal.booking.doctor", **chosen).text
        chosen["doctor"] = "first"
        assert "times" in maya.open("portal.booking.day", **chosen).text
        chosen["day"] = cast.tomorrow_at(10).date().isoformat()
        times = maya.open("portal.booking.time", **chosen).text
        assert "10:00" in times and "Morning" in times and "London" in times
        chosen |= {"provider_id": cast.dr_osei.id, "starts_at": iso(cast.tomorrow_at(10))}
        held = maya.send("portal.booking.hold", **chosen)
        assert held.status_code == 303
        page = maya.open(held.location)
        assert "What is it about?" in page.text and "data-until" in page.text
        told = maya.send("portal.booking.answer", {"reason": "A cough", "visit_mode": "in_person"}, **chosen)
        assert "cough" not in told.location
        check = maya.open(told.location)
        assert "A cough" in check.text and "Book this visit" in check.text and "data-until" in check.text
        done = maya.send("portal.booking.create", {**chosen, "visit_mode": "in_person", "reason": "A cough"})
        assert done.status_code == 303
        booked = maya.open(done.location)
        assert "Your visit is booked" in booked.text and "What happens next" in booked.text
        (visit,) = visits()
        assert visit.source == VisitSource.PORTAL and visit.patient_id == cast.maya_patient.id
        assert visit.status == VisitStatus.BOOKED and visit.reason == "A cough"

    def test_a_doctor_who_is_alone_in_offering_a_type_needs_no_question(self, maya, cast):
        answer = maya.open("portal.booking.doctor", visit_type_id=cast.follow_up.id)
        assert answer.status_code == 302 and f"doctor={cast.dr_osei.id}" in answer.location

    def test_a_question_that_was_skipped_is_asked(self, maya, cast):
        answer = maya.open("portal.booking.check", visit_type_id=cast.consultation.id)
        assert answer.status_code == 302 and "/portal/book/day" in answer.location

    def test_whoever_may_act_for_two_is_asked_whom_the_visit_is_for(self, maya, cast, session, wish, visits):
        cast._portal(cast.rose, cast.maya, cast.tom)
        session.commit()
        page = maya.open("portal.booking.new")
        assert "Who is the visit for?" in page.text and "Tom Baker" in page.text
        assert maya.send("portal.booking.create", wish()).status_code == 422
        assert maya.send("portal.booking.create", wish(patient_id=cast.tom.id)).status_code == 303
        assert [visit.patient_id for visit in visits()] == [cast.tom.id]

    def test_an_account_without_a_record_is_told_so_and_can_book_nothing(self, maya, session, cast, wish):
        session.execute(sa.text("UPDATE patient_access SET until = now() - interval '1 hour'"))
        session.commit()
        assert "not connected" in maya.open("portal.booking.new").text
        assert "not connected" in maya.open("portal.home.index").text
        assert maya.send("portal.booking.create", wish()).status_code == 422

    def test_a_day_without_open_times_leads_to_the_next_that_has_some(self, maya, cast, session):
        session.execute(sa.text("UPDATE availabilities SET valid_from = current_date + 20"))
        session.commit()
        page = maya.open("portal.booking.day", visit_type_id=cast.consultation.id, doctor=cast.dr_osei.id)
        assert f"day={cast.tomorrow_at(10, days=20).date()}" in page.text

    def test_type_with_both_modes_asks_how_to_meet_and_keeps_the_answer(self, maya, cast, wish, visits):
        chosen = {"visit_type_id": cast.consultation.id, "provider_id": cast.dr_osei.id,
                  "starts_at": iso(cast.tomorrow_at(10))}  # fmt: skip
        assert "By video" in maya.open("portal.booking.reason", **chosen).text
        told = maya.send("portal.booking.answer", {"reason": "", "visit_mode": "virtual"}, **chosen)
        assert "By video" in maya.open(told.location).text
        assert maya.send("portal.booking.create", wish(visit_mode="virtual")).status_code == 303
        assert [visit.visit_mode for visit in visits()] == [VisitMode.VIRTUAL]

    def test_the_pages_run_as_many_statements_on_a_full_day_as_on_an_empty_one(self, app, maya, cast):
        chosen = {"visit_type_id": cast.consultation.id, "doctor": "first"}
        day = cast.tomorrow_at(10).date().isoformat()

        def both():
            with counted(app) as statements:
                maya.open("portal.booking.day", **chosen)
                maya.open("portal.booking.time", day=day, **chosen)
            return len(statements)

        before = both()
        for minutes in range(0, 120, 20):
            cast.booked(cast.tomorrow_at(10 + minutes // 60, minutes % 60))
        assert both() == before <= 14


class TestHold:
    def chosen(self, cast):
        return {"visit_type_id": cast.consultation.id, "provider_id": cast.dr_osei.id,
                "starts_at": iso(cast.tomorrow_at(10))}  # fmt: skip

    def test_a_time_that_is_gone_is_answered_with_the_three_nearest(self, maya, cast):
        cast.booked(cast.tomorrow_at(10))
        answer = maya.send("portal.booking.hold", **self.chosen(cast))
        assert answer.status_code == 409 and answer.text.count('class="time"') == 3
        assert "09:40" in answer.text and "10:20" in answer.text

    def test_one_second_after_it_ran_out_the_time_can_still_be_booked(self, maya, cast, session, wish):
        maya.send("portal.booking.hold", **self.chosen(cast))
        session.execute(sa.update(Slot).values(held_until=sa.func.now() - sa.text("interval '1 second'")))
        session.commit()
        page = maya.open("portal.booking.reason", **self.chosen(cast))
        assert "no longer kept" in page.text
        assert maya.send("portal.booking.create", wish()).status_code == 303

    def test_once_it_ran_out_somebody_else_may_be_quicker(self, maya, cast, session, wish):
        maya.send("portal.booking.hold", **self.chosen(cast))
        session.execute(sa.update(Slot).values(held_until=sa.func.now() - sa.text("interval '1 second'")))
        session.commit()
        cast.booked(cast.tomorrow_at(10))
        answer = maya.send("portal.booking.create", wish())
        assert answer.status_code == 409 and "A cough that stays" in answer.text

    def test_a_held_time_is_still_shown_to_whoever_holds_it(self, maya, cast, session):
        maya.send("portal.booking.hold", **self.chosen(cast))
        day = cast.tomorrow_at(10).date().isoformat()
        chosen = {"visit_type_id": cast.consultation.id, "doctor": cast.dr_osei.id, "day": day}
        assert "10:00" in maya.open("portal.booking.time", **chosen).text

    def test_another_persons_held_time_is_not_offered(self, maya, cast, session):
        holds.hold(session, cast.wish(cast.tomorrow_at(10)), by=cast.amara.actor)
        session.commit()
        chosen = {"visit_type_id": cast.consultation.id, "doctor": cast.dr_osei.id}
        page = maya.open("portal.booking.time", day=cast.tomorrow_at(10).date().isoformat(), **chosen)
        assert "10:00" not in page.text and "09:40" in page.text


class TestCreate:
    def test_a_taken_time_keeps_what_was_typed_and_offers_the_three_nearest(self, maya, cast, wish, visits):
        cast.booked(cast.tomorrow_at(10))
        answer = maya.send("portal.booking.create", wish())
        assert answer.status_code == 409
        assert answer.text.count('class="time"') == 3 and "A cough that stays" in answer.text
        assert len(visits()) == 1

    def test_the_nearest_time_goes_on_right_where_she_was(self, maya, cast, wish):
        cast.booked(cast.tomorrow_at(10))
        maya.send("portal.booking.create", wish())
        nearest = wish(starts_at=iso(cast.tomorrow_at(10, 20)))
        nearest.pop("reason")
        held = maya.send("portal.booking.hold", **nearest)
        assert held.status_code == 303 and "/portal/book/check" in held.location
        assert "A cough that stays" in maya.open(held.location).text

    def test_sent_twice_it_is_booked_once_and_says_so(self, maya, wish, visits):
        assert maya.send("portal.booking.create", wish()).status_code == 303
        answer = maya.send("portal.booking.create", wish())
        assert answer.status_code == 409 and "You already have this time" in answer.text
        assert len(visits()) == 1

    def test_of_a_type_booked_on_request_she_reads_when_the_clinic_answers(self, maya, cast, change, wish, visits):
        change(cast.consultation, booking=BookingRule.REQUEST)
        done = maya.send("portal.booking.create", wish())
        page = maya.open(done.location)
        assert "We have your request" in page.text and "We will answer by" in page.text
        assert [visit.status for visit in visits()] == [VisitStatus.REQUESTED]

    def test_too_soon_is_refused_with_later_times(self, maya, cast, change, wish):
        change(cast.consultation, minimum_notice_minutes=60 * 72)
        answer = maya.send("portal.booking.create", wish())
        assert answer.status_code == 409 and "too soon" in answer.text
        assert answer.text.count('class="time"') == 3
        assert cast.tomorrow_at(10).date().isoformat() + "T" not in answer.text.split("The nearest open times")[1]

    def test_too_far_ahead_is_refused_with_times_inside_the_horizon(self, maya, cast, change, wish):
        change(cast.consultation, horizon_days=5)
        answer = maya.send("portal.booking.create", wish(starts_at=iso(cast.tomorrow_at(10, days=300))))
        assert answer.status_code == 409 and "5 days ahead" in answer.text and answer.text.count('class="time"') == 3

    def test_outside_the_doctors_hours_is_refused(self, maya, cast, wish):
        assert maya.send("portal.booking.create", wish(starts_at=iso(cast.tomorrow_at(20)))).status_code == 409

    def test_between_two_offered_starts_is_refused(self, maya, cast, wish):
        assert maya.send("portal.booking.create", wish(starts_at=iso(cast.tomorrow_at(10, 7)))).status_code == 409

    def test_an_unapproved_doctor_is_neither_shown_nor_booked(self, maya, cast, change, wish):
        change(cast.dr_osei, approved_at=None)
        assert "Osei" not in maya.open("portal.booking.doctor", visit_type_id=cast.consultation.id).text
        chosen = {"visit_type_id": cast.consultation.id, "doctor": cast.dr_osei.id}
        assert maya.open("portal.booking.day", **chosen).status_code == 404
        answer = maya.send("portal.booking.create", wish())
        assert answer.status_code == 409 and "A cough that stays" in answer.text

    def test_a_type_only_the_clinic_books_is_for_the_phone(self, maya, cast, change, wish):
        change(cast.consultation, booking=BookingRule.OFF)
        page = maya.open("portal.booking.new").text
        assert "Booked by phone" in page and f"visit_type_id={cast.consultation.id}" not in page
        assert maya.open("portal.booking.doctor", visit_type_id=cast.consultation.id).status_code == 409
        answer = maya.send("portal.booking.create", wish())
        assert answer.status_code == 409 and "Please call us" in answer.text

    @pytest.mark.parametrize(
        "wrong",
        [
            {"visit_type_id": "nonsense"}, {"provider_id": "12"}, {"starts_at": "tomorrow"}, {"starts_at": ""},
            {"starts_at": "2026-13-45T99:00:00Z"}, {"starts_at": "2030-01-01T10:00:00"}, {"visit_mode": "by_pigeon"},
            {"starts_at": "0001-01-01T00:00:00+00:00"}, {"starts_at": "9999-12-31T23:59:59-12:00"},
            {"patient_id": "nobody"}, {"reason": "x" * 301}, {"visit_type_id": ""}, {"doctor": "second"},
        ],
    )  # fmt: skip
    def test_what_cannot_be_read_is_said_and_nothing_is_booked(self, maya, wish, visits, wrong):
        answer = maya.send("portal.booking.create", wish(**wrong))
        assert answer.status_code == 422 and wrong.get("reason", "A cough that stays") in answer.text
        assert visits() == []

    def test_what_cannot_be_read_can_be_said_again(self, maya, wish):
        maya.send("portal.booking.create", wish(starts_at="soon"))
        assert "A cough that stays" in maya.open("portal.booking.reason", **{
            name: wish()[name] for name in ("visit_type_id", "provider_id", "starts_at")}).text  # fmt: skip

    def test_another_clinics_doctor_or_type_is_like_none(self, maya, cast, wish, visits):
        for strange in ({"provider_id": cast.dr_reyes.id}, {"visit_type_id": cast.checkup.id}):
            assert maya.send("portal.booking.create", wish(**strange)).status_code == 422
        assert maya.send("portal.booking.create", wish(patient_id=cast.sam.id)).status_code == 422
        assert maya.send("portal.booking.create", wish(patient_id=cast.tom.id)).status_code == 422
        assert visits() == []


class TestDoor:
    @pytest.mark.parametrize(
        "address", ["day?visit_type_id=x", "day?week=2026-99-99", "time?day=0001-01-01", "?patient_id=1"]
    )
    def test_an_address_that_cannot_be_read_is_said_so(self, maya, address):
        assert maya.open(f"/portal/book/{address}").status_code == 400

    def test_another_clinics_ids_are_not_here(self, maya, cast):
        assert maya.open("portal.booking.doctor", visit_type_id=cast.checkup.id).status_code == 404
        assert maya.open("portal.booking.new", patient_id=cast.tom.id).status_code == 404
        chosen = {"visit_type_id": cast.consultation.id, "doctor": cast.dr_reyes.id}
        assert maya.open("portal.booking.day", **chosen).status_code == 404

    def test_staff_have_no_portal_and_nobody_is_sent_to_sign_in(self, amara, nobody, wish):
        assert amara.open("portal.booking.new").status_code == 403
        assert amara.send("portal.booking.create", wish()).status_code == 403
        assert nobody.open("portal.booking.new").status_code in (302, 303)

    def test_the_scope_of_the_portal_never_shows_anybody_elses_visit(self, cast):
        cast.booked()
        session = db.session()
        session.enter(Scope.portal(cast.rose.id, cast.maya.user.id, {cast.maya_patient.id}))
        assert session.scalars(sa.select(Visit)).all() == []
