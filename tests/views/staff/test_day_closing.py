"""Closing the day on screen: what is open, saying what became of visits, the signature, a doctor's own part."""

import html
import re
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import visits
from clinic.db import now
from clinic.models.day_closings import DayClosing
from clinic.models.notifications import Notification
from clinic.models.schedule import Availability
from clinic.models.texts import ReplyMeaning, ReplyResult, TextReply
from clinic.models.visits import Visit
from clinic.queries.day import Day
from tests.queries_counted import counted
from tests.waiting import walked_in

# A Tuesday long over, at any hour and in any year of the tests.
DAY = date(2026, 2, 3)


@pytest.fixture
def over(cast):
    """Visits of that Tuesday whose outcome nobody has said: ``over(hour, …)``."""

    def made(hour=10, **facts):
        return cast.booked(datetime(2026, 2, 3, hour, tzinfo=UTC), overbook="Long ago", **facts)

    return made


def _status(session, cast, visit):
    session.expire_all()
    return session.get(Visit, (cast.rose.id, visit.id)).status


class TestIndex:
    def test_it_says_what_is_open_and_leads_to_where_it_is_mended(self, cast, amara, over):
        over()
        page = amara.open("staff.day_closing.index", date=DAY).text
        assert "Visits without an outcome" in page and "1 open" in page and "Tom Baker" in page
        assert f"/staff/day-closing/settle?date={DAY}" in page and "Every message arrived" in page

    def test_what_somebody_wrote_back_is_open_until_it_is_read(self, session, cast, amara, osei):
        visit = cast.booked(cast.tomorrow_at(10, days=3))
        told = session.scalars(sa.select(Notification).where(Notification.visit_id == visit.id)).first()
        facts = {"clinic_id": cast.rose.id, "text": "Cannot come", "meaning": ReplyMeaning.OTHER,
                 "result": ReplyResult.TO_READ, "desk_since": now()}  # fmt: skip
        session.add(TextReply(**facts, service_id="SM1", sender="+447700900123", patient_id=cast.tom.id,
                              notification_id=told.id))  # fmt: skip
        session.add(TextReply(**facts, service_id="SM2", sender="+447700900456"))
        session.add(TextReply(**facts, service_id="SM3", sender="+447700900789", desk_done_at=now()))
        session.commit()
        page = amara.open("staff.day_closing.index").text
        assert "Text messages nobody has read" in page and "2 open" in page and "/staff/calls" in page
        assert f'<a href="/staff/visits/{visit.id}">Tom Baker</a>' in page
        assert "+447700900456" in page and "+447700900789" not in page
        # They came today, so a day before it is clear of them; and they are the desk's to read.
        assert "Every text message was read" in amara.open("staff.day_closing.index", date=DAY).text
        assert "Text messages nobody has read" not in osei.open("staff.day_closing.index").text

    def test_a_doctor_sees_their_own_part_only(self, cast, osei, over):
        over(provider=cast.dr_lind), over(11)
        page = osei.open("staff.day_closing.index", date=DAY).text
        assert "Close your part" in page and "1 open" in page and "Every message arrived" not in page

    def test_after_a_friday_it_asks_whether_monday_is_ready(self, session, amara):
        friday = DAY + timedelta(days=3)
        assert "Before that day nothing is booked" not in amara.open("staff.day_closing.index", date=friday).text
        session.execute(sa.delete(Availability).where(Availability.weekday.in_([0, 6])))
        session.commit()
        page = amara.open("staff.day_closing.index", date=friday).text
        assert re.search(r"Ready for Monday,? 9 February", page) and "Before that day nothing is booked" in page
        assert f"/staff/day-closing?date={friday + timedelta(days=1)}" in page  # a day at a time all the same

    def test_it_asks_as_often_for_many_as_for_one(self, app, cast, amara, over):
        def asked():
            with counted(app) as statements:
                amara.open("staff.day_closing.index", date=DAY)
            return len(statements)

        over(8)
        few = asked()
        for hour in range(9, 18):
            over(hour)
        assert asked() == few

    def test_who_may_see_it(self, maya, nobody, ines, stranger, cast, over):
        over()
        assert maya.open("staff.day_closing.index").status_code == 403
        assert nobody.open("staff.day_closing.index").status_code == 302
        assert ines.open("staff.day_closing.index", date=DAY).status_code == 200
        assert "Tom Baker" not in stranger.open("staff.day_closing.index", date=DAY).text

    @pytest.mark.parametrize("day", ["nonsense", "0001-01-01", "9999-12-31"])
    def test_a_day_that_is_none_is_not_found(self, amara, day):
        assert amara.open("staff.day_closing.index", date=day).status_code == 404


