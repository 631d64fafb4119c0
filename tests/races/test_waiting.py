"""Around a race: holds that run out, times that come back, leave over visits, more browsers than connections."""

import threading
import time

import pytest
import sqlalchemy as sa

from clinic.actions import blocks, holds
from clinic.actions.visits import cancel
from clinic.models.providers import Provider, ProviderVisitType
from clinic.models.schedule import SeatHold, Slot, SlotKind, VisitType
from clinic.models.visits import CancelReason, Visit, VisitStatus
from tests.browser import Browser
from tests.races.scenarios import one_open_time
from tests.races.stage import staged_on

DESK = "/staff/booking"


def _form(cast, starts_at, visit_type=None, patient=None):
    return {
        "patient_id": (patient or cast.tom).id, "visit_type_id": (visit_type or cast.consultation).id,
        "provider_id": cast.dr_osei.id, "starts_at": starts_at.isoformat(), "visit_mode": "in_person",
    }  # fmt: skip


class TestATimeIsHeld:
    @pytest.mark.promise(7, "a hold that has run out and was swept by nobody")
    def test_one_second_after_the_hold_ran_out_anybody_can_book_though_nothing_has_swept_it(
        self, cast, session, amara, maya
    ):
        ten = cast.tomorrow_at(10)
        wish = _form(cast, ten, patient=cast.maya_patient)
        assert maya.send(maya.url("portal.booking.hold", **wish)).status_code == 303
        session.execute(sa.update(Slot).values(held_until=sa.func.now() + sa.text("interval '1 second'")))
        session.commit()
        assert amara.send(DESK, _form(cast, ten)).status_code == 409
        time.sleep(2)
        assert amara.send(DESK, _form(cast, ten)).status_code == 303
        assert [slot.status for slot in session.scalars(sa.select(Slot))] == ["booked"]

    @pytest.mark.promise(7, "whoever holds it books it")
    def test_whoever_holds_it_books_it_and_leaves_no_hold_behind(self, cast, session, maya):
        ten = cast.tomorrow_at(10)
        wish = _form(cast, ten, patient=cast.maya_patient)
        assert maya.send(maya.url("portal.booking.hold", **wish)).status_code == 303
        assert maya.send("/portal/book/confirm", wish).status_code == 303
        assert [slot.status for slot in session.scalars(sa.select(Slot))] == ["booked"]


class TestASeatIsHeld:
    def test_once_the_hold_ran_out_a_visit_of_another_type_can_have_the_time(self, cast, session, amara):
        self._held_by_maya_until_a_moment_ago(cast, session)
        assert amara.send(DESK, _form(cast, cast.tomorrow_at(10))).status_code == 303

    def test_once_the_hold_ran_out_the_seat_is_anybodys(self, cast, session, amara):
        group = self._held_by_maya_until_a_moment_ago(cast, session)
        assert amara.send(DESK, _form(cast, cast.tomorrow_at(10), group)).status_code == 303
        (slot,) = session.scalars(sa.select(Slot))
        assert (slot.taken, slot.capacity) == (1, 3)

    def test_whoever_holds_it_books_it_and_two_seats_are_left(self, cast, session, maya):
        group = self._held_by_maya(cast, session)
        wish = _form(cast, cast.tomorrow_at(10), group, cast.maya_patient)
        assert maya.send("/portal/book/confirm", wish).status_code == 303
        (slot,) = session.scalars(sa.select(Slot))
        assert (slot.taken, slot.capacity) == (1, 3)
        assert not session.scalars(sa.select(SeatHold)).all()

    def _held_by_maya_until_a_moment_ago(self, cast, session):
        group = self._held_by_maya(cast, session)
        session.execute(sa.update(SeatHold).values(held_until=sa.func.now() - sa.text("interval '1 second'")))
        session.commit()
        return group

    @staticmethod
    def _held_by_maya(cast, session):
        group = VisitType(clinic_id=cast.rose.id, name="Group talk", minutes=30, capacity=3, minimum_notice_minutes=0)
        session.add(group)
        session.flush()
        session.add(
            ProviderVisitType(clinic_id=cast.rose.id, provider_id=cast.dr_osei.id, visit_type_id=group.id)
        )  # fmt: skip
        session.flush()
        wish = cast.wish(cast.tomorrow_at(10), patient=cast.maya_patient, visit_type=group)
        holds.hold(session, wish, by=cast.maya.actor)
        session.commit()
        return group


class TestATimeComesBack:
    def test_after_a_cancellation_visits_of_another_length_fit_into_the_same_time(self, cast, session, amara):
        ten = cast.tomorrow_at(10)
        visit = cast.booked(ten)
        half_past = cast.tomorrow_at(10, 10)
        assert amara.send(DESK, _form(cast, half_past, cast.follow_up)).status_code == 409
        cancel(visit, CancelReason.PATIENT, by=cast.amara.actor)
        session.commit()
        assert amara.send(DESK, _form(cast, half_past, cast.follow_up)).status_code == 303
        assert amara.send(DESK, _form(cast, ten, cast.follow_up)).status_code == 303


class TestLeave:
    def test_leave_over_booked_visits_is_saved_and_nobody_else_is_booked_into_it(self, cast, session, amara):
        ten = cast.tomorrow_at(10)
        visit_id = cast.booked(ten).id
        doctor = session.get(Provider, (cast.rose.id, cast.dr_osei.id))
        blocks.add(doctor, cast.tomorrow_at(9), cast.tomorrow_at(17), zone=cast.rose.timezone, by=cast.ines.actor)
        session.commit()
        assert session.get(Visit, (cast.rose.id, visit_id)).status == VisitStatus.BOOKED
        assert session.scalars(sa.select(Slot).where(Slot.kind == SlotKind.BLOCKED)).all()
        assert amara.send(DESK, _form(cast, cast.tomorrow_at(11))).status_code == 409


class TestMoreBrowsersThanConnections:
    def test_they_wait_as_long_as_was_said_and_then_hear_when_to_come_back(self, server):
        with staged_on(server, 6, DATABASE_POOL="1", DATABASE_POOL_WAIT="1") as (stage, live, _url):
            told = []
            with server.connect("postgres", live.database) as other:
                other.execute("BEGIN")
                other.execute("SELECT 1 FROM providers WHERE id = %s FOR NO KEY UPDATE", [stage.cast.dr_osei.id])
                threads = [_sent(live, errand, told) for errand in one_open_time(stage, 6).errands]
                deadline = time.monotonic() + 10
                while len(told) < 5 and time.monotonic() < deadline:
                    time.sleep(0.05)
                other.execute("ROLLBACK")
            for thread in threads:
                thread.join(20)
            log = live.logged()
        turned_away = told[:5]
        assert [answer.status for answer, _seconds in turned_away] == [503] * 5, log
        assert all(int(answer.headers["retry-after"]) > 0 for answer, _seconds in turned_away)
        assert all(0.9 < seconds < 10 for _answer, seconds in turned_away)
        assert told[5][0].status == 303


def _sent(live, errand, told):
    def send():
        started = time.perf_counter()
        browser = Browser(live.url, errand.keys)
        told.append((browser.send(errand.path, errand.wish), time.perf_counter() - started))
        browser.close()

    thread = threading.Thread(target=send)
    thread.start()
    return thread
