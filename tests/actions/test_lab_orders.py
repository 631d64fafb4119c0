"""Laboratory orders: ordered, followed, looked at, and released to the patient by their rule."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import lab_orders, lab_results
from clinic.actions.acting import Actor, Refused
from clinic.actions.lab_orders import Wanted
from clinic.db import now
from clinic.models.lab_orders import LabOrder, LabOrderStatus
from clinic.models.lab_results import LabResult
from clinic.models.releasing import ReleaseRule
from clinic.scope import Scope
from tests.at_once import rush
from tests.labs import entered, ordered, sodium


def seen_by_maya(cast, session):
    """What the database lets Maya's portal see: orders and results by their ids."""
    session.commit()
    session.enter(Scope.portal(cast.rose.id, cast.maya.user.id, {cast.maya_patient.id}))
    tables = (LabOrder.__table__, LabResult.__table__)
    seen = [set(session.connection().execute(sa.select(table.c.id)).scalars()) for table in tables]
    session.commit()
    session.enter(cast.scope)
    return seen


def test_an_order_is_ordered_goes_on_when_results_come_and_is_complete_when_somebody_says_so(cast, session):
    order = ordered(cast, session)
    assert (order.status, order.provider_id) == (LabOrderStatus.ORDERED, cast.dr_osei.id)
    entered(cast, session, order, whole=False)
    assert order.status == LabOrderStatus.IN_PROGRESS and order.started_at
    lab_orders.complete(order, by=cast.osei.actor)
    assert order.status == LabOrderStatus.COMPLETED and not order.is_released


def test_by_the_rule_of_review_the_patient_sees_results_once_a_doctor_has_looked_and_nothing_before(cast, session):
    order = entered(cast, session, ordered(cast, session))
    assert seen_by_maya(cast, session) == [set(), set()]
    lab_orders.review(order, "All is well.", by=cast.osei.actor)
    orders, results = seen_by_maya(cast, session)
    assert orders == {order.id} and len(results) == 1
    assert order.comment == "All is well." and order.reviewed_by_id == cast.osei.user.id
    with pytest.raises(Refused, match="looked at already"):
        lab_orders.review(order, by=cast.lind.actor)


def test_by_the_rule_of_now_the_patient_sees_results_as_soon_as_they_are_complete(cast, session):
    order = ordered(cast, session, ReleaseRule.NOW)
    entered(cast, session, order, whole=False)
    assert seen_by_maya(cast, session) == [set(), set()]
    lab_orders.complete(order, by=cast.osei.actor)
    assert seen_by_maya(cast, session)[0] == {order.id}
    assert order.reviewed_at is None


def test_by_the_rule_of_days_a_review_shows_nothing_and_the_job_does_when_they_are_over(cast, session):
    order = entered(cast, session, ordered(cast, session, ReleaseRule.AFTER_DAYS, 3))
    assert order.release_due_at - order.completed_at == timedelta(days=3)
    jobs = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'lab_orders.release_due' AND scheduled_at = :due"
    assert session.execute(sa.text(jobs), {"due": order.release_due_at}).scalar() == 1
    lab_orders.review(order, by=cast.osei.actor)
    lab_orders.release_due(order, by=Actor.job(cast.rose.id, "lab_orders.release_due"))
    assert seen_by_maya(cast, session) == [set(), set()]
    order.release_due_at = now() - timedelta(minutes=1)
    session.commit()
    for _twice in range(2):
        lab_orders.release_due(order, by=Actor.job(cast.rose.id, "lab_orders.release_due"))
    assert seen_by_maya(cast, session)[0] == {order.id}


def test_a_late_result_of_a_released_order_waits_for_another_look(cast, session):
    order = entered(cast, session, ordered(cast, session))
    lab_orders.review(order, by=cast.osei.actor)
    entered(cast, session, order, sodium("151"))
    assert order.is_released and order.reviewed_at is None
    assert len(seen_by_maya(cast, session)[1]) == 1
    lab_orders.review(order, by=cast.osei.actor)
    assert len(seen_by_maya(cast, session)[1]) == 2


