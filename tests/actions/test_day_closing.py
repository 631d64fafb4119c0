"""Closing a day: every visit gets its outcome from a person, the day is signed off, and then only an admin undoes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from clinic.actions import day_closing, visits
from clinic.actions.acting import Refused
from clinic.db import now
from clinic.models.day_closings import ClosingStep
from clinic.models.visits import LIVE, EventKind, VisitEvent, VisitStatus
from clinic.queries import day_closing as asked
from clinic.queries.day import Day

S = VisitStatus
LONDON = ZoneInfo("Europe/London")
LONG_DAY, SHORT_DAY = date(2025, 10, 26), date(2026, 3, 29)


@pytest.fixture
def yesterday(cast):
    """The day before, on the clinic's calendar."""
    return Day.today(cast.rose.timezone).date - timedelta(days=1)


@pytest.fixture
def over(cast, yesterday):
    """A visit of yesterday's whose outcome nobody has said; ``over(hour)`` makes it."""

    def made(hour=10, day=None, **facts):
        starts_at = datetime(*(day or yesterday).timetuple()[:3], hour, tzinfo=LONDON).astimezone(UTC)
        return cast.booked(starts_at, overbook="Long ago", **facts)

    return made


def _counts(session, cast, day):
    return asked.counts(session, asked.Asked(cast.rose.id, Day.on(day, cast.rose.timezone)))


class TestSettle:
    def test_a_person_says_who_was_seen_and_who_did_not_come(self, session, cast, over):
        seen, missed = over(10), over(11)
        day_closing.settle(seen, S.COMPLETED, by=cast.amara.actor, note="The doctor said so")
        day_closing.settle(missed, S.NO_SHOW, by=cast.amara.actor)
        assert (seen.status, missed.status) == (S.COMPLETED, S.NO_SHOW) and seen.ended_at == seen.ends_at
        last = session.scalars(sa.select(VisitEvent).where(VisitEvent.visit_id == seen.id).order_by(
            VisitEvent.created_at.desc())).first()  # fmt: skip
        assert (last.kind, last.from_status, last.notes) == (EventKind.STATUS, S.BOOKED, "The doctor said so")

    def test_not_before_its_time_is_over_and_not_what_the_doctor_has_begun(self, session, cast, over):
        with pytest.raises(Refused, match="not over yet"):
            day_closing.settle(cast.booked(), S.COMPLETED, by=cast.amara.actor)
        visit = over()
        visits.check_in(visit, by=cast.amara.actor)
        visits.start(visit, by=cast.osei.actor)
        with pytest.raises(Refused, match="it cannot become"):
            day_closing.settle(visit, S.NO_SHOW, by=cast.amara.actor)

    def test_nothing_else_can_be_made_of_a_visit_and_nothing_twice(self, session, cast, over):
        visit = over()
        with pytest.raises(Refused):
            day_closing.settle(visit, S.CANCELLED, by=cast.amara.actor)
        day_closing.settle(visit, S.NO_SHOW, by=cast.amara.actor)
        with pytest.raises(Refused):
            day_closing.settle(visit, S.COMPLETED, by=cast.amara.actor)

    def test_what_was_said_is_taken_back_by_the_desk(self, session, cast, over):
        visit = day_closing.settle(over(), S.COMPLETED, by=cast.amara.actor)
        day_closing.unsettle(visit, by=cast.amara.actor)
        assert visit.status == S.BOOKED and visit.ended_at is None
        with pytest.raises(Refused, match="nothing to take back"):
            day_closing.unsettle(visit, by=cast.amara.actor)


