"""Hours come back: the visits they cover again stay, what was proposed is withdrawn, and a later leave sees them."""

from datetime import time

import sqlalchemy as sa

from clinic.actions import closures, hours, offers, stranding_undo
from clinic.models.offers import OfferStatus, SlotOffer
from clinic.models.providers import Provider
from clinic.models.schedule import Availability, Slot, SlotStatus
from clinic.models.strandings import StrandedVisit, Stranding
from clinic.queries.strandings import is_stranded
from tests.actions.stranding import affected, change, hours_row, leave, send_all, told, two_visits, work  # noqa: F401 (fixtures)
from tests.at_once import rush
from tests.races.invariants import broken


class TestResumed:
    def test_nobody_is_asked_to_move_any_more_and_leave_in_the_same_hours_opens_the_workbench_for_them(
        self, app, session, cast, visits, row
    ):
        paused = change(session, cast, hours.pause, row)
        work(app, session, paused)
        assert change(session, cast, hours.resume, row) is None and paused.undone_at
        assert not session.scalars(sa.select(Slot).where(Slot.status == SlotStatus.HELD)).all() and not told(session)
        assert affected(session, leave(session, cast)) == [visit.id for visit in visits]

    def test_who_was_sent_another_time_hears_that_the_visit_stays_and_who_took_it_keeps_it(
        self, app, session, cast, visits, row
    ):
        paused = change(session, cast, hours.pause, row)
        accepted, left = (each.offer for each in send_all(app, session, cast, paused))
        offers.accept(accepted, by=cast.amara.actor)
        session.commit()
        change(session, cast, hours.resume, row)
        assert visits[0].starts_at == accepted.starts_at and left.status == OfferStatus.WITHDRAWN
        assert told(session) == [visits[1].id] and affected(session, paused) == [visits[0].id]

    def test_what_is_closed_by_now_still_needs_another_time(self, session, cast, visits, row):
        paused = change(session, cast, hours.pause, row)
        closures.add(session, by=cast.ines.actor, starts_at=cast.tomorrow_at(8), ends_at=cast.tomorrow_at(12),
                     title="Water damage", provider_id=None, location_id=None)  # fmt: skip
        change(session, cast, hours.resume, row)
        assert [is_stranded(session, visit) for visit in visits] == [True, False] and paused.undone_at


class TestChangedBack:
    def test_wider_hours_give_back_what_they_cover_again_alone(self, app, session, cast, visits, row):
        shorter = change(session, cast, hours.update, row, end_time=time(9, 30))
        work(app, session, shorter)
        change(session, cast, hours.update, row, end_time=time(12))
        assert affected(session, shorter) == [visits[1].id] and not shorter.undone_at
        assert affected(session, leave(session, cast)) == [visits[0].id]

    def test_hours_of_one_date_that_are_removed_let_the_weekly_ones_count_again(self, session, cast, visits, row):
        day, only = cast.tomorrow_at(12).date(), {"start_time": time(8), "end_time": time(9)}
        replaced = change(session, cast, hours.add, session, on_date=day, **only)
        assert affected(session, replaced) == [visit.id for visit in visits]
        dated = session.scalars(sa.select(Availability).where(Availability.on_date == day)).one()
        assert change(session, cast, hours.remove, dated) is None and replaced.undone_at

    def test_hours_that_are_added_again_give_back_what_their_removal_took(self, session, cast, visits, row):
        weekday = row.weekday
        removed = change(session, cast, hours.remove, row)
        change(session, cast, hours.add, session, weekday=weekday, start_time=time(15), end_time=time(17))
        assert affected(session, removed) == [visits[0].id]

    def test_a_change_that_is_taken_back_gives_back_what_another_one_had_stranded(self, session, cast, visits, row):
        shorter = change(session, cast, hours.update, row, end_time=time(12))
        paused = change(session, cast, hours.pause, row)
        assert [affected(session, each) for each in (shorter, paused)] == [[visits[1].id], [visits[0].id]]
        stranding_undo.undo(shorter, by=cast.ines.actor)
        session.commit()
        session.expire_all()
        assert shorter.undone_at and paused.undone_at


def test_a_yes_at_the_moment_the_hours_come_back_moves_the_visit_or_leaves_it(app, session, cast, visits, row, server):
    paused = change(session, cast, hours.pause, row)
    visit, row_id, doctor_id = visits[1], row.id, cast.dr_osei.id
    offer = send_all(app, session, cast, paused)[1].offer

    def resume(own):
        there = own.get(Availability, (cast.rose.id, row_id))
        hours.resume(there, own.get(Provider, (cast.rose.id, doctor_id)), by=cast.ines.actor)

    def accept(own):
        offers.accept(own.get(SlotOffer, (offer.clinic_id, offer.id)), by=cast.maya.actor)

    said = rush(app, cast, accept, resume)
    session.rollback()
    session.expire_all()
    moved = visit.starts_at == offer.starts_at
    assert offer.status == (OfferStatus.ACCEPTED if moved else OfferStatus.WITHDRAWN)
    assert sorted(said) == (["done", "done"] if moved else ["done", "refused"]) and not broken(server.url("postgres"))
    over = sa.select(StrandedVisit.visit_id).join(StrandedVisit.stranding).where(Stranding.undone_at.is_not(None))
    assert (visit.id in session.scalars(over).all()) is not moved
