"""Reminders: due so many hours before, moved and gone with their visit, once each, whatever happens to the worker."""

import subprocess
import sys
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from clinic.actions import reminders, visits
from clinic.config import HOME
from clinic.models.notifications import NotificationKind, NotificationState, Why
from clinic.models.people import ContactMethod
from clinic.models.telling import Telling
from clinic.models.visits import CancelReason, Visit
from clinic.queries.notifications import to_come
from clinic.work.handlers import run

LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
OFF = Telling(time(), time())
INSERT = sa.text(
    """INSERT INTO visits (clinic_id, id, patient_id, provider_id, visit_type_id, kind, visit_mode, status, starts_at,
                           ends_at, timezone, source, created_at)
       SELECT :clinic_id, gen_random_uuid(), :patient_id, :provider_id, :visit_type_id, 'scheduled', 'in_person',
              'booked', s, s + interval '20 minutes', :zone, 'import', :created_at FROM unnest(:times) AS s
       RETURNING id"""
).bindparams(sa.bindparam("times", type_=sa.ARRAY(sa.DateTime(timezone=True))))


@pytest.fixture
def planned(session, cast):
    """Visits of Tom's at these instants, agreed long ago and taken over from another system."""

    def plan(*times):
        facts = {
            "clinic_id": cast.rose.id, "patient_id": cast.tom.id, "provider_id": cast.dr_osei.id,
            "visit_type_id": cast.consultation.id, "zone": "Europe/London",
            "created_at": datetime(2020, 1, 1, tzinfo=UTC),
        }  # fmt: skip
        ids = []
        # A thousand at a time: no statement may last longer than a few seconds, on a busy machine neither.
        for first in range(0, len(times), 1000):
            some = {**facts, "times": list(times[first : first + 1000])}
            ids += session.connection().execute(INSERT, some).scalars().all()
        session.commit()
        return ids

    return plan


@pytest.fixture
def due(session, cast):
    """Claim what is due at an instant; how many there were."""

    def claim(at, rules=OFF, most=500):
        count = len(reminders.claim(session, cast.rose, rules, at=at, most=most))
        session.commit()
        return count

    return claim


def lines(session):
    """The reminders put down so far, as (hours before, visit's start)."""
    return session.execute(
        sa.text("SELECT offset_hours, visit_starts_at FROM notifications WHERE kind = 'reminder' ORDER BY 1 DESC, 2")
    ).all()


def at(*wall):
    """An instant given as London's wall time."""
    return datetime(*wall, tzinfo=LONDON).astimezone(UTC)


STARTS = at(2031, 5, 6, 14)


