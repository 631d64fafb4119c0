"""Doctors' own calendars: while they are busy there nobody can book them here, and once they are free again one can."""

from datetime import timedelta
from ipaddress import ip_address

import pytest
import sqlalchemy as sa

from clinic.actions import blocks, busy_sources
from clinic.actions.acting import Refused
from clinic.actions.booking import TimeTaken
from clinic.db import now
from clinic.integrations.fetching import Policy
from clinic.models.audit import AuditEntry
from clinic.models.calendar_feeds import BusyProblem, BusySource
from clinic.models.schedule import Slot, SlotKind
from clinic.work import busy_sources as work
from clinic.work.handlers import run
from tests.integrations.outside import Listener

HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//\r\n"
CALENDAR_FORM = "%Y%m%dT%H%M%SZ"


def calendar(*events):
    """A calendar with events of (uid, from, until, further lines)."""
    written = "".join(
        f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTART:{begins:{CALENDAR_FORM}}\r\nDTEND:{ends:{CALENDAR_FORM}}\r\n"
        f"SUMMARY:Dentist\r\n{more}END:VEVENT\r\n"
        for uid, begins, ends, more in events
    )
    return f"{HEAD}{written}END:VCALENDAR\r\n".encode()


def answer(body, status="200 OK"):
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.fixture
def elsewhere(monkeypatch):
    """The server of the doctor's calendar, on loopback, which only these tests take for the outside."""
    policy = Policy(permits=lambda at: at == ip_address("127.0.0.1"), ports=range(65536), seconds=3)
    monkeypatch.setattr(work, "POLICY", policy)
    with Listener() as listener:
        yield listener


@pytest.fixture
def source(cast, session, elsewhere):
    """Dr Osei's own calendar, put down and not read yet."""
    made = busy_sources.add(cast.dr_osei, f"http://127.0.0.1:{elsewhere.port}/secret.ics", by=cast.osei.actor)
    session.commit()
    return made


@pytest.fixture
def read(app, cast, session, elsewhere, source):
    """Read the calendar with these events in it."""

    def reading(*events):
        elsewhere.answer = answer(calendar(*events))
        run(app, "busy_sources.fetch", {"clinic_id": str(cast.rose.id), "source_id": str(source.id)})
        session.rollback()
        session.expire_all()

    return reading


def blocked(session):
    """The times that are blocked, soonest first."""
    asked = sa.select(Slot.starts_at, Slot.ends_at).where(Slot.kind == SlotKind.BLOCKED).order_by(Slot.starts_at)
    return [tuple(row) for row in session.execute(asked)]


class TestBusyTimes:
    def test_nobody_is_booked_while_the_doctor_is_elsewhere(self, cast, session, read):
        begins = cast.tomorrow_at(10)
        read(("a", begins, begins + timedelta(hours=1), ""))
        assert blocked(session) == [(begins, begins + timedelta(hours=1))]
        with pytest.raises(TimeTaken):
            cast.booked(begins)
        session.rollback()
        cast.booked(begins + timedelta(hours=1))

    def test_what_is_gone_there_is_open_here(self, cast, session, read):
        begins = cast.tomorrow_at(10)
        read(("a", begins, begins + timedelta(hours=1), ""))
        read()
        assert not blocked(session)
        cast.booked(begins)

    def test_a_moved_appointment_blocks_its_new_time_alone(self, cast, session, read):
        begins, later = cast.tomorrow_at(10), cast.tomorrow_at(14)
        read(("a", begins, begins + timedelta(hours=1), ""))
        read(("a", later, later + timedelta(hours=1), ""))
        assert blocked(session) == [(later, later + timedelta(hours=1))]

    def test_what_stays_as_it_was_is_not_written_again(self, cast, session, read):
        begins = cast.tomorrow_at(10)
        event = ("a", begins, begins + timedelta(hours=1), "")
        read(event)
        before = session.scalars(sa.select(Slot.id)).all()
        read(event)
        assert session.scalars(sa.select(Slot.id)).all() == before
        taken_in = sa.select(AuditEntry).where(AuditEntry.action == "busy_sources.take_in")
        assert len(session.scalars(taken_in).all()) == 1

    def test_overlapping_appointments_are_one_block(self, cast, session, read):
        begins = cast.tomorrow_at(10)
        hour = timedelta(hours=1)
        read(("a", begins, begins + 2 * hour, ""), ("b", begins + hour, begins + 3 * hour, ""))
        assert blocked(session) == [(begins, begins + 3 * hour)]

    def test_leave_of_a_week_that_has_begun_is_blocked_from_today_on_and_once(self, cast, session, read):
        begins = cast.tomorrow_at(0, days=-3)
        leave = ("a", begins, begins + timedelta(days=7), "")
        read(leave)
        first = blocked(session)
        read(leave)
        assert blocked(session) == first
        assert all(ends > now() and ends - starts <= timedelta(hours=24) for starts, ends in first)
        assert first[-1][1] == begins + timedelta(days=7)

    @pytest.mark.parametrize("line", ["TRANSP:TRANSPARENT\r\n", "STATUS:CANCELLED\r\n"])
    def test_a_birthday_and_a_cancelled_appointment_block_nothing(self, cast, session, read, line):
        begins = cast.tomorrow_at(10)
        read(("a", begins, begins + timedelta(hours=1), line))
        assert not blocked(session)

    def test_the_words_of_the_doctors_calendar_are_kept_nowhere(self, cast, session, superuser, read):
        begins = cast.tomorrow_at(10)
        read(("a", begins, begins + timedelta(hours=1), ""))
        with superuser.connect() as connection:
            for table in ("slots", "busy_sources", "audit_entries"):
                rows = connection.execute(sa.text(f"SELECT row_to_json(t)::text FROM {table} AS t")).scalars().all()
                assert not [row for row in rows if "Dentist" in row or "secret.ics" in row]

    def test_such_a_block_is_removed_there_and_not_here(self, cast, session, read):
        begins = cast.tomorrow_at(10)
        read(("a", begins, begins + timedelta(hours=1), ""))
        piece = session.scalars(sa.select(Slot.id)).one()
        with pytest.raises(Refused):
            blocks.remove(cast.dr_osei, [piece], begins, begins + timedelta(hours=1), by=cast.ines.actor)


