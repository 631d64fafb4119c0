"""A doctor's hours: who may see and change them, what cannot be, and the same wall time across a clock change."""

import re
from datetime import date, time, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from clinic.models.audit import AuditEntry
from clinic.models.organizations import Clinic, Location
from clinic.models.people import VisitMode
from clinic.models.schedule import Availability, AvailabilityStatus
from clinic.queries.open_times import open_times
from tests.rooms import a_place

TYPED = {
    "weekly-weekdays": ["1", "3"],
    "weekly-start_time": "18:00",
    "weekly-end_time": "20:00",
    "weekly-visit_mode": "virtual",
    "weekly-location_id": "",
    "weekly-valid_from": "",
    "weekly-valid_until": "",
}


def evening_hours(session, cast):
    session.expire_all()
    asked = sa.select(Availability).where(
        Availability.provider_id == cast.dr_osei.id, Availability.start_time == time(18)
    )
    return session.scalars(asked.order_by(Availability.weekday)).all()


def dated(day, begins="10:00", ends="12:00"):
    return {"dated-on_date": day.isoformat(), "dated-start_time": begins, "dated-end_time": ends}


def said_of_rows(page):
    """The week and the single days, without the forms that follow them."""
    return re.sub(r"<details.*?</details>", "", page.partition('<div id="hours">')[2], flags=re.DOTALL)


class TestAddWeekly:
    def test_the_same_hours_are_added_to_each_ticked_day(self, ines, cast, session):
        answer = ines.send("staff.hours.add_weekly", TYPED, provider_id=cast.dr_osei.id)
        assert answer.status_code == 303
        rows = evening_hours(session, cast)
        assert [(row.weekday, row.visit_mode) for row in rows] == [(1, VisitMode.VIRTUAL), (3, VisitMode.VIRTUAL)]
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.resource_id == rows[0].id)).one()
        assert entry.action == "hours.add" and entry.changes["availabilities.start_time"] == [None, "18:00:00"]

    def test_htmx_gets_the_part_alone_with_the_new_hours(self, ines, cast):
        part = ines.send("staff.hours.add_weekly", TYPED, htmx=True, provider_id=cast.dr_osei.id)
        assert part.text.lstrip().startswith('<div id="hours">') and "18:00 – 20:00" in part.text

    def test_hours_over_others_of_the_same_weekday_are_refused_and_none_of_the_ticked_days_is_saved(
        self, ines, cast, session
    ):
        session.execute(sa.delete(Availability).where(Availability.weekday == 1))
        session.commit()
        typed = {**TYPED, "weekly-start_time": "16:30"}
        answer = ines.send("staff.hours.add_weekly", typed, provider_id=cast.dr_osei.id)
        assert answer.status_code == 409
        assert "These hours overlap those of Wednesday from 09:00 to 17:00 that are already there." in answer.text
        assert 'value="16:30"' in answer.text
        session.expire_all()
        assert not session.scalars(sa.select(Availability).where(Availability.start_time == time(16, 30))).all()

    def test_hours_that_begin_after_others_have_ended_for_good_do_not_overlap_them(self, ines, cast, session):
        session.execute(sa.update(Availability).values(valid_until=date(2030, 1, 31)))
        session.commit()
        typed = {**TYPED, "weekly-start_time": "10:00", "weekly-valid_from": "2030-02-01"}
        assert ines.send("staff.hours.add_weekly", typed, provider_id=cast.dr_osei.id).status_code == 303

    @pytest.mark.parametrize(
        "wrong",
        [
            {"weekly-weekdays": []},
            {"weekly-weekdays": ["7"]},
            {"weekly-weekdays": ["x"]},
            {"weekly-start_time": ""},
            {"weekly-start_time": " "},
            {"weekly-start_time": "25:00"},
            {"weekly-end_time": "18:00"},
            {"weekly-end_time": "9" * 5000},
            {"weekly-visit_mode": "by_post"},
            {"weekly-location_id": "1"},
            {"weekly-valid_from": "2030-02-30"},
            {"weekly-valid_from": "0001-01-01"},
            {"weekly-valid_from": "2030-02-02", "weekly-valid_until": "2030-02-01"},
        ],
    )
    def test_what_cannot_be_read_is_asked_again(self, ines, cast, session, wrong):
        answer = ines.send("staff.hours.add_weekly", {**TYPED, **wrong}, provider_id=cast.dr_osei.id)
        assert answer.status_code == 422 and "error-summary" in answer.text
        assert not evening_hours(session, cast)


