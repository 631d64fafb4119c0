"""A change is taken back: visits stand again where nothing else takes their time, else they stay on the workbench."""

from datetime import time, timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import blocks, busy_sources, closures, hours, providers, stranding_undo
from clinic.actions.acting import Refused
from clinic.models.calendar_feeds import BusySource
from clinic.models.closures import Closure
from clinic.models.schedule import Slot, SlotKind
from clinic.models.strandings import Stranding, StrandingCause
from clinic.queries import strandings as asked
from tests.actions.stranding import affected, change, hours_row, leave, send_all, told, two_visits, work  # noqa: F401 (fixtures)

C = StrandingCause


def undo(session, cast, stranding):
    stranding_undo.undo(stranding, by=cast.ines.actor)
    session.commit()
    session.expire_all()


def standing(session):
    """What visits are stranded by at this moment: {cause: ids of the visits, soonest first}."""
    session.expire_all()
    rows = session.scalars(sa.select(Stranding).where(Stranding.undone_at.is_(None))).all()
    return {each.cause: found for each in rows if (found := affected(session, each))}


def unblock(session, cast, *but):
    """Remove what is blocked of Dr Osei's time, except these pieces."""
    blocked = sa.select(Slot).where(Slot.kind == SlotKind.BLOCKED, Slot.id.not_in(but)).order_by(Slot.starts_at)
    pieces = session.scalars(blocked).all()
    begins, ends, ids = pieces[0].starts_at, pieces[-1].ends_at, [piece.id for piece in pieces]
    blocks.remove(cast.dr_osei, ids, begins, ends, by=cast.ines.actor)
    session.commit()


def close(session, cast, first, last):
    span = {"starts_at": cast.tomorrow_at(first), "ends_at": cast.tomorrow_at(last), "title": "Water damage"}
    closures.add(session, by=cast.ines.actor, provider_id=None, location_id=None, **span)
    session.commit()


class TestHours:
    def test_taken_back_under_a_leave_they_strand_nobody_less_and_nobody_hears_that_the_visit_stays(
        self, app, session, cast, visits, row
    ):
        paused = change(session, cast, hours.pause, row)
        rows = send_all(app, session, cast, paused)
        leave(session, cast, 9, 12)
        undo(session, cast, paused)
        assert told(session) == [visits[1].id] and standing(session) == {C.BLOCK: [visits[0].id]}
        assert [each.offer.is_live for each in rows] == [True, False] and paused.undone_at
        assert asked.is_stranded(session, visits[0]) and not asked.is_stranded(session, visits[1])

    def test_that_came_back_under_a_leave_give_the_visits_back_once_it_is_removed(
        self, app, session, cast, visits, row
    ):
        send_all(app, session, cast, change(session, cast, hours.pause, row))
        leave(session, cast)
        change(session, cast, hours.resume, row)
        assert standing(session) == {C.BLOCK: [visit.id for visit in visits]} and not told(session)
        unblock(session, cast)
        assert not standing(session) and sorted(told(session)) == sorted(visit.id for visit in visits)

    def test_looked_for_on_they_have_times_proposed_because_of_what_takes_the_visits_now(
        self, app, session, cast, visits, row
    ):
        paused = change(session, cast, hours.pause, row)
        leave(session, cast)
        undo(session, cast, paused)
        (now,) = session.scalars(sa.select(Stranding).where(Stranding.undone_at.is_(None))).all()
        assert all(each.offer.is_live for each in work(app, session, now)) and now.prepared_at
        undo(session, cast, now)
        assert not standing(session) and SlotKind.BLOCKED not in session.scalars(sa.select(Slot.kind)).all()


