"""What was ordered at a visit, for the doctor's page of it: a line for every subject that orders something."""

from collections.abc import Callable
from dataclasses import dataclass

from clinic.access import Permission
from clinic.current import current
from clinic.db import db
from clinic.queries import documents, excuse_notes, lab_orders, prescriptions, referrals


@dataclass(frozen=True, slots=True)
class Order:
    """One subject: ``load(session, visit)`` gives its rows of the visit, bounded; ``part`` draws them.

    The part is included with ``rows``, ``visit`` and ``chart``. It is one <section> with an <h3>, what was ordered, and
    the link that orders something new.
    """

    part: str
    needs: Permission
    load: Callable


# A subject adds one line: Order("staff/<subject>/_of_visit.html", Permission.CHART_SEE, queries.of_visit).
ORDERS: tuple[Order, ...] = (
    Order("staff/lab_orders/_of_visit.html", Permission.CHART_SEE, lab_orders.of_visit),
    Order("staff/prescriptions/_of_visit.html", Permission.CHART_SEE, prescriptions.of_visit),
    Order("staff/referrals/_of_visit.html", Permission.CHART_SEE, referrals.of_visit),
    Order("staff/excuse_notes/_of_visit.html", Permission.CHART_SEE, excuse_notes.of_visit),
    Order("staff/documents/_of_visit.html", Permission.CHART_SEE, documents.of_visit),
)


def orders_of(visit):
    """What each subject that this person may see has of the visit, as (part, rows)."""
    return [(each.part, each.load(db.session(), visit)) for each in ORDERS if current.may(each.needs)]
