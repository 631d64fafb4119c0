"""Results whose days of waiting are over: the job releases them once, and leaves alone what a doctor held back."""

from datetime import timedelta

import sqlalchemy as sa

from clinic.actions import lab_orders, lab_results
from clinic.actions.lab_results import Rule
from clinic.db import now
from clinic.models.lab_results import LabResult
from clinic.models.releasing import ReleaseRule
from clinic.work.handlers import run
from tests.labs import entered, ordered, sodium

AFTER_A_DAY = {"rule": ReleaseRule.AFTER_DAYS, "days": 1}


def test_the_job_releases_what_is_due_and_nothing_before(app, cast, session):
    order = entered(cast, session, ordered(cast, session, **AFTER_A_DAY))
    job = {"clinic_id": str(cast.rose.id), "order_id": str(order.id)}
    run(app, "lab_orders.release_due", job)
    session.refresh(order)
    assert not order.is_released
    order.release_due_at = now() - timedelta(minutes=1)
    session.commit()
    for _twice in range(2):
        run(app, "lab_orders.release_due", job)
    session.refresh(order)
    assert order.is_released and order.release_due_at is None


def test_the_job_leaves_alone_what_a_doctor_held_back(app, cast, session):
    order = entered(cast, session, ordered(cast, session, **AFTER_A_DAY))
    lab_orders.revoke(order, by=cast.osei.actor)
    session.commit()
    run(app, "lab_orders.release_due", {"clinic_id": str(cast.rose.id), "order_id": str(order.id)})
    session.refresh(order)
    assert order.is_withheld and not order.is_released


def test_a_result_without_an_order_has_a_job_of_its_own(app, cast, session):
    rule = Rule(ReleaseRule.AFTER_DAYS, 1)
    lab_results.enter(cast.maya_patient, [sodium()], rule=rule, by=cast.osei.actor)
    (result,) = session.scalars(sa.select(LabResult)).all()
    result.release_due_at = now() - timedelta(minutes=1)
    session.commit()
    run(app, "lab_results.release_due", {"clinic_id": str(cast.rose.id), "result_id": str(result.id)})
    session.refresh(result)
    assert result.is_released