class TestWhoMay:
    def test_the_desk_and_the_doctor_read_and_only_the_administrator_changes(self, ines, amara, osei, cast):
        for reader in (amara, osei):
            page = reader.open("staff.hours.index", provider_id=cast.dr_osei.id)
            assert page.status_code == 200 and "Add weekly hours" not in page.text
            assert reader.send("staff.hours.add_weekly", TYPED, provider_id=cast.dr_osei.id).status_code == 403
        assert "Add weekly hours" in ines.open("staff.hours.index", provider_id=cast.dr_osei.id).text

    def test_a_doctor_does_not_see_a_colleagues(self, osei, cast):
        assert osei.open("staff.hours.index", provider_id=cast.dr_lind.id).status_code == 404

    def test_another_clinics_doctor_and_anothers_row_are_not_here(self, ines, cast, session):
        assert ines.open("staff.hours.index", provider_id=cast.dr_reyes.id).status_code == 404
        assert ines.send("staff.hours.add_weekly", TYPED, provider_id=cast.dr_reyes.id).status_code == 404
        row = session.scalars(sa.select(Availability).where(Availability.provider_id == cast.dr_lind.id)).first()
        assert ines.send("staff.hours.remove", provider_id=cast.dr_osei.id, row_id=row.id).status_code == 404

    def test_a_place_of_another_clinic_cannot_be_chosen(self, ines, cast, session):
        session.enter(type(cast.scope).staff(cast.harbour.id))
        pier = Location(clinic_id=cast.harbour.id, name="Pier 4")
        session.add(pier)
        session.commit()
        typed = {**TYPED, "weekly-location_id": str(pier.id)}
        assert ines.send("staff.hours.add_weekly", typed, provider_id=cast.dr_osei.id).status_code == 422


def test_hours_without_a_place_of_their_own_name_the_usual_one(ines, cast, session):
    pier, shore = (a_place(session, cast, name) for name in ("Pier", "Shore"))
    here = {"provider_id": cast.dr_osei.id}
    own = sa.select(Availability).where(Availability.provider_id == cast.dr_osei.id, Availability.weekday.in_((1, 2)))
    first, second = session.scalars(own.order_by(Availability.weekday)).all()
    first.location_id, second.visit_mode = shore.id, VisitMode.VIRTUAL
    session.commit()
    ines.send("staff.hours.add_dated", dated(cast.tomorrow_at(12, days=3).date()), **here)
    assert "the usual place" not in said_of_rows(ines.open("staff.hours.index", **here).text)
    cast.dr_osei.location_id = pier.id
    session.commit()
    said = said_of_rows(ines.open("staff.hours.index", **here).text)
    # On every day of the week but the one elsewhere and the one by video, and on the single day.
    days = session.scalar(sa.select(sa.func.count()).where(Availability.provider_id == cast.dr_osei.id))
    assert said.count("Pier, the usual place") == days - 2 and said.count("Shore") == 1


