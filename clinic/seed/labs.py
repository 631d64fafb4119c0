"""What the demo's doctors ordered of a laboratory: one order nobody heard of again, one to look at, one released."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import sqlalchemy as sa

from clinic.actions import lab_orders, lab_results
from clinic.actions.lab_orders import Wanted
from clinic.actions.lab_results import Finding
from clinic.db import now
from clinic.models.lab_orders import LabOrder
from clinic.models.releasing import ReleaseRule
from clinic.models.visits import Visit, VisitStatus

LABORATORY = "City Laboratory"


@dataclass(frozen=True, slots=True)
class Panel:
    """One order of the demo's: the tests, how many days ago, what was found, and what the doctor said of it."""

    wanted: Wanted
    days: int
    found: tuple = ()
    comment: str | None = None


# What was measured, the value, its unit, the ends of the usual range and its LOINC code.
PANELS = (
    Panel(
        Wanted(("Haemoglobin", "Ferritin", "C-reactive protein"), "Fasting. Tired for two months."), 9,
        (
            ("Haemoglobin", "11.2", "g/dL", "12.0", "15.5", "718-7"), ("Ferritin", "9", "ng/mL", "15", "150", None),
            ("C-reactive protein", "1.4", "mg/L", None, "5", "1988-5"),
        ),
        "Your iron is low, which explains that you are tired. Please take the tablets as we said; we measure it again"
        " in eight weeks.",
    ),
    Panel(
        Wanted(("Sodium", "Potassium"), release_rule=ReleaseRule.AFTER_DAYS, release_after_days=7), 3,
        (("Sodium", "139", "mmol/L", "135", "145", "2951-2"), ("Potassium", "5.6", "mmol/L", "3.5", "5.1", "2823-3")),
    ),
    Panel(Wanted(("TSH",)), 24),
    Panel(Wanted(("Haemoglobin A1c", "Lipids"), release_rule=ReleaseRule.NOW), 1),
)  # fmt: skip


def order_tests(session, week):
    """Order the panels for patients whom the doctors have seen, those with an account first."""
    for panel, visit in zip(PANELS, _seen(session, week.opened), strict=False):
        _order(session, panel, visit, _doctor(week.opened, visit))


def _order(session, panel, visit, by):
    order = lab_orders.order(session, visit.patient, panel.wanted, by=by)
    ordered_at = now() - timedelta(days=panel.days)
    if panel.found:
        found = [_finding(each, ordered_at + timedelta(hours=2)) for each in panel.found]
        lab_results.enter(visit.patient, found, order=order, by=by)
        lab_orders.complete(order, by=by)
    if panel.comment:
        lab_orders.review(order, panel.comment, by=by)
    session.flush()
    # It happened when the demo says, not just now.
    dated = {"ordered_at": ordered_at}
    if panel.found:
        dated |= {"started_at": ordered_at, "completed_at": ordered_at + timedelta(days=1)}
    session.execute(sa.update(LabOrder).where(LabOrder.id == order.id).values(dated))


def _finding(facts, sampled_at):
    analyte, value, unit, low, high, code = facts
    return Finding(
        analyte, sampled_at, value=Decimal(value), unit=unit, code=code, range_low=low and Decimal(low),
        range_high=high and Decimal(high), laboratory=LABORATORY,
    )  # fmt: skip


def _seen(session, opened):
    """One completed visit of each of some patients."""
    completed = sa.select(Visit).where(Visit.status == VisitStatus.COMPLETED, Visit.provider_id.is_not(None))
    with_account = {opened.patients[name].id for name in opened.demo.portal}
    visits = {}
    for visit in session.scalars(completed.order_by(Visit.starts_at, Visit.id).limit(120)):
        visits.setdefault(visit.patient_id, visit)
    living = [each for each in visits.values() if not each.patient.is_deceased]
    return sorted(living, key=lambda each: each.patient_id not in with_account)[: len(PANELS)]


def _doctor(opened, visit):
    return next(actor for provider, actor in opened.doctors if provider.id == visit.provider_id)
