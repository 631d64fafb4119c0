"""Jobs about laboratory results: those whose days of waiting are over come to their patient."""

from clinic.actions import lab_orders, lab_results
from clinic.models.lab_orders import LabOrder
from clinic.models.lab_results import LabResult
from clinic.work.handlers import handles


@handles("lab_orders.release_due")
def release_order(session, *, by, order_id):
    """Release an order's results, where nobody released them or held them back meanwhile."""
    order = session.get(LabOrder, (by.clinic_id, order_id))
    if order and order.release_due_at:
        lab_orders.release_due(order, by=by)


@handles("lab_results.release_due")
def release_result(session, *, by, result_id):
    """Release a result without an order in the same way."""
    result = session.get(LabResult, (by.clinic_id, result_id))
    if result and result.release_due_at:
        lab_results.release_due(result, by=by)