class TestWhenTheyAreDue:
    def test_each_offset_once_and_never_before_its_time(self, planned, due, session):
        planned(STARTS)
        counts = [due(STARTS - timedelta(hours=hours)) for hours in (49, 48, 47.9, 2.1, 2, 1.9, 0.1)]
        assert counts == [0, 1, 0, 0, 1, 0, 0] and lines(session) == [(48, STARTS), (2, STARTS)]

    def test_a_worker_that_was_away_sends_the_last_of_them_alone(self, planned, due, session):
        planned(STARTS)
        assert due(STARTS - timedelta(hours=1)) == 1 == len(lines(session))
        assert lines(session) == [(2, STARTS)]

    def test_nothing_for_a_visit_that_has_begun(self, planned, due):
        planned(STARTS)
        assert due(STARTS) == 0

    def test_as_the_visit_type_says_or_never(self, planned, due, session, cast):
        planned(STARTS)
        cast.consultation.reminder_hours = []
        session.commit()
        assert due(STARTS - timedelta(hours=1)) == 0
        cast.consultation.reminder_hours = [168, 24]
        session.commit()
        assert due(STARTS - timedelta(hours=168)) == 1

    def test_of_an_early_visit_the_evening_before(self, planned, due):
        early = at(2031, 5, 6, 8, 30)
        planned(early)
        night = Telling()
        assert due(early - timedelta(hours=48), night) == 1
        assert due(at(2031, 5, 5, 19, 59), night) == 0 and due(at(2031, 5, 5, 20), night) == 1

    @pytest.mark.parametrize("sunday", [(2031, 3, 30), (2031, 10, 26)])
    def test_once_on_the_sundays_when_the_clock_changes(self, planned, due, session, sunday):
        starts = at(*sunday, 14)
        planned(starts)
        counts = [due(starts - timedelta(hours=49) + timedelta(minutes=15) * step) for step in range(4 * 49)]
        assert sum(counts) == 2 and lines(session) == [(48, starts), (2, starts)]

    def test_of_a_patient_far_away_before_their_own_night(self, session, cast, due):
        cast.tom.timezone = "America/New_York"
        visit = cast.booked(cast.tomorrow_at(10, days=5), told=False)
        evening = Telling().reminder_at(visit.starts_at, 2, NEW_YORK)
        assert evening.astimezone(NEW_YORK).time() == time(20)
        first = visit.starts_at - timedelta(hours=48)
        # The first is due in the middle of their night, and goes out when that ends.
        morning = datetime.combine(first.astimezone(NEW_YORK).date(), time(8), NEW_YORK)
        assert to_come(visit, cast.rose, Telling()) == [morning, evening]
        assert due(visit.starts_at - timedelta(hours=48), Telling()) == 1
        assert due(evening - timedelta(microseconds=1), Telling()) == 0 and due(evening, Telling()) == 1
        assert lines(session) == [(48, visit.starts_at), (2, visit.starts_at)]

    def test_of_a_patient_in_a_zone_nobody_knows_as_at_the_clinic(self, planned, due, session, cast):
        planned(STARTS)
        cast.tom.timezone = "Mars/Olympus"
        session.commit()
        assert due(STARTS - timedelta(hours=48), Telling()) == 1
        assert due(STARTS - timedelta(hours=2), Telling()) == 1

    def test_sql_and_python_know_the_same_moment(self, planned, due, session, cast):
        cast.consultation.reminder_hours = [26]
        session.commit()
        for quiet in (Telling(), Telling(time(12), time(14)), Telling(time(18), time(10)), OFF):
            for start in (at(2031, 3, 30, 9, 40), at(2031, 3, 31, 0, 10), at(2031, 10, 27, 3, 20), at(2031, 6, 2, 15)):
                (visit_id,) = planned(start)
                moment = quiet.reminder_at(start, 26, LONDON)
                assert due(moment - timedelta(microseconds=1), quiet) == 0, (quiet, start)
                assert due(moment, quiet) == 1, (quiet, start)
                session.execute(sa.text("UPDATE visits SET status = 'completed' WHERE id = :id"), {"id": visit_id})
                session.commit()