class TestTheEnd:
    def test_removed_it_opens_what_it_blocked_and_is_read_no_more(self, cast, session, elsewhere, source, read):
        begins = cast.tomorrow_at(10)
        read(("a", begins, begins + timedelta(hours=1), ""))
        busy_sources.remove(session.get(BusySource, (cast.rose.id, source.id)), by=cast.osei.actor)
        session.commit()
        asked = elsewhere.connections
        read(("a", begins, begins + timedelta(hours=1), ""))
        assert not blocked(session) and elsewhere.connections == asked

    def test_taken_back_it_is_read_again(self, cast, session, source, read):
        begins = cast.tomorrow_at(10)
        kept = session.get(BusySource, (cast.rose.id, source.id))
        busy_sources.remove(kept, by=cast.osei.actor)
        session.commit()
        busy_sources.restore(kept, by=cast.osei.actor)
        session.commit()
        read(("a", begins, begins + timedelta(hours=1), ""))
        assert blocked(session)


class TestTrouble:
    @pytest.mark.parametrize(
        ("body", "problem"),
        [
            (answer(b"gone", "404 Not Found"), BusyProblem.REFUSED),
            (answer(b"oops", "503 Service Unavailable"), BusyProblem.NO_ANSWER),
            (answer(b"<html>sign in</html>"), BusyProblem.UNREADABLE),
            (b"nonsense\r\n\r\n", BusyProblem.NO_ANSWER),
        ],
    )
    def test_what_was_blocked_stays_and_the_doctor_is_told_why(self, app, cast, session, elsewhere, source, read, osei,
                                                               body, problem):  # fmt: skip
        begins = cast.tomorrow_at(10)
        read(("a", begins, begins + timedelta(hours=1), ""))
        elsewhere.answer = body
        run(app, "busy_sources.fetch", {"clinic_id": str(cast.rose.id), "source_id": str(source.id)})
        session.rollback()
        session.expire_all()
        kept = session.get(BusySource, (cast.rose.id, source.id))
        assert kept.problem == problem and kept.failures == 1 and kept.due_at > now() + timedelta(minutes=20)
        assert blocked(session)
        assert "It cannot be read." in osei.open("staff.calendar_feeds.index").text

    def test_an_address_inside_is_never_asked(self, app, cast, session, elsewhere, source, monkeypatch):
        monkeypatch.setattr(work, "POLICY", Policy())
        run(app, "busy_sources.fetch", {"clinic_id": str(cast.rose.id), "source_id": str(source.id)})
        session.rollback()
        session.expire_all()
        assert session.get(BusySource, (cast.rose.id, source.id)).problem == BusyProblem.NOT_ALLOWED
        assert elsewhere.connections == 0


class TestTheForm:
    def test_takes_the_address_a_calendar_program_gives(self, session, osei):
        answer = osei.send("staff.calendar_feeds.add", {"address": "webcal://calendar.example/private-abc/basic.ics"})
        assert answer.status_code == 303
        made = session.scalars(sa.select(BusySource)).one()
        assert made.host == "calendar.example"
        page = osei.open("staff.calendar_feeds.index").text
        assert "calendar.example" in page and "private-abc" not in page

    @pytest.mark.parametrize(
        "typed", ["", "http://calendar.example/a.ics", "calendar", "https://", "javascript:alert(1)"]
    )
    def test_refuses_what_is_no_encrypted_address_and_keeps_what_was_typed(self, session, osei, typed):
        answer = osei.send("staff.calendar_feeds.add", {"address": typed})
        assert answer.status_code == 422
        assert not session.scalars(sa.select(BusySource)).all()

    def test_another_doctor_cannot_remove_it(self, lind, source):
        assert lind.send("staff.calendar_feeds.remove", source_id=source.id).status_code == 404
