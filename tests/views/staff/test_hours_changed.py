"""Hours changed where they stand, hours beside the weekly ones, and the nights in which clocks change."""

from datetime import date, time
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from clinic.actions.booking import book
from clinic.models.audit import AuditEntry
from clinic.models.schedule import Availability
from clinic.queries.open_times import open_times

DAY = date(2031, 5, 7)  # a Wednesday


def walls(session, cast, day=DAY):
    """When Dr Osei's open times begin, on London's clocks."""
    session.rollback()
    found = open_times(session, cast.at, cast.consultation, [cast.dr_osei.id], day, day)
    return [each.starts_at.astimezone(ZoneInfo("Europe/London")).time() for each in found]


def row(session, cast, **where):
    session.rollback()
    session.expire_all()
    asked = sa.select(Availability).where(Availability.provider_id == cast.dr_osei.id)
    return session.scalars(asked.filter_by(**where)).one()


def dated(begins="18:00", ends="19:00", day=DAY, **more):
    form = {"on_date": day.isoformat(), "start_time": begins, "end_time": ends, **more}
    return {f"dated-{name}": value for name, value in form.items()}


def weekly(**more):
    return {"weekday": "3", "start_time": "09:00", "end_time": "12:00", "visit_mode": "", "valid_from": "",
            "valid_until": "", **more}  # fmt: skip


class TestOneDay:
    def test_extra_hours_stand_beside_the_weekly_ones(self, ines, cast, session):
        sent = ines.send("staff.hours.add_dated", dated(in_addition="also"), provider_id=cast.dr_osei.id)
        assert sent.status_code == 303
        found = walls(session, cast)
        assert found[0] == time(9) and found[-1] == time(18, 40)
        assert "also the weekly hours" in ines.open("staff.hours.index", provider_id=cast.dr_osei.id).text
        assert book(session, cast.wish(cast.tomorrow_at(9)), by=cast.amara.actor)

    def test_only_these_hours_take_the_place_of_the_weekly_ones_even_beside_extra_ones(self, ines, cast, session):
        ines.send("staff.hours.add_dated", dated(in_addition="also"), provider_id=cast.dr_osei.id)
        ines.send("staff.hours.add_dated", dated("13:00", "14:00", in_addition="only"), provider_id=cast.dr_osei.id)
        assert walls(session, cast) == [time(13), time(13, 20), time(13, 40), time(18), time(18, 20), time(18, 40)]

    @pytest.mark.parametrize(
        ("day", "begins", "ends", "words"),
        [
            (date(2031, 3, 30), "01:30", "09:00", "never shows this time"),
            (date(2031, 3, 30), "00:00", "01:30", "never shows this time"),
            (date(2031, 10, 26), "01:30", "09:00", "Which one at the beginning?"),
            (date(2031, 10, 26), "00:00", "01:00", "Which one at the end?"),
        ],
    )
    def test_a_time_the_clock_never_shows_is_refused_and_of_one_it_shows_twice_is_asked_which(
        self, ines, cast, session, day, begins, ends, words
    ):
        answer = ines.send("staff.hours.add_dated", dated(begins, ends, day), provider_id=cast.dr_osei.id)
        assert answer.status_code == 422 and words in answer.text
        assert not session.scalars(sa.select(Availability).where(Availability.on_date == day)).all()

    @pytest.mark.parametrize(("which", "found"), [("first", 4), ("second", 1)])
    def test_the_answer_is_kept_and_counts(self, ines, cast, session, which, found):
        day = date(2031, 10, 26)
        typed = {**dated("01:30", "02:00", day), "dated-start_which": which, "dated-in_addition": "only"}
        assert ines.send("staff.hours.add_dated", typed, provider_id=cast.dr_osei.id).status_code == 303
        there = row(session, cast, on_date=day)
        assert there.start_first == (which == "first") and not there.end_first
        # Half an hour has room for one visit, an hour and a half for four.
        assert len(open_times(session, cast.at, cast.consultation, [cast.dr_osei.id], day, day)) == found
        page = ines.open("staff.hours.edit", provider_id=cast.dr_osei.id, row_id=there.id).text
        assert "Which one at the beginning?" in page and "Which one at the end?" not in page

    def test_hours_that_end_before_they_begin_by_the_clock_that_was_turned_are_refused(self, ines, cast, session):
        which = {"dated-start_which": "second", "dated-end_which": "first"}
        typed = {**dated("01:30", "01:45", date(2031, 10, 26)), **which}
        answer = ines.send("staff.hours.add_dated", typed, provider_id=cast.dr_osei.id)
        assert answer.status_code == 422 and "later than the beginning" in answer.text


class TestUpdate:
    def test_weekly_hours_change_where_they_stand_and_it_is_on_record(self, ines, cast, session):
        there = row(session, cast, weekday=3)
        ids = {"provider_id": cast.dr_osei.id, "row_id": there.id}
        assert 'value="09:00"' in ines.open("staff.hours.edit", **ids).text
        assert ines.send("staff.hours.update", weekly(), **ids).status_code == 303
        assert walls(session, cast)[-1] == time(11, 40)
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.resource_id == there.id)).one()
        assert entry.action == "hours.update"
        assert entry.changes["availabilities.end_time"] == ["17:00:00", "12:00:00"]

    def test_a_dated_row_changes_its_kind(self, ines, cast, session):
        ines.send("staff.hours.add_dated", dated(in_addition="also"), provider_id=cast.dr_osei.id)
        ids = {"provider_id": cast.dr_osei.id, "row_id": row(session, cast, on_date=DAY).id}
        assert "These hours and the weekly ones" in ines.open("staff.hours.edit", **ids).text
        sent = {name.removeprefix("dated-"): value for name, value in dated(in_addition="only").items()}
        assert ines.send("staff.hours.update", sent, **ids).status_code == 303
        assert walls(session, cast) == [time(18), time(18, 20), time(18, 40)]

    @pytest.mark.parametrize(
        ("wrong", "status", "words"),
        [
            ({"weekday": "4"}, 409, "These hours overlap those of Thursday"),
            ({"end_time": "08:00"}, 422, "later than the beginning"),
            ({"weekday": "9"}, 422, "Choose from what is offered"),
            ({"valid_from": "2031-01-02", "valid_until": "2031-01-01"}, 422, "after the first"),
        ],
    )
    def test_what_cannot_be_is_refused_and_nothing_changes(self, ines, cast, session, wrong, status, words):
        ids = {"provider_id": cast.dr_osei.id, "row_id": row(session, cast, weekday=3).id}
        answer = ines.send("staff.hours.update", weekly(**wrong), **ids)
        assert answer.status_code == status and words in answer.text
        assert row(session, cast, weekday=3).end_time == time(17)

    def test_only_the_administrator_and_only_the_doctors_own_rows(self, ines, amara, osei, cast, session):
        there = row(session, cast, weekday=3)
        for visitor in (amara, osei):
            sent = visitor.send("staff.hours.update", weekly(), provider_id=cast.dr_osei.id, row_id=there.id)
            assert sent.status_code == 403
        answer = ines.send("staff.hours.update", weekly(), provider_id=cast.dr_lind.id, row_id=there.id)
        assert answer.status_code == 404
