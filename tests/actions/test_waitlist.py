"""The waiting list: who stands on it, what tells it of a time that became free, and how one leaves."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import blocks, closures, freed_times, visits, waitlist
from clinic.actions.acting import Refused
from clinic.db import now
from clinic.models.visits import CancelReason
from clinic.models.waitlist import WaitlistEntry, WaitStatus
from clinic.scope import Scope
from clinic.work.handlers import run
from tests.actions.lining_up import JOBS, ada_byron, awake_clinic, do_jobs, refill, toms_visit, wait  # noqa: F401 (fixtures)

W = WaitStatus


class TestJoin:
    def test_the_place_in_the_line_is_that_of_the_moment(self, session, cast):
        entry = wait(session, cast, weekdays=(1, 1, 3))
        assert (entry.status, entry.weekdays, entry.provider_ids) == (W.WAITING, [1, 3], None)
        assert abs(now() - entry.joined_at) < timedelta(minutes=1)

    def test_nobody_stands_in_the_line_twice(self, session, cast):
        wait(session, cast)
        with pytest.raises(Refused, match="on the waiting list for this already"):
            wait(session, cast)

    @pytest.mark.parametrize(
        ("facts", "why"),
        [({"days": -1}, "after the first"), ({"provider_ids": "lind"}, "not offered here"),
         ({"visit_id": "toms"}, "not the patient’s own")],
    )  # fmt: skip
    def test_what_cannot_be_is_refused(self, session, cast, visit, facts, why):
        if facts.get("provider_ids"):
            facts = {"provider_ids": (cast.dr_lind.id,), "visit_type_id": cast.follow_up.id}
        if facts.get("visit_id"):
            facts = {"visit_id": visit.id}
        with pytest.raises(Refused, match=why):
            wait(session, cast, **facts)

    def test_who_has_died_waits_for_nothing(self, session, cast):
        cast.maya_patient.deceased_at = now()
        session.flush()
        with pytest.raises(Refused, match="cannot be booked"):
            wait(session, cast)

    def test_patients_do_not_say_themselves_that_they_come_first(self, session, cast):
        assert wait(session, cast, by=cast.maya, priority=2).priority == 0


class TestFreed:
    def test_a_cancelled_visit_tells_the_list_once_and_only_if_somebody_waits(self, session, cast, visit):
        visits.cancel(cast.booked(cast.tomorrow_at(15)), CancelReason.CLINIC, by=cast.amara.actor)
        assert not session.scalars(JOBS).all()
        wait(session, cast)
        visits.cancel(visit, CancelReason.CLINIC, by=cast.amara.actor)
        (arguments,) = session.scalars(JOBS).all()
        assert arguments["starts_at"] == visit.starts_at.isoformat()

    def test_a_patient_who_cancels_in_the_portal_tells_it_too(self, session, cast, ada):
        wait(session, cast, ada)
        own = cast.booked(cast.tomorrow_at(10, days=3), patient=cast.maya_patient)
        session.enter(Scope.portal(cast.rose.id, cast.maya.user.id, {cast.maya_patient.id}))
        visits.cancel(own, CancelReason.PATIENT, by=cast.maya.actor)
        session.enter(cast.scope)
        assert len(session.scalars(JOBS).all()) == 1
        assert session.scalars(sa.select(WaitlistEntry)).one().patient_id == ada.id

    def test_so_does_a_move_and_leave_that_is_taken_back(self, session, cast, visit):
        wait(session, cast)
        visits.move_to(visit, cast.wish(cast.tomorrow_at(14, days=2)), by=cast.amara.actor)
        starts_at, ends_at = cast.tomorrow_at(9, days=4), cast.tomorrow_at(12, days=4)
        blocks.add(cast.dr_osei, starts_at, ends_at, zone="Europe/London", by=cast.ines.actor)
        piece = session.scalar(sa.text("SELECT id FROM slots WHERE kind = 'blocked'"))
        blocks.remove(cast.dr_osei, [piece], starts_at, ends_at, by=cast.ines.actor)
        closure = closures.add(session, title="Fair", starts_at=starts_at, ends_at=ends_at, by=cast.ines.actor)
        session.flush()
        closures.remove(closure, by=cast.ines.actor)
        # The move, the block, and the closure of each of two doctors and of the one who keeps the desk awake.
        assert len(session.scalars(JOBS).all()) == 5

    def test_what_is_past_is_of_use_to_nobody(self, session, cast):
        wait(session, cast)
        moment = now()
        freed_times.tell_waitlist(session, cast.rose.id, cast.dr_osei.id, moment - timedelta(hours=1), moment)
        assert not session.scalars(JOBS).all()


class TestLeave:
    def test_what_is_offered_goes_with_it_to_the_next(self, app, session, cast, ada):
        first, second = wait(session, cast), wait(session, cast, ada)
        refill(session, cast)
        waitlist.leave(first, by=cast.maya.actor)
        do_jobs(app, session)
        assert (first.status, second.status) == (W.LEFT, W.OFFERED)

    def test_it_is_taken_back_with_the_old_place_in_the_line(self, session, cast):
        entry = wait(session, cast)
        joined_at = entry.joined_at
        waitlist.leave(entry, by=cast.amara.actor)
        with pytest.raises(Refused, match="no longer on the waiting list"):
            waitlist.leave(entry, by=cast.amara.actor)
        waitlist.come_back(entry, by=cast.amara.actor)
        assert (entry.status, entry.joined_at) == (W.WAITING, joined_at)

    def test_days_that_are_over_end_it(self, app, session, cast):
        entry = wait(session, cast)
        entry.earliest_on = entry.latest_on = cast.tomorrow_at(10, days=-3).date()
        session.commit()
        run(app, "waitlist.expire", {})
        session.rollback()
        session.expire_all()
        assert entry.status == W.EXPIRED and entry.ended_at
