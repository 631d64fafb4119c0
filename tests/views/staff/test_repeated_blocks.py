"""Lunch on every working day: blocked with one form, shown as one line, removed at once."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from clinic.models.schedule import Slot, SlotKind
from clinic.queries.open_times import open_times

LONDON = ZoneInfo("Europe/London")


def lunch(cast, **more):
    first = cast.tomorrow_at(12).astimezone(LONDON).date()
    return {
        "weekdays": ["1", "2", "3", "4", "5"], "start_time": "12:00", "end_time": "13:00", "why": "Lunch",
        "first_on": first.isoformat(), "until_on": (first + timedelta(days=13)).isoformat(), **more,
    }  # fmt: skip


def blocks(session):
    session.rollback()
    session.expire_all()
    return session.scalars(sa.select(Slot).where(Slot.kind == SlotKind.BLOCKED).order_by(Slot.starts_at)).all()


def test_two_weeks_of_lunch_are_blocked_shown_as_one_and_removed_at_once(ines, cast, session):
    provider = {"provider_id": cast.dr_osei.id}
    assert ines.send("staff.repeated_blocks.create", lunch(cast), **provider).status_code == 303
    found = blocks(session)
    assert len(found) == 10
    assert {each.starts_at.astimezone(LONDON).strftime("%H:%M") for each in found} == {"12:00"}
    assert {each.starts_at.astimezone(LONDON).isoweekday() for each in found} == {1, 2, 3, 4, 5}
    day = found[0].starts_at.astimezone(LONDON).date()
    starts = {each.starts_at for each in open_times(session, cast.at, cast.consultation, [cast.dr_osei.id], day, day)}
    assert found[0].starts_at not in starts and starts
    page = ines.open("staff.blocks.index", **provider).text
    assert "and 9 more days" in page and page.count("Remove all") == 1
    ines.send("staff.repeated_blocks.remove", block_id=found[0].id, **provider)
    assert not blocks(session)


def test_one_of_them_alone_is_removed_and_the_same_days_again_add_only_what_is_missing(ines, cast, session):
    provider = {"provider_id": cast.dr_osei.id}
    ines.send("staff.repeated_blocks.create", lunch(cast), **provider)
    ines.send("staff.blocks.remove", block_id=blocks(session)[0].id, **provider)
    assert len(blocks(session)) == 9
    assert ines.send("staff.repeated_blocks.create", lunch(cast), **provider).status_code == 303
    assert len(blocks(session)) == 10
    again = ines.send("staff.repeated_blocks.create", lunch(cast), **provider)
    assert again.status_code == 409 and "blocked already" in again.text


def test_any_one_of_the_days_is_given_back_by_a_button_of_its_own(ines, cast, session):
    provider = {"provider_id": cast.dr_osei.id}
    ines.send("staff.repeated_blocks.create", lunch(cast), **provider)
    found = blocks(session)
    page = ines.open("staff.blocks.index", **provider).text
    assert all(f"/blocks/{each.id}/remove" in page for each in found)
    part = ines.send("staff.blocks.remove", block_id=found[6].id, htmx=True, **provider)
    assert part.status_code == 200 and "and 8 more days" in part.text
    assert found[6].id not in {each.id for each in blocks(session)} and len(blocks(session)) == 9


def test_what_begins_after_more_than_a_fortnight_is_a_set_of_its_own(ines, cast, session):
    provider, first = {"provider_id": cast.dr_osei.id}, cast.tomorrow_at(12, days=42).astimezone(LONDON).date()
    ines.send("staff.repeated_blocks.create", lunch(cast), **provider)
    later = {"first_on": first.isoformat(), "until_on": (first + timedelta(days=13)).isoformat()}
    ines.send("staff.repeated_blocks.create", lunch(cast, **later), **provider)
    page = ines.open("staff.blocks.index", **provider).text
    assert page.count("Remove all") == 2 and page.count("and 9 more days") == 2
    ines.send("staff.repeated_blocks.remove", block_id=blocks(session)[0].id, **provider)
    assert {each.starts_at.astimezone(LONDON).date() >= first for each in blocks(session)} == {True}


def test_a_weekly_meeting_that_is_left_out_once_stays_one(ines, cast, session):
    provider, day = {"provider_id": cast.dr_osei.id}, cast.tomorrow_at(12).astimezone(LONDON).isoweekday() % 7
    until = cast.tomorrow_at(12, days=28).astimezone(LONDON).date()
    ines.send("staff.repeated_blocks.create", lunch(cast, weekdays=[str(day)], until_on=until.isoformat()), **provider)
    ines.send("staff.blocks.remove", block_id=blocks(session)[1].id, **provider)
    page = ines.open("staff.blocks.index", **provider).text
    assert page.count("Remove all") == 1 and "and 2 more days" in page


def test_what_makes_no_sense_is_said(ines, cast, session):
    provider = {"provider_id": cast.dr_osei.id}
    for wrong, sentence in (
        ({"weekdays": []}, "at least one weekday"),
        ({"end_time": "11:00"}, "later than the beginning"),
        ({"until_on": "2020-01-01"}, "within a year"),
        ({"start_time": ""}, "Say when it begins"),
    ):
        answer = ines.send("staff.repeated_blocks.create", lunch(cast, **wrong), **provider)
        assert answer.status_code == 422 and sentence in answer.text, sentence
    assert not blocks(session)


def test_the_desk_blocks_lunch_too_and_a_doctor_only_their_own(amara, osei, cast, session):
    other = {"provider_id": cast.dr_lind.id}
    assert osei.send("staff.repeated_blocks.create", lunch(cast), **other).status_code == 404 and not blocks(session)
    assert amara.send("staff.repeated_blocks.create", lunch(cast), **other).status_code == 303 and blocks(session)