def test_what_is_held_back_no_rule_releases_but_a_doctor_who_saw_that_it_is(cast, session):
    order = ordered(cast, session)
    lab_orders.revoke(order, by=cast.osei.actor)
    entered(cast, session, order)
    lab_orders.review(order, by=cast.osei.actor)
    assert seen_by_maya(cast, session) == [set(), set()]
    with pytest.raises(Refused, match="held this back"):
        lab_orders.release(order, by=cast.lind.actor)
    session.rollback()
    lab_orders.release(order, over_hold=True, by=cast.lind.actor)
    assert seen_by_maya(cast, session)[0] == {order.id}
    with pytest.raises(Refused, match="sees this already"):
        lab_orders.release(order, by=cast.lind.actor)


def test_what_was_released_can_be_taken_back(cast, session):
    order = entered(cast, session, ordered(cast, session, ReleaseRule.NOW))
    lab_orders.revoke(order, by=cast.osei.actor)
    assert seen_by_maya(cast, session) == [set(), set()]
    with pytest.raises(Refused, match="held back"):
        lab_orders.revoke(order, by=cast.osei.actor)


def test_an_order_without_results_is_not_complete_and_one_with_results_is_not_cancelled(cast, session):
    order = ordered(cast, session)
    with pytest.raises(Refused, match="No result is entered"):
        lab_orders.complete(order, by=cast.osei.actor)
    session.rollback()
    entered(cast, session, order, whole=False)
    with pytest.raises(Refused, match="There are results already"):
        lab_orders.cancel(order, None, by=cast.osei.actor)
    session.rollback()
    for result in session.scalars(sa.select(LabResult)).all():
        lab_results.withdraw(result, by=cast.osei.actor)
    lab_orders.cancel(order, "Sample lost", by=cast.osei.actor)
    for verb in (lab_orders.start, lab_orders.complete, lab_orders.review, lab_orders.release, lab_orders.revoke):
        with pytest.raises(Refused):
            verb(order, by=cast.osei.actor)
        session.refresh(order)


def test_a_visit_of_another_patient_is_none_to_order_at(cast, session):
    visit = cast.booked()
    with pytest.raises(Refused, match="not this patient"):
        lab_orders.order(session, cast.maya_patient, Wanted(("ALT",), visit_id=visit.id), by=cast.osei.actor)


def test_for_somebody_deceased_nothing_new_is_ordered_but_late_results_are_written_down(cast, session):
    order = ordered(cast, session)
    cast.maya_patient.deceased_at = now()
    session.commit()
    with pytest.raises(Refused, match="Nothing new"):
        lab_orders.order(session, cast.maya_patient, Wanted(("ALT",)), by=cast.osei.actor)
    session.rollback()
    assert entered(cast, session, order).completed_at


def test_the_audit_log_tells_of_results_that_there_were_some_and_not_what_they_say(cast, session):
    entered(cast, session, ordered(cast, session), sodium("151.5"))
    rows = session.execute(sa.text("SELECT action, changes::text FROM audit_entries WHERE action LIKE 'lab_%'")).all()
    assert {row.action for row in rows} == {"lab_orders.order", "lab_results.enter", "lab_orders.complete"}
    assert not any(word in row.changes for row in rows for word in ("151.5", "Sodium", "mmol", '"high"'))


@pytest.mark.parametrize("released_by", ["job", "doctor"])
def test_of_releasing_and_holding_back_at_once_there_is_one_outcome(app, cast, session, released_by):
    """Whichever is first: it ends held back, and of the results nothing is seen."""
    for _time in range(4):
        order = entered(cast, session, ordered(cast, session, ReleaseRule.AFTER_DAYS, 1))
        order.release_due_at = now() - timedelta(minutes=1)
        session.commit()
        key = (cast.rose.id, order.id)

        def release(own, key=key):
            found = own.get(LabOrder, key)
            if released_by == "job":
                lab_orders.release_due(found, by=Actor.job(cast.rose.id, "lab_orders.release_due"))
            else:
                lab_orders.release(found, by=cast.lind.actor)

        def revoke(own, key=key):
            lab_orders.revoke(own.get(LabOrder, key), by=cast.osei.actor)

        rush(app, cast, release, revoke)
        session.expire_all()
        assert order.is_withheld and not order.is_released and order.release_due_at is None
        assert seen_by_maya(cast, session) == [set(), set()]


def test_two_who_look_at_once_look_once(app, cast, session):
    order = entered(cast, session, ordered(cast, session))
    key = (cast.rose.id, order.id)
    looks = [lambda own: lab_orders.review(own.get(LabOrder, key), by=cast.osei.actor)] * 2
    assert rush(app, cast, *looks) == ["done", "refused"]