class TestOutcomes:
    def test_one_by_one_and_all_the_others_at_once(self, session, cast, amara, over):
        missed, seen, left = over(9), over(10), over(11)
        page = amara.open("staff.day_closing.outcomes", date=DAY).text
        assert page.count('type="radio"') == 6
        form = {"visit": [missed.id, seen.id], f"outcome-{missed.id}": "no_show", "others": "completed", "note": ""}
        assert amara.send("staff.day_closing.settle", form, date=DAY).status_code == 303
        assert [_status(session, cast, each) for each in (missed, seen, left)] == ["no_show", "completed", "booked"]

    def test_who_still_waits_is_asked_about_by_themselves_and_never_among_the_others(self, session, cast, amara):
        today = Day.today(cast.rose.timezone)
        over = cast.booked(overbook="This morning")
        times = {"starts_at": today.starts_at, "ends_at": today.starts_at, "id": over.id}
        session.execute(sa.text("UPDATE visits SET starts_at = :starts_at, ends_at = :ends_at WHERE id = :id"), times)
        waiting, seen = walked_in(session, cast, "Ana Lopes", 2), walked_in(session, cast, "Rui Costa", 9)
        begun = visits.start(walked_in(session, cast, "With Osei"), by=cast.osei.actor)
        session.commit()
        page = amara.open("staff.day_closing.outcomes").text
        here, time_over = page.partition("They may still be here")[2].split("Their time is over")
        assert all(name in here for name in ("Ana Lopes", "Rui Costa", "With Osei")) and "Checked in at" in here
        assert "Tom Baker" in time_over and "Ana Lopes" not in time_over
        form = {"visit": [over.id, waiting.id, seen.id], f"outcome-{seen.id}": "completed", "others": "completed",
                "note": ""}  # fmt: skip
        assert amara.send("staff.day_closing.settle", form).status_code == 303
        found = [_status(session, cast, each) for each in (over, waiting, seen, begun)]
        assert found == ["completed", "checked_in", "completed", "in_progress"]
        assert "Ana Lopes" in amara.open("staff.queue.index").text

    def test_who_was_checked_in_on_a_day_that_is_over_is_among_the_others(self, session, cast, amara, over):
        visit = visits.check_in(over(), by=cast.amara.actor)
        session.commit()
        assert "They may still be here" not in amara.open("staff.day_closing.outcomes", date=DAY).text
        form = {"visit": [visit.id], "others": "completed", "note": ""}
        amara.send("staff.day_closing.settle", form, date=DAY)
        assert _status(session, cast, visit) == "completed"

    def test_what_is_not_answered_stays(self, session, cast, amara, over):
        visit = over()
        amara.send("staff.day_closing.settle", {"visit": [visit.id], "others": "", "note": ""}, date=DAY)
        assert _status(session, cast, visit) == "booked"

    def test_what_was_said_at_once_is_taken_back_by_its_message_and_nothing_else(self, session, cast, amara, over):
        before, one, other = over(8), over(9), over(10)
        amara.send("staff.day_closing.settle", {"visit": [before.id], "others": "no_show", "note": ""}, date=DAY)
        form = {"visit": [one.id, other.id], f"outcome-{one.id}": "no_show", "others": "completed", "note": ""}
        amara.send("staff.day_closing.settle", form, date=DAY)
        undo = re.findall(r'action="(/staff/day-closing/unsettle-all[^"]+)"', amara.open("/staff/day-closing").text)[-1]
        assert amara.send(html.unescape(undo), {}).status_code == 303
        assert [_status(session, cast, each) for each in (before, one, other)] == ["no_show", "booked", "booked"]

    def test_one_is_taken_back_by_itself(self, session, cast, amara, over):
        visit = over()
        amara.send("staff.day_closing.settle", {"visit": [visit.id], "others": "completed", "note": ""}, date=DAY)
        assert amara.send("staff.day_closing.unsettle", {}, visit_id=visit.id).status_code == 303
        assert _status(session, cast, visit) == "booked"

    @pytest.mark.parametrize("since", ["", "yesterday", "2026-02-03"])
    def test_a_moment_that_is_none_is_not_found(self, amara, since):
        assert amara.send("staff.day_closing.unsettle_all", {}, date=DAY, since=since).status_code == 404

    def test_somebody_elses_visit_is_not_there(self, session, cast, stranger, lind, over):
        visit = over()
        form = {"visit": [visit.id], "others": "no_show", "note": ""}
        assert stranger.send("staff.day_closing.settle", form, date=DAY).status_code == 404
        assert lind.send("staff.day_closing.settle", form, date=DAY).status_code == 404
        assert lind.send("staff.day_closing.unsettle", {}, visit_id=visit.id).status_code == 404
        assert _status(session, cast, visit) == "booked"


class TestSignature:
    def test_closed_with_a_word_why_opened_by_an_admin_with_a_reason(self, session, cast, amara, ines, over):
        over()
        answer = amara.send("staff.day_closing.close", {"notes": ""}, date=DAY)
        assert answer.status_code == 409 and "Say why it may stay so" in answer.text
        assert amara.send("staff.day_closing.close", {"notes": "Asked tomorrow"}, date=DAY).status_code == 303
        page = amara.open("staff.day_closing.index", date=DAY).text
        assert "Amara Diallo closed this day" in page and "Left open:" in page
        assert amara.send("staff.day_closing.reopen", {"reason": "x"}, date=DAY).status_code == 403
        assert ines.send("staff.day_closing.reopen", {"reason": ""}, date=DAY).status_code == 422
        assert ines.send("staff.day_closing.reopen", {"reason": "One came"}, date=DAY).status_code == 303
        assert "One came" in amara.open("staff.day_closing.index", date=DAY).text

    def test_a_doctor_signs_their_own_part(self, session, cast, osei):
        assert osei.send("staff.day_closing.close", {"notes": ""}, date=DAY).status_code == 303
        signed = session.scalars(sa.select(DayClosing)).one()
        assert signed.provider_id == cast.dr_osei.id and signed.on_date == DAY

    def test_a_day_to_come_is_not_closed(self, amara):
        ahead = date.fromisoformat("2999-01-01")
        assert amara.send("staff.day_closing.close", {"notes": ""}, date=ahead).status_code == 409
        assert "still to come" in amara.open("staff.day_closing.index", date=ahead - timedelta(days=1)).text