class TestPauseAndRemove:
    def starts(self, session, cast, day):
        found = open_times(session, cast.at, cast.consultation, [cast.dr_osei.id], day, day)
        return {each.starts_at.astimezone(ZoneInfo("Europe/London")).time() for each in found}

    def test_paused_hours_offer_nothing_until_they_are_resumed_and_removed_ones_never(self, ines, cast, session):
        day = cast.tomorrow_at(12).date()
        weekday = day.isoweekday() % 7
        row = session.scalars(
            sa.select(Availability).where(Availability.provider_id == cast.dr_osei.id, Availability.weekday == weekday)
        ).one()
        here = {"provider_id": cast.dr_osei.id, "row_id": row.id}
        for verb, offered in (("pause", False), ("resume", True), ("remove", False)):
            assert ines.send(f"staff.hours.{verb}", **here).status_code == 303
            assert bool(self.starts(session, cast, day)) is offered
        assert ines.send("staff.hours.remove", **here).status_code == 404
        done = sa.select(AuditEntry).where(AuditEntry.action == "hours.remove", AuditEntry.decision == "allowed")
        entry = session.scalars(done).one()
        assert entry.changes["start_time"] == ["09:00:00", None]

    def test_all_hours_are_paused_and_resumed_at_once_and_that_is_taken_back_as_it_was(self, ines, osei, cast, session):
        here = {"provider_id": cast.dr_osei.id}
        own = sa.select(Availability).where(Availability.provider_id == cast.dr_osei.id)
        first, *others = session.scalars(own.order_by(Availability.id)).all()
        ines.send("staff.hours.pause", row_id=first.id, **here)
        page = ines.open("staff.hours.index", **here).text
        assert "Pause all hours" in page and "Resume all" in page
        assert "Pause all hours" not in osei.open("staff.hours.index", **here).text
        part = ines.send("staff.hours.pause_all", htmx=True, **here).text
        assert "Pause all hours" not in part and "Resume all" in part
        back = unescape(re.search(r'action="([^"]*resume-all\?[^"]*)"', part)[1])
        assert str(first.id) not in back and all(str(row.id) in back for row in others)
        assert ines.send(back).status_code == 303
        session.expire_all()
        assert {row.id for row in session.scalars(own) if row.status == AvailabilityStatus.PAUSED} == {first.id}
        assert ines.send("staff.hours.resume_all", **here).status_code == 303
        session.expire_all()
        assert {row.status for row in session.scalars(own)} == {AvailabilityStatus.ACTIVE}

    def test_all_hours_paused_while_people_are_booked_opens_one_list_of_them(self, ines, cast, session):
        for days in (1, 2):
            cast.booked(cast.tomorrow_at(10, days=days))
        answer = ines.send("staff.hours.pause_all", provider_id=cast.dr_osei.id)
        assert answer.status_code == 303 and "/staff/stranded/" in answer.location
        assert "2 visits are affected" in ines.open(answer.location).text

    def test_all_hours_of_another_clinics_doctor_or_by_somebody_else_are_not_paused(self, ines, amara, osei, cast):
        for verb in ("pause_all", "resume_all"):
            endpoint = f"staff.hours.{verb}"
            assert ines.send(endpoint, provider_id=cast.dr_reyes.id).status_code == 404
            assert amara.send(endpoint, provider_id=cast.dr_osei.id).status_code == 403
            assert osei.send(endpoint, provider_id=cast.dr_osei.id).status_code == 403
            address = f"/staff/providers/{cast.dr_osei.id}/hours/{verb.replace('_', '-')}?row=x"
            assert ines.send(address).status_code == 404

    def test_paused_hours_cannot_be_resumed_over_others_added_meanwhile(self, ines, cast, session):
        row = session.scalars(
            sa.select(Availability).where(Availability.provider_id == cast.dr_osei.id, Availability.weekday == 1)
        ).one()
        ines.send("staff.hours.pause", provider_id=cast.dr_osei.id, row_id=row.id)
        typed = {**TYPED, "weekly-weekdays": ["1"], "weekly-start_time": "16:00"}
        assert ines.send("staff.hours.add_weekly", typed, provider_id=cast.dr_osei.id).status_code == 303
        answer = ines.send("staff.hours.resume", provider_id=cast.dr_osei.id, row_id=row.id)
        assert answer.status_code == 409 and "overlap" in answer.text
        session.expire_all()
        assert row.status == AvailabilityStatus.PAUSED

    def test_hours_of_one_day_replace_the_weekly_ones_of_that_day(self, ines, cast, session):
        day = cast.tomorrow_at(12, days=3).date()
        assert ines.send("staff.hours.add_dated", dated(day), provider_id=cast.dr_osei.id).status_code == 303
        assert self.starts(session, cast, day) == {
            time(10),
            time(10, 20),
            time(10, 40),
            time(11),
            time(11, 20),
            time(11, 40),
        }
        assert (
            ines.send("staff.hours.add_dated", dated(day, "11:00", "13:00"), provider_id=cast.dr_osei.id).status_code
            == 409
        )

    def test_hours_of_one_day_are_paused_and_resumed_where_they_stand(self, ines, osei, cast, session):
        day = cast.tomorrow_at(12, days=3).date()
        ines.send("staff.hours.add_dated", dated(day), provider_id=cast.dr_osei.id)
        row = session.scalars(sa.select(Availability).where(Availability.on_date == day)).one()
        path = f"/staff/providers/{cast.dr_osei.id}/hours/{row.id}/"
        for verb, other in (("pause", "resume"), ("resume", "pause")):
            page = ines.open("staff.hours.index", provider_id=cast.dr_osei.id).text
            assert f'"{path}{verb}"' in page and f'"{path}{other}"' not in page
            assert (">Paused<" in page) is (verb == "resume")
            assert path not in osei.open("staff.hours.index", provider_id=cast.dr_osei.id).text
            assert ines.send(path + verb).status_code == 303
            assert bool(self.starts(session, cast, day)) is (verb == "resume")

    def test_a_day_that_is_over_is_refused(self, ines, cast):
        yesterday = cast.tomorrow_at(12, days=-1).date()
        answer = ines.send("staff.hours.add_dated", dated(yesterday), provider_id=cast.dr_osei.id)
        assert answer.status_code == 422 and "This day is over." in answer.text


