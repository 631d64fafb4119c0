"""Blocking a doctor's time: leave, lunch, meetings, and what becomes of the visits that lie in it."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from clinic.actions.blocks import pieces
from clinic.actions.booking import TimeTaken, book
from clinic.models.audit import AuditEntry
from clinic.models.organizations import Clinic
from clinic.models.schedule import Slot, SlotKind
from clinic.models.visits import VisitStatus


def blocks(session):
    session.expire_all()
    return session.scalars(sa.select(Slot).where(Slot.kind == SlotKind.BLOCKED).order_by(Slot.starts_at)).all()


def typed(begins, ends=None, **more):
    """A block as the form sends it: wall times of London."""
    form = {"from_date": begins.date().isoformat(), "from_time": f"{begins:%H:%M}", "reason": "Leave"}
    if ends:
        form |= {"until_date": ends.date().isoformat(), "until_time": f"{ends:%H:%M}"}
    return {**form, **more}


def wall(cast, hour, days=1):
    return cast.tomorrow_at(hour, days=days).astimezone(ZoneInfo("Europe/London"))


class TestAdd:
    def test_lunch_is_one_piece_and_on_record(self, ines, cast, session):
        form = typed(wall(cast, 12), wall(cast, 13), reason="Lunch")
        assert ines.send("staff.blocks.create", form, provider_id=cast.dr_osei.id).status_code == 303
        (made,) = blocks(session)
        assert (made.starts_at, made.ends_at) == (cast.tomorrow_at(12), cast.tomorrow_at(13))
        assert (made.reason, made.provider_id) == ("Lunch", cast.dr_osei.id)
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.resource_id == cast.dr_osei.id)).one()
        assert entry.action == "blocks.add" and entry.changes["blocks.starts_at"][1] == cast.tomorrow_at(12).isoformat()

    def test_a_booking_into_a_block_is_refused_and_after_its_removal_not(self, ines, cast, session):
        ines.send("staff.blocks.create", typed(wall(cast, 12), wall(cast, 14)), provider_id=cast.dr_osei.id)
        with pytest.raises(TimeTaken, match="is away"):
            book(session, cast.wish(cast.tomorrow_at(13)), by=cast.amara.actor)
        session.rollback()
        (made,) = blocks(session)
        session.rollback()
        assert ines.send("staff.blocks.remove", provider_id=cast.dr_osei.id, block_id=made.id).status_code == 303
        assert book(session, cast.wish(cast.tomorrow_at(13)), by=cast.amara.actor)

    def test_leave_over_booked_visits_is_saved_and_the_stranded_visits_are_listed(self, ines, amara, cast, session):
        visit = cast.booked()
        answer = ines.send(
            "staff.blocks.create", typed(wall(cast, 9), wall(cast, 17, days=3)), provider_id=cast.dr_osei.id
        )
        assert answer.status_code == 303 and len(blocks(session)) == 3
        page = ines.open("staff.blocks.index", provider_id=cast.dr_osei.id).text
        assert "1 visit lies in blocked time" in page and f"/staff/visits/{visit.id}" in page
        assert f"/staff/booking/{visit.id}/move" in amara.open("staff.blocks.index", provider_id=cast.dr_osei.id).text
        session.expire_all()
        assert visit.status == VisitStatus.BOOKED

    def test_the_days_of_one_leave_are_shown_and_removed_as_one_and_a_lunch_inside_it_stays(self, ines, cast, session):
        ines.send(
            "staff.blocks.create",
            typed(wall(cast, 12, 2), wall(cast, 13, 2), reason="Lunch"),
            provider_id=cast.dr_osei.id,
        )
        ines.send("staff.blocks.create", typed(wall(cast, 9), wall(cast, 17, 4)), provider_id=cast.dr_osei.id)
        assert len(blocks(session)) == 5
        page = ines.open("staff.blocks.index", provider_id=cast.dr_osei.id).text
        assert page.count("<td>Leave</td>") == 1 and page.count("<td>Lunch</td>") == 1
        first = blocks(session)[0]
        part = ines.send("staff.blocks.remove", htmx=True, provider_id=cast.dr_osei.id, block_id=first.id)
        assert part.text.lstrip().startswith('<div id="blocks">')
        assert [block.reason for block in blocks(session)] == ["Lunch"]

    def test_without_times_it_lasts_whole_days(self, ines, cast, session):
        day = wall(cast, 12, days=2).date()
        form = {"from_date": day.isoformat(), "until_date": (day + timedelta(days=1)).isoformat()}
        assert ines.send("staff.blocks.create", form, provider_id=cast.dr_osei.id).status_code == 303
        midnights = [
            datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("Europe/London")) + timedelta(days=n)
            for n in range(3)
        ]
        assert [(block.starts_at, block.ends_at) for block in blocks(session)] == [
            (midnights[0], midnights[1]),
            (midnights[1], midnights[2]),
        ]

    def test_sending_the_same_form_twice_blocks_once(self, ines, cast, session):
        form = typed(wall(cast, 12), wall(cast, 13))
        ines.send("staff.blocks.create", form, provider_id=cast.dr_osei.id)
        answer = ines.send("staff.blocks.create", form, provider_id=cast.dr_osei.id)
        assert answer.status_code == 409 and "This time is blocked already." in answer.text
        assert len(blocks(session)) == 1

    def test_somebody_who_falls_ill_during_lunch_is_away_for_the_rest_of_the_day(self, ines, cast, session):
        ines.send("staff.blocks.create", typed(wall(cast, 12), wall(cast, 13)), provider_id=cast.dr_osei.id)
        ill = typed(wall(cast, 12), wall(cast, 17), from_time="12:20")
        assert ines.send("staff.blocks.create", ill, provider_id=cast.dr_osei.id).status_code == 303
        again = ines.send("staff.blocks.create", typed(wall(cast, 12), wall(cast, 16)), provider_id=cast.dr_osei.id)
        assert again.status_code == 409 and len(blocks(session)) == 2

    @pytest.mark.parametrize(
        "wrong",
        [
            {"from_date": ""},
            {"from_date": "tomorrow"},
            {"from_date": "0001-01-01"},
            {"from_date": "9999-12-31"},
            {"from_time": "24:00"},
            {"until_time": "NaN"},
            {"until_date": "2030-13-01"},
            {"reason": "x" * 201},
            {"reason": "\x00"},
            {"from_date": "9" * 5000},
        ],
    )
    def test_what_cannot_be_read_is_asked_again(self, ines, cast, session, wrong):
        form = {**typed(wall(cast, 12), wall(cast, 13)), **wrong}
        answer = ines.send("staff.blocks.create", form, provider_id=cast.dr_osei.id)
        assert answer.status_code == 422 and not blocks(session)

    @pytest.mark.parametrize(
        ("begins", "ends", "sentence"),
        [
            (12, 11, "The end has to be after the beginning."),
            (-60, -59, "This time is already over."),
            (0, 24 * 400, "A block can last at most 366 days."),
        ],
    )
    def test_what_makes_no_sense_is_refused_in_a_sentence(self, ines, cast, session, begins, ends, sentence):
        start = wall(cast, 12)
        form = typed(start + timedelta(hours=begins), start + timedelta(hours=ends))
        answer = ines.send("staff.blocks.create", form, provider_id=cast.dr_osei.id)
        assert answer.status_code == 409 and sentence in answer.text and not blocks(session)

    def test_a_time_the_clock_jumps_over_is_a_sentence(self, ines, cast, session):
        form = {"from_date": "2027-03-28", "from_time": "01:30", "until_time": "05:00"}
        answer = ines.send("staff.blocks.create", form, provider_id=cast.dr_osei.id)
        assert answer.status_code == 422 and "never shows this time" in answer.text


class TestWhoMay:
    def test_the_desk_blocks_every_doctors_time_and_a_doctor_their_own(self, amara, osei, cast, session):
        for number, who in enumerate((amara, osei)):
            form = typed(wall(cast, 12 + number), wall(cast, 13 + number))
            assert "Block the time" in who.open("staff.blocks.index", provider_id=cast.dr_osei.id).text
            assert who.send("staff.blocks.create", form, provider_id=cast.dr_osei.id).status_code == 303
        assert len(blocks(session)) == 2
        assert osei.open("staff.blocks.index", provider_id=cast.dr_lind.id).status_code == 404
        assert osei.send("staff.blocks.create", form, provider_id=cast.dr_lind.id).status_code == 404

    def test_hours_stay_the_administrators(self, amara, osei, cast):
        for who in (amara, osei):
            assert who.send("staff.hours.add_weekly", {}, provider_id=cast.dr_osei.id).status_code == 403

    def test_another_clinics_doctor_is_not_here(self, ines, cast, session):
        assert ines.open("staff.blocks.index", provider_id=cast.dr_reyes.id).status_code == 404
        form = typed(wall(cast, 12), wall(cast, 13))
        assert ines.send("staff.blocks.create", form, provider_id=cast.dr_reyes.id).status_code == 404
        ines.send("staff.blocks.create", form, provider_id=cast.dr_osei.id)
        (made,) = blocks(session)
        assert ines.send("staff.blocks.remove", provider_id=cast.dr_lind.id, block_id=made.id).status_code == 404


class TestPieces:
    @pytest.mark.parametrize(
        ("zone", "first", "last"),
        [
            ("Europe/London", date(2027, 10, 30), date(2027, 11, 2)),
            ("America/New_York", date(2027, 3, 13), date(2027, 3, 16)),
            ("Australia/Lord_Howe", date(2027, 4, 3), date(2027, 4, 6)),
            ("Asia/Beirut", date(2027, 3, 26), date(2027, 3, 30)),
        ],
    )
    def test_they_cover_the_leave_without_gap_and_none_is_longer_than_a_day(self, zone, first, last):
        begins, ends = (
            datetime(d.year, d.month, d.day, 9, tzinfo=ZoneInfo(zone)).astimezone(UTC) for d in (first, last)
        )
        cut = pieces(begins, ends, zone)
        assert cut[0][0] == begins and cut[-1][1] == ends
        assert all(before[1] == after[0] for before, after in pairwise(cut))
        assert all(timedelta() < piece[1] - piece[0] <= timedelta(hours=24) for piece in cut)

    def test_the_day_of_25_hours_is_saved_whole(self, ines, cast, session):
        session.execute(sa.update(Clinic).where(Clinic.id == cast.rose.id).values(timezone="America/New_York"))
        session.commit()
        form = {"from_date": "2027-11-07", "from_time": "", "until_date": "", "until_time": ""}
        assert ines.send("staff.blocks.create", form, provider_id=cast.dr_osei.id).status_code == 303
        made = blocks(session)
        assert made[-1].ends_at - made[0].starts_at == timedelta(hours=25) and len(made) == 2