class TestBlocks:
    def test_removed_after_the_hours_ended_earlier_leave_who_is_outside_them_stranded(
        self, app, session, cast, visits, row
    ):
        send_all(app, session, cast, leave(session, cast))
        change(session, cast, hours.update, row, end_time=time(12))
        unblock(session, cast)
        assert standing(session) == {C.HOURS: [visits[1].id]} and told(session) == [visits[0].id]
        (now,) = session.scalars(sa.select(Stranding).where(Stranding.undone_at.is_(None))).all()
        with pytest.raises(Refused, match="by hand"):
            stranding_undo.undo(now, by=cast.ines.actor)
        session.rollback()
        change(session, cast, hours.update, row, end_time=time(17))
        assert not standing(session)

    def test_one_lunch_of_many_gives_back_its_own_visits_alone(self, session, cast):
        inside = [cast.booked(cast.tomorrow_at(12, 20, days=days)) for days in (1, 3)]
        spans = [(cast.tomorrow_at(12, days=days), cast.tomorrow_at(13, days=days)) for days in (1, 3)]
        blocks.repeat(cast.dr_osei, spans, reason="Lunch", by=cast.ines.actor)
        session.commit()
        later = session.scalars(sa.select(Slot.id).where(Slot.kind == SlotKind.BLOCKED, Slot.starts_at == spans[1][0]))
        unblock(session, cast, later.one())
        assert standing(session) == {C.BLOCK: [inside[1].id]}

    def test_a_leave_of_days_is_taken_back_whole_although_it_took_one_visit_of_another_change(
        self, session, cast, visits, row
    ):
        paused = change(session, cast, hours.pause, row)
        days = cast.tomorrow_at(0), cast.tomorrow_at(0, days=4)
        blocks.add(cast.dr_osei, *days, reason="Leave", zone="Europe/London", by=cast.ines.actor)
        session.commit()
        undo(session, cast, paused)
        (now,) = session.scalars(sa.select(Stranding).where(Stranding.undone_at.is_(None))).all()
        assert (now.starts_at, now.ends_at) == days and len(now.former["piece_ids"]) == 3
        undo(session, cast, now)
        assert not session.scalars(sa.select(Slot).where(Slot.kind == SlotKind.BLOCKED)).all() and not standing(session)


class TestOwnCalendar:
    def test_what_is_busy_there_no_more_gives_the_visits_back(self, session, cast, visits):
        source = BusySource(clinic_id=cast.rose.id, provider_id=cast.dr_osei.id, host="calendar.test",
                            address_encrypted=b"sealed")  # fmt: skip
        session.add(source)
        session.flush()
        days = [(cast.tomorrow_at(9), cast.tomorrow_at(17))]
        busy_sources.take_in(source, days, zone="Europe/London", by=cast.ines.actor)
        assert standing(session) == {C.BLOCK: [visit.id for visit in visits]}
        morning = [(cast.tomorrow_at(9), cast.tomorrow_at(12))]
        busy_sources.take_in(source, morning, zone="Europe/London", by=cast.ines.actor)
        assert standing(session) == {C.BLOCK: [visits[0].id]}
        busy_sources.take_in(source, [], zone="Europe/London", by=cast.ines.actor)
        assert not standing(session)


class TestClosures:
    def test_removed_under_a_leave_they_give_nobody_back_who_is_in_it(self, app, session, cast, visits):
        close(session, cast, 8, 18)
        (closed,) = session.scalars(sa.select(Stranding)).all()
        send_all(app, session, cast, closed)
        leave(session, cast, 9, 12)
        closures.remove(session.scalars(sa.select(Closure)).one(), by=cast.ines.actor)
        session.commit()
        assert standing(session) == {C.BLOCK: [visits[0].id]} and told(session) == [visits[1].id]

    def test_made_shorter_they_give_nobody_back_whom_another_one_closes(self, session, cast, visits):
        close(session, cast, 8, 18)
        close(session, cast, 15, 17)
        first, second = session.scalars(sa.select(Closure).order_by(Closure.starts_at)).all()
        closures.update(first, by=cast.ines.actor, ends_at=first.starts_at + timedelta(hours=1))
        session.commit()
        (now,) = session.scalars(sa.select(Stranding).where(Stranding.undone_at.is_(None))).all()
        assert now.closure_id == second.id and affected(session, now) == [visits[1].id]


def test_a_doctor_who_works_here_again_but_is_on_leave_keeps_nobody_waiting_in_vain(session, cast, visits):
    providers.deactivate(cast.dr_osei, by=cast.ines.actor)
    leave(session, cast, 9, 12)
    providers.activate(cast.dr_osei, by=cast.ines.actor)
    session.commit()
    assert standing(session) == {C.BLOCK: [visits[0].id]}
