"""Laboratory orders and results for tests of every room, as Dr Osei orders and enters them for Maya."""

from datetime import timedelta
from decimal import Decimal

from clinic.actions import lab_orders, lab_results
from clinic.actions.lab_orders import Wanted
from clinic.actions.lab_results import Finding
from clinic.db import now
from clinic.models.releasing import ReleaseRule


def ordered(cast, session, rule=ReleaseRule.AFTER_REVIEW, days=None, patient=None, **more):
    """An order of Dr Osei's, for Maya unless it says otherwise; committed."""
    wanted = Wanted(("Sodium", "Potassium"), release_rule=rule, release_after_days=days, **more)
    order = lab_orders.order(session, patient or cast.maya_patient, wanted, by=cast.osei.actor)
    session.commit()
    return order


def sodium(value="139", **more):
    """Sodium of yesterday, in its range unless the value is not."""
    facts = {"unit": "mmol/L", "range_low": Decimal("135"), "range_high": Decimal("145"), **more}
    return Finding("Sodium", now() - timedelta(days=1), value=Decimal(value), **facts)


def entered(cast, session, order, *findings, whole=True):
    """Results of the order, written down and committed; all of them unless it says otherwise."""
    lab_results.enter(order.patient, list(findings) or [sodium()], order=order, by=cast.osei.actor)
    if whole and order.is_open:
        lab_orders.complete(order, by=cast.osei.actor)
    session.commit()
    return order
