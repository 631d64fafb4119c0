"""Closing the clinic or one doctor: nothing is offered then, what is booked is told of, and all can be undone."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from clinic.actions import closures, holds
from clinic.actions.acting import Refused
from clinic.actions.booking import TimeTaken, book
from clinic.models.audit import AuditEntry
from clinic.models.closures import Closure
from clinic.models.organizations import Clinic, Location
from clinic.models.visits import Visit, VisitStatus
from clinic.queries.open_times import open_times


def rows(session):
    session.rollback()
    session.expire_all()
    return session.scalars(sa.select(Closure).order_by(Closure.starts_at)).all()


def day(cast, days=1):
    return cast.tomorrow_at(12, days=days).astimezone(ZoneInfo("Europe/London")).date()


def typed(cast, days=1, **more):
    """A holiday as the form sends it: one whole day, everybody."""
    return {"title": "St Swithin", "from_date": day(cast, days).isoformat(), "provider_id": "", **more}


def starts(session, cast, on, provider=None, **more):
    """The open starts of a doctor, Osei unless another is named."""
    ids = [(provider or cast.dr_osei).id]
    return [each.starts_at for each in open_times(session, cast.at, cast.consultation, ids, on, on, **more)]


def closed(session, cast, begins, ends, **more):
    """A closure that stands."""
    made = closures.add(session, by=cast.ines.actor, starts_at=begins, ends_at=ends, title="Closed", **more)
    session.commit()
    return made


class TestCreate:
    def test_a_holiday_closes_the_whole_day_for_everybody_and_is_on_record(self, ines, cast, session):
        assert ines.send("staff.closures.create", typed(cast)).status_code == 303
        (made,) = rows(session)
        begins = cast.tomorrow_at(0)
        assert made.starts_at == begins and made.last_day("Europe/London") == day(cast) and made.provider_id is None
        for provider in (cast.dr_osei, cast.dr_lind):
            assert not starts(session, cast, day(cast), provider) and starts(session, cast, day(cast, 2), provider)
        assert session.scalars(sa.select(AuditEntry.action).where(AuditEntry.resource_id == made.id)).one() == (
            "closures.add"
        )
        assert "St Swithin" in ines.open("staff.closures.index").text

    def test_one_doctor_for_some_hours_leaves_the_rest_and_the_colleagues(self, ines, cast, session):
        form = typed(cast, from_time="09:00", until_time="12:00", provider_id=str(cast.dr_osei.id))
        ines.send("staff.closures.create", form)
        rows(session)
        assert starts(session, cast, day(cast))[0] == cast.tomorrow_at(12)
        assert starts(session, cast, day(cast), cast.dr_lind)[0] == cast.tomorrow_at(9)

    def test_the_visits_in_it_are_told_at_once_and_stay(self, ines, cast, session):
        visit = cast.booked()
        cast.booked(cast.tomorrow_at(11), patient=cast.maya_patient)
        answer = ines.send("staff.closures.create", typed(cast), htmx=False)
        page = ines.open("staff.closures.index").text
        assert answer.status_code == 303 and "/staff/stranded/" in answer.location
        assert "2 visits are affected" in ines.open(answer.location).text
        assert f'href="/staff/day?date={day(cast)}"' in page
        session.expire_all()
        assert visit.status == VisitStatus.BOOKED

    def test_sent_twice_it_closes_once(self, ines, cast, session):
        ines.send("staff.closures.create", typed(cast))
        answer = ines.send("staff.closures.create", typed(cast))
        assert answer.status_code == 409 and "there already" in answer.text and len(rows(session)) == 1

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"title": ""}, "Say what it is"),
            ({"from_date": ""}, "Say on which day it begins"),
            ({"from_date": "2020-01-01"}, "already over"),
            ({"until_date": "2020-01-01"}, "after the beginning"),
            ({"until_date": "2098-01-01"}, "at most 366 days"),
            ({"provider_id": "nobody"}, "Choose from what is offered"),
        ],
    )
    def test_what_cannot_be_is_refused_in_words(self, ines, cast, session, wrong, words):
        answer = ines.send("staff.closures.create", typed(cast) | wrong)
        assert answer.status_code in (409, 422) and words in answer.text and not rows(session)

    def test_only_the_administrator_closes_and_the_desk_reads(self, ines, amara, osei, maya, stranger, cast, session):
        ines.send("staff.closures.create", typed(cast))
        (made,) = rows(session)
        assert "St Swithin" in amara.open("staff.closures.index").text
        for visitor in (amara, osei, maya):
            assert visitor.send("staff.closures.create", typed(cast, 2)).status_code in (403, 404)
            assert visitor.send("staff.closures.remove", closure_id=made.id).status_code in (403, 404)
        assert "St Swithin" not in stranger.open("staff.closures.index").text
        assert stranger.send("staff.closures.remove", closure_id=made.id).status_code in (403, 404)


class TestClockChanges:
    """London: forward on 31 March 2030 at one, back on 27 October 2030 at two."""

    def test_a_time_that_does_not_exist_is_refused(self, ines, cast, session):
        form = typed(cast, from_date="2030-03-31", from_time="01:30", until_time="09:00")
        answer = ines.send("staff.closures.create", form)
        assert answer.status_code == 422 and "never shows this time" in answer.text and not rows(session)

    @pytest.mark.parametrize(("which", "hour"), [("first", 0), ("second", 1)])
    def test_one_that_comes_twice_asks_which(self, ines, cast, session, which, hour):
        form = typed(cast, from_date="2030-10-27", from_time="01:30", until_time="09:00")
        answer = ines.send("staff.closures.create", form)
        assert answer.status_code == 422 and 'name="from_which"' in answer.text and not rows(session)
        assert ines.send("staff.closures.create", {**form, "from_which": which}).status_code == 303
        (made,) = rows(session)
        assert (made.starts_at.hour, made.starts_at.minute) == (hour, 30)
        again = ines.open("staff.closures.edit", closure_id=made.id).text
        assert "01:30" in again

    def test_a_block_asks_too(self, ines, cast, session):
        form = {"from_date": "2030-10-27", "from_time": "00:30", "until_time": "01:30"}
        answer = ines.send("staff.blocks.create", form, provider_id=cast.dr_osei.id)
        assert answer.status_code == 422 and 'name="until_which"' in answer.text
        sent = ines.send("staff.blocks.create", {**form, "until_which": "second"}, provider_id=cast.dr_osei.id)
        assert sent.status_code == 303

    def test_a_closed_change_sunday_is_closed_for_all_its_hours(self, ines, cast, session):
        session.execute(sa.update(Clinic).where(Clinic.id == cast.rose.id).values(timezone="Australia/Lord_Howe"))
        session.commit()
        ines.send("staff.closures.create", typed(cast, from_date="2031-04-06"))
        (made,) = rows(session)
        assert made.ends_at - made.starts_at == timedelta(hours=24, minutes=30)


class TestBooking:
    def test_it_is_refused_to_patients_and_the_desk_may_with_a_reason(self, session, cast):
        closed(session, cast, cast.tomorrow_at(9), cast.tomorrow_at(12))
        wish = cast.wish(cast.tomorrow_at(10), patient=cast.maya_patient)
        with pytest.raises(TimeTaken, match="closed at that time"):
            book(session, wish, by=cast.maya.actor)
        with pytest.raises(TimeTaken, match="closed at that time"):
            holds.hold(session, wish, by=cast.maya.actor)
        with pytest.raises(TimeTaken):
            book(session, wish, by=cast.amara.actor)
        urgent = cast.wish(cast.tomorrow_at(10), overbook="He comes in for her")
        visit = session.get(Visit, (cast.rose.id, book(session, urgent, by=cast.amara.actor)))
        assert visit.slot.overbooked_reason == "He comes in for her"

    def test_the_desk_reads_why_before_it_books(self, amara, cast, session):
        closed(session, cast, cast.tomorrow_at(9), cast.tomorrow_at(12))
        chosen = {"patient_id": cast.tom.id, "visit_type_id": cast.consultation.id, "provider_id": cast.dr_osei.id}
        page = amara.open("staff.booking.new", **chosen, starts_at=cast.tomorrow_at(10).isoformat()).text
        assert "It is closed at that time." in page and 'name="overbook_reason"' in page

    def test_seats_of_a_shared_time_are_not_offered_either(self, session, cast):
        cast.consultation.capacity = 3
        session.commit()
        cast.booked(cast.tomorrow_at(10))
        assert cast.tomorrow_at(10) in starts(session, cast, day(cast))
        closed(session, cast, cast.tomorrow_at(9), cast.tomorrow_at(12))
        assert cast.tomorrow_at(10) not in starts(session, cast, day(cast))

    def test_a_place_that_is_closed_leaves_the_hours_at_the_other(self, session, cast):
        river, hill = Location(clinic_id=cast.rose.id, name="River"), Location(clinic_id=cast.rose.id, name="Hill")
        session.add_all([river, hill])
        session.flush()
        cast.dr_osei.location_id, cast.dr_lind.location_id = river.id, hill.id
        closed(session, cast, cast.tomorrow_at(9), cast.tomorrow_at(12), location_id=river.id)
        assert starts(session, cast, day(cast))[0] == cast.tomorrow_at(12)
        assert starts(session, cast, day(cast), cast.dr_lind)[0] == cast.tomorrow_at(9)
        with pytest.raises(TimeTaken, match="closed"):
            book(session, cast.wish(cast.tomorrow_at(10)), by=cast.amara.actor)

    def test_another_clinics_closure_closes_nothing_here(self, session, cast):
        assert starts(session, cast, day(cast))
        with pytest.raises(Refused):
            closed(session, cast, cast.tomorrow_at(12), cast.tomorrow_at(9))


class TestUndo:
    def test_a_removed_one_opens_the_day_and_the_undo_closes_it_again(self, ines, cast, session):
        ines.send("staff.closures.create", typed(cast))
        (made,) = rows(session)
        answer = ines.send("staff.closures.remove", htmx=True, closure_id=made.id)
        assert f"/staff/closures/{made.id}/restore" in answer.text
        rows(session)
        assert starts(session, cast, day(cast))
        assert ines.send("staff.closures.remove", closure_id=made.id).status_code == 409
        assert ines.send("staff.closures.restore", closure_id=made.id).status_code == 303
        rows(session)
        assert not starts(session, cast, day(cast))
        assert ines.send("staff.closures.restore", closure_id=made.id).status_code == 409

    def test_it_is_changed_in_place(self, ines, cast, session):
        ines.send("staff.closures.create", typed(cast))
        (made,) = rows(session)
        assert "St Swithin" in ines.open("staff.closures.edit", closure_id=made.id).text
        form = typed(cast, 2, title="St Crispin", from_time="09:00", until_time="10:00")
        assert ines.send("staff.closures.update", form, closure_id=made.id).status_code == 303
        (made,) = rows(session)
        assert (made.title, made.starts_at) == ("St Crispin", cast.tomorrow_at(9, days=2))
        assert ines.send("staff.closures.update", {**form, "title": ""}, closure_id=made.id).status_code == 422


class TestPages:
    def test_the_day_and_the_doctors_hours_show_it(self, ines, amara, osei, cast, session):
        ines.send("staff.closures.create", typed(cast))
        assert "St Swithin" in amara.open("staff.day.index", date=day(cast)).text
        assert "St Swithin" in osei.open("staff.hours.index", provider_id=cast.dr_osei.id).text
