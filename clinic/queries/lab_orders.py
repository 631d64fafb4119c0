"""Laboratory orders: a patient's, a visit's, those the portal shows, and those that nobody has closed."""

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from clinic.db import word
from clinic.models.lab_orders import OPEN, LabOrder, LabOrderStatus
from clinic.models.lab_results import Flag, LabResult
from clinic.queries.ends import CLINIC, OpenEnd
from clinic.queries.entries import CLINIC_ID, PATIENT_ID, Source

ON_A_PAGE = 20
MOST_OF_A_VISIT = 20
MOST_OPEN = 50
CRITICAL = tuple(flag for flag in Flag if flag.is_critical)
orders, results = LabOrder.__table__.c, LabResult.__table__.c
PATH = "/staff/patients/{patient_id}/labs/{id}"
TITLE = sa.func.array_to_string(orders.tests, ", ")
# Something in it cannot wait.
IS_CRITICAL = sa.exists().where(
    results.clinic_id == orders.clinic_id, results.order_id == orders.id, results.withdrawn_at.is_(None),
    results.flag.in_(CRITICAL),
)  # fmt: skip
TIMELINE = Source(
    "lab_order", word("Laboratory order"), word("Laboratory orders"), states=LabOrderStatus, path=PATH, desk=True,
    select=sa.select(
        sa.literal("lab_order").label("kind"), orders.id, orders.ordered_at.label("at"), TITLE.label("title"),
        orders.status.label("state"), orders.visit_id, orders.provider_id,
    ).where(orders.clinic_id == CLINIC_ID, orders.patient_id == PATIENT_ID),
)  # fmt: skip
AWAITED = OpenEnd(
    "lab_order", word("Laboratory orders"), one=word("Laboratory order"), path=PATH,
    states={each.value: each.label for each in OPEN},
    select=sa.select(
        orders.id, orders.patient_id, orders.provider_id, orders.ordered_at.label("since"),
        orders.status.label("state"), TITLE.label("title"), IS_CRITICAL.label("is_urgent"),
    ).where(orders.clinic_id == CLINIC, orders.status.in_(OPEN)),
)  # fmt: skip
TO_REVIEW = OpenEnd(
    "lab_review", word("Results to look at"), path=PATH, states={"completed": word("Nobody has looked at them")},
    select=sa.select(
        orders.id, orders.patient_id, orders.provider_id, orders.completed_at.label("since"),
        orders.status.label("state"), TITLE.label("title"), IS_CRITICAL.label("is_urgent"),
    ).where(
        orders.clinic_id == CLINIC, orders.status == LabOrderStatus.COMPLETED, orders.reviewed_at.is_(None)
    ),
)  # fmt: skip


def of_records(session, records, number: int) -> list[LabOrder]:
    """A page of the orders of one patient, whose records these are, and one more where there is a next page."""
    wanted = _newest(LabOrder.patient_id.in_(records))
    return session.scalars(wanted.offset((number - 1) * ON_A_PAGE).limit(ON_A_PAGE + 1)).all()


def of_visit(session, visit) -> list[LabOrder]:
    """What was ordered at a visit, the newest first."""
    return session.scalars(_newest(LabOrder.visit_id == visit.id).limit(MOST_OF_A_VISIT)).all()


def awaiting(session, records) -> list[LabOrder]:
    """The patient's orders for which results may come, the newest first."""
    return session.scalars(
        _newest(LabOrder.patient_id.in_(records), LabOrder.status != LabOrderStatus.CANCELLED).limit(MOST_OPEN)
    ).all()


def order_of(session, records, order_id) -> LabOrder | None:
    """This order of the patient whose records these are, or None."""
    wanted = sa.select(LabOrder).options(joinedload(LabOrder.provider))
    return session.scalars(wanted.where(LabOrder.id == order_id, LabOrder.patient_id.in_(records))).one_or_none()


def released(session, patient_ids, number: int) -> list[LabOrder]:
    """A page of what the portal shows of these patients' orders: those whose results are released."""
    wanted = _newest(LabOrder.patient_id.in_(list(patient_ids)), LabOrder.released_at.is_not(None))
    return session.scalars(wanted.offset((number - 1) * ON_A_PAGE).limit(ON_A_PAGE + 1)).all()


def released_one(session, order_id) -> LabOrder | None:
    """One order whose results are released, or None."""
    wanted = sa.select(LabOrder).options(joinedload(LabOrder.provider), joinedload(LabOrder.patient))
    return session.scalars(wanted.where(LabOrder.id == order_id, LabOrder.released_at.is_not(None))).one_or_none()


def _newest(*conditions):
    wanted = sa.select(LabOrder).options(joinedload(LabOrder.provider)).where(*conditions)
    return wanted.order_by(LabOrder.ordered_at.desc(), LabOrder.id.desc())