class TestWithTheirVisit:
    def test_one_that_moves_takes_them_along_and_none_comes_twice(self, planned, due, session):
        (visit_id,) = planned(STARTS)
        later = STARTS + timedelta(days=7)
        move = sa.text("UPDATE visits SET starts_at = :to, ends_at = :to + interval '1 hour' WHERE id = :id")
        assert due(STARTS - timedelta(hours=48)) == 1
        session.execute(move, {"to": later, "id": visit_id})
        session.commit()
        assert due(STARTS - timedelta(hours=2)) == 0 and due(later - timedelta(hours=48)) == 1
        session.execute(move, {"to": STARTS, "id": visit_id})
        session.commit()
        assert due(STARTS - timedelta(hours=47)) == 0

    def test_one_that_was_claimed_and_moved_then_says_nothing(self, telling, session, cast):
        cast.tom.email = "tom@baker.example"
        visit = cast.booked(cast.tomorrow_at(10, days=3), told=False)
        reminders.claim(session, cast.rose, OFF, at=visit.starts_at - timedelta(hours=2))
        visits.move_to(visit, cast.wish(cast.tomorrow_at(11, days=3), told=False), by=cast.amara.actor)
        session.commit()
        telling.work()
        assert telling.line().why == Why.OVERTAKEN and not telling.mails

    @pytest.mark.parametrize("status", ["requested", "cancelled", "completed", "no_show", "checked_in"])
    def test_none_for_a_visit_that_does_not_wait_for_its_patient(self, planned, due, session, status):
        planned(STARTS)
        session.execute(sa.text("UPDATE visits SET status = :status, cancel_reason = CASE WHEN :status = 'cancelled'"
                                " THEN 'clinic' END"), {"status": status})  # fmt: skip
        session.commit()
        assert due(STARTS - timedelta(hours=48)) == 0

    def test_none_for_somebody_who_has_died_and_none_is_promised(self, planned, due, session, cast):
        (visit_id,) = planned(STARTS)
        visit = session.get(Visit, (cast.rose.id, visit_id))
        assert to_come(visit, cast.rose, OFF)
        cast.tom.deceased_at = datetime(2026, 1, 1, tzinfo=UTC)
        session.commit()
        assert due(STARTS - timedelta(hours=48)) == 0 and not to_come(visit, cast.rose, OFF)

    def test_none_for_what_was_booked_moved_or_accepted_after_it_was_due(self, session, cast, due):
        soon = cast.booked(cast.tomorrow_at(10), told=False)
        assert due(soon.starts_at - timedelta(minutes=1)) == 1, "two hours before is still to come"
        moved = cast.booked(cast.tomorrow_at(12, days=9), told=False)
        visits.move_to(moved, cast.wish(cast.tomorrow_at(12), told=False), by=cast.amara.actor)
        session.commit()
        assert due(moved.starts_at - timedelta(hours=2, minutes=1)) == 0

    def test_a_cancelled_visits_vanish(self, telling, session, cast):
        visit = cast.booked(told=False)
        reminders.claim(session, cast.rose, OFF, at=visit.starts_at - timedelta(hours=2))
        visits.cancel(visit, CancelReason.PATIENT, by=cast.amara.actor)
        session.commit()
        telling.work()
        (line,) = telling.lines(kind=NotificationKind.REMINDER)
        assert (line.state, line.why) == (NotificationState.NOT_NEEDED, Why.OVERTAKEN)

    def test_one_call_is_enough_for_who_likes_to_be_called(self, telling, session, cast, due):
        cast.tom.preferred_contact_method, cast.tom.phone = ContactMethod.PHONE, "+44 7700 900123"
        visit = cast.booked(cast.tomorrow_at(10, days=5), told=False)
        for hours in (48, 2):
            assert due(visit.starts_at - timedelta(hours=hours)) == 1
            telling.work()
        first, second = telling.lines()
        assert first.state == NotificationState.CALL and second.why == Why.CALLED_ONCE


KILLED = """
import os, signal, sys
from clinic import create_app
from clinic.actions import reminders
from clinic.work.handlers import run
claim, calls = reminders.claim, []
def dying(session, *args, **options):
    found = claim(session, *args, **options)
    # Another clinic, whose turn may come first, has none.
    calls.extend(found[:1])
    if len(calls) == 8:
        session.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    return found
reminders.claim = dying
run(create_app(), "notifications.remind", {})
"""


def test_ten_thousand_due_in_one_run_are_queued_once_each_though_the_worker_is_killed(
    app, server, session, cast, planned, figure
):
    soon = session.scalar(sa.select(sa.func.now())) + timedelta(hours=30)
    planned(*(soon + timedelta(seconds=each) for each in range(10_000)))
    cast.rose.settings = {"telling": {"quiet_from": "00:00", "quiet_until": "00:00"}}
    session.commit()
    killed = subprocess.run(
        [sys.executable, "-c", KILLED], cwd=HOME, env={**server.environment(), "SECRET_KEY": "only for tests"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert killed.returncode == -9, killed.stderr
    count = sa.text("SELECT count(*) FROM notifications")
    assert session.scalar(count) == 7 * reminders.BATCH
    session.rollback()
    run(app, "notifications.remind", {})
    run(app, "notifications.remind", {})
    lined, visited, queued, named = session.execute(
        sa.text(
            """SELECT count(*), count(DISTINCT n.visit_id), (SELECT count(*) FROM procrastinate_jobs
                        WHERE task_name = 'notifications.send'),
                      (SELECT count(DISTINCT args ->> 'notification_id') FROM procrastinate_jobs
                        WHERE task_name = 'notifications.send') FROM notifications AS n"""
        )
    ).one()
    assert (lined, visited, queued, named) == (10_000,) * 4
    figure("10,000 reminders, killed after 3,500: 10,000 lines and 10,000 jobs")