CHANGES = [
    ("Europe/London", date(2027, 3, 28)),
    ("Europe/London", date(2027, 10, 31)),
    ("America/New_York", date(2027, 3, 14)),
    ("America/New_York", date(2027, 11, 7)),
    ("Australia/Lord_Howe", date(2027, 4, 4)),
    ("Australia/Lord_Howe", date(2027, 10, 3)),
]


class TestAcrossAClockChange:
    @pytest.mark.parametrize(("zone", "sunday"), CHANGES)
    def test_the_hours_stay_at_their_wall_time(self, ines, cast, session, zone, sunday):
        session.execute(sa.update(Clinic).where(Clinic.id == cast.rose.id).values(timezone=zone))
        session.execute(sa.delete(Availability))
        session.commit()
        typed = {
            "weekly-weekdays": [str(n) for n in range(7)],
            "weekly-start_time": "09:00",
            "weekly-end_time": "11:00",
        }
        assert ines.send("staff.hours.add_weekly", typed, provider_id=cast.dr_osei.id).status_code == 303
        at = type(cast.at)(id=cast.rose.id, timezone=zone)
        offsets = set()
        for day in (sunday - timedelta(days=1), sunday, sunday + timedelta(days=1)):
            found = open_times(session, at, cast.consultation, [cast.dr_osei.id], day, day)
            walls = [each.starts_at.astimezone(ZoneInfo(zone)) for each in found]
            offsets |= {wall.utcoffset() for wall in walls}
            assert [wall.time() for wall in walls] == [
                time(9, 0),
                time(9, 20),
                time(9, 40),
                time(10, 0),
                time(10, 20),
                time(10, 40),
            ]
        assert len(offsets) == 2, "the clock did not change"