class TestClose:
    def test_the_signature_says_who_when_and_what_was_open(self, session, cast, over, yesterday):
        over(10), over(11)
        with pytest.raises(Refused, match="Something is still open"):
            day_closing.close(session, yesterday, by=cast.amara.actor)
        signed = day_closing.close(session, yesterday, by=cast.amara.actor, notes="Dr Osei was called away")
        session.flush()
        assert signed.left_open == {"outcomes": 2} and signed.signed_by_id == cast.amara.user.id
        assert asked.is_closed(session, yesterday)

    def test_nothing_is_marked_by_itself(self, session, cast, over, yesterday):
        visit = over()
        day_closing.close(session, yesterday, by=cast.amara.actor, notes="Later")
        assert visit.status == S.BOOKED and _counts(session, cast, yesterday) == {"outcomes": 1}

    def test_not_twice_not_ahead_and_not_while_somebody_is_expected(self, session, cast, yesterday):
        day_closing.close(session, yesterday, by=cast.amara.actor)
        with pytest.raises(Refused, match="has closed this day already"):
            day_closing.close(session, yesterday, by=cast.ines.actor)
        with pytest.raises(Refused, match="still to come"):
            day_closing.close(session, yesterday + timedelta(days=2), by=cast.amara.actor)
        soon = cast.booked(now() + timedelta(seconds=90), overbook="Whatever the hour of the test")
        with pytest.raises(Refused, match=r"not over yet|still to come"):
            day_closing.close(session, asked.day_of(soon), by=cast.amara.actor)

    @pytest.mark.parametrize("status", LIVE)
    def test_each_visit_without_an_outcome_is_to_come_until_its_end_and_asked_about_from_then_on(
        self, session, cast, status
    ):
        visit = cast.booked(overbook="Whatever the hour of the test")
        day = Day(Day.today(cast.rose.timezone).date, now() - timedelta(days=1), now() + timedelta(days=1))
        found = {}
        for begun, length in ((-10, 30), (0, 30), (5, 30), (30, 30), (40, 30), (0, 0)):
            session.execute(
                sa.text("""UPDATE visits SET status = :status, starts_at = now() - make_interval(mins => :begun),
                                  ends_at = now() + make_interval(mins => :left) WHERE id = :id"""),
                {"status": status.value, "begun": begun, "left": length - begun, "id": visit.id},
            )
            for part in (None, cast.dr_osei.id):
                which = asked.Asked(cast.rose.id, day, part)
                found[begun, length, part] = (asked.has_more_to_come(session, which), asked.counts(session, which))
            nobodys = asked.Asked(cast.rose.id, day, cast.dr_lind.id)
            assert (asked.has_more_to_come(session, nobodys), asked.counts(session, nobodys)) == (False, {})
        over = {(begun, length) for (begun, length, part), (to_come, _open) in found.items() if not to_come}
        assert over == {(30, 30), (40, 30), (0, 0)}
        assert all(to_come != ("outcomes" in is_open) for to_come, is_open in found.values())

    def test_not_while_a_visit_is_going_on(self, session, cast):
        visit = cast.booked(now() + timedelta(minutes=1), overbook="Whatever the hour of the test")
        session.execute(
            sa.text("UPDATE visits SET starts_at = starts_at - interval '6 minutes' WHERE id = :id"), {"id": visit.id}
        )
        session.refresh(visit)
        with pytest.raises(Refused, match="not over yet"):
            day_closing.close(session, asked.day_of(visit), by=cast.amara.actor, notes="Never mind")

    def test_a_doctor_signs_their_own_part_which_closes_nobody_elses(self, session, cast, over, yesterday):
        over(10, provider=cast.dr_lind)
        day_closing.close(session, yesterday, by=cast.osei.actor, provider_id=cast.dr_osei.id)
        assert not asked.is_closed(session, yesterday)
        with pytest.raises(Refused, match="Something is still open"):
            day_closing.close(session, yesterday, by=cast.lind.actor, provider_id=cast.dr_lind.id)

    def test_a_signature_cannot_be_changed_by_the_application(self, session, cast, yesterday):
        signed = day_closing.close(session, yesterday, by=cast.amara.actor)
        session.commit()
        signed.notes = "Something else"
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            session.flush()
        session.rollback()

    @pytest.mark.parametrize(("day", "hours"), [(LONG_DAY, 25), (SHORT_DAY, 23)])
    def test_on_the_sundays_of_the_clock_the_whole_day_is_asked_about_and_no_more(
        self, session, cast, over, day, hours
    ):
        lies = Day.on(day, cast.rose.timezone)
        assert lies.ends_at - lies.starts_at == timedelta(hours=hours)
        for starts_at in (lies.starts_at, lies.ends_at - timedelta(minutes=1), lies.ends_at):
            cast.booked(starts_at, overbook="Round the clock")
        assert _counts(session, cast, day) == {"outcomes": 2}
        day_closing.close(session, day, by=cast.amara.actor, notes="Looked at later")
        assert asked.is_closed(session, day) and not asked.is_closed(session, day + timedelta(days=1))


class TestAfterwards:
    def test_steps_of_a_closed_day_are_an_administrators_to_take_back(self, session, cast, over, yesterday):
        visit = day_closing.settle(over(), S.NO_SHOW, by=cast.amara.actor)
        day_closing.close(session, yesterday, by=cast.amara.actor)
        with pytest.raises(Refused, match="Only an administrator"):
            visits.undo(visit, by=cast.amara.actor)
        with pytest.raises(Refused, match="Only an administrator"):
            day_closing.unsettle(visit, by=cast.amara.actor)
        assert visits.undo(visit, by=cast.ines.actor).status == S.BOOKED

    def test_opened_again_with_a_reason_everybody_may_and_both_stay_on_record(self, session, cast, over, yesterday):
        visit = day_closing.settle(over(), S.NO_SHOW, by=cast.amara.actor)
        day_closing.close(session, yesterday, by=cast.amara.actor)
        with pytest.raises(Refused, match="Say why"):
            day_closing.reopen(session, yesterday, "", by=cast.ines.actor)
        day_closing.reopen(session, yesterday, "One came after all", by=cast.ines.actor)
        session.flush()
        visits.undo(visit, by=cast.amara.actor)
        steps = [each.step for each in asked.history(session, yesterday)]
        assert sorted(steps) == [ClosingStep.CLOSED, ClosingStep.REOPENED]
        with pytest.raises(Refused, match="not closed"):
            day_closing.reopen(session, yesterday, "Again", by=cast.ines.actor)

    def test_a_doctors_own_part_is_opened_with_the_day(self, session, cast, yesterday):
        day_closing.close(session, yesterday, by=cast.osei.actor, provider_id=cast.dr_osei.id)
        session.flush()
        day_closing.reopen(session, yesterday, "A mistake", by=cast.ines.actor)
        session.flush()
        assert not asked.closed_parts(session, yesterday)
        day_closing.close(session, yesterday, by=cast.osei.actor, provider_id=cast.dr_osei.id)
