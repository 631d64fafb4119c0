"""Laboratory orders: a doctor asks for tests, follows them until the results are here, and closes them."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from clinic.actions.acting import Refused, action
from clinic.actions.releasing import (
    follow_rule,
    hold_back,
    locked,
    look_at,
    release_what_is_due,
    show_to_patient,
)
from clinic.models.lab_orders import OPEN, LabOrder, LabOrderStatus
from clinic.models.lab_results import LabResult
from clinic.models.patients import Patient
from clinic.models.releasing import ReleaseRule
from clinic.models.visits import Visit

S = LabOrderStatus


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is ordered: the tests by name, a note for the laboratory, and by which rule the patient sees the results."""

    tests: tuple[str, ...]
    notes: str | None = None
    release_rule: ReleaseRule = ReleaseRule.AFTER_REVIEW
    release_after_days: int | None = None
    visit_id: UUID | None = None


@action
def order(session: Session, patient: Patient, wanted: Wanted, *, by):
    """Order tests for the patient, at a visit of theirs or outside of any."""
    refuse_closed_record(session, patient)
    if patient.is_deceased:
        raise Refused("Nothing new can be ordered for this patient.")
    if wanted.visit_id:
        visit = session.get(Visit, (patient.clinic_id, wanted.visit_id))
        if visit is None or patient.id not in (visit.patient_id, visit.patient.merged_into_id):
            raise Refused("That visit is not this patient's.")
    made = LabOrder(
        clinic_id=patient.clinic_id, id=uuid7(), patient_id=patient.id, visit_id=wanted.visit_id,
        provider_id=by.provider_id, ordered_by_id=by.user_id, tests=list(wanted.tests), notes=wanted.notes,
        release_rule=wanted.release_rule, release_after_days=wanted.release_after_days, status=S.ORDERED,
    )  # fmt: skip
    session.add(made)
    return made


@action
def start(order: LabOrder, *, by):
    """Note that the sample is taken or on its way: from now on the laboratory has it."""
    _session, moment = _stepped(order, S.IN_PROGRESS)
    order.started_at = moment
    return order


@action
def complete(order: LabOrder, *, by):
    """Say that all results are here; from now on the rule of their release counts."""
    session, moment = _stepped(order, S.COMPLETED)
    if not _has_results(session, order):
        raise Refused("No result is entered yet. Enter at least one, or cancel the order.")
    order.completed_at = moment
    order.started_at = order.started_at or moment
    session.flush()
    follow_rule(order)
    return order


@action
def cancel(order: LabOrder, reason: str | None, *, by):
    """Call the order off while nothing came of it."""
    session, moment = _stepped(order, S.CANCELLED)
    if _has_results(session, order):
        raise Refused("There are results already. Withdraw them first, or say that all results are here.")
    order.cancelled_at, order.cancel_reason = moment, reason
    return order


@action
def review(order: LabOrder, comment: str | None = None, *, by):
    """Say that one has looked at the results, with a word for the patient or without."""
    if order.status != S.COMPLETED:
        raise Refused("The results are not all here yet.")
    look_at(order, by)
    order.comment = comment or order.comment
    return order


@action
def release(order: LabOrder, *, over_hold: bool = False, by):
    """Let the patient see the results now, whatever the rule; ``over_hold`` says that one saw they are held back."""
    if order.status != S.COMPLETED:
        raise Refused("The results are not all here yet.")
    show_to_patient(order, over_hold)
    return order


@action
def revoke(order: LabOrder, *, by):
    """Hold the results back from the patient, who sees them no more or not yet."""
    if order.status == S.CANCELLED:
        raise Refused("This order was cancelled.")
    hold_back(order, by)
    return order


@action
def release_due(order: LabOrder, *, by):
    """Let the patient see what waited for its days to be over."""
    release_what_is_due(order)
    return order


def blanked(clinic_id, patient_ids):
    """The statements that take out of these patients' orders and results what was ordered and found."""
    orders, results = LabOrder.__table__, LabResult.__table__
    theirs = [
        sa.and_(table.c.clinic_id == clinic_id, table.c.patient_id.in_(patient_ids)) for table in (orders, results)
    ]
    yield sa.update(orders).where(theirs[0]).values(tests=[""], notes=None, comment=None, cancel_reason=None)
    yield (
        sa.update(orders)
        .where(theirs[0], orders.c.status.in_(OPEN))
        .values(status=S.CANCELLED, cancelled_at=sa.func.now())
    )
    nothing = dict.fromkeys(
        ("code", "value", "comparator", "unit", "range_low", "range_high", "range_text", "flag", "laboratory",
         "remark", "source_key", "digest", "release_due_at")
    )  # fmt: skip
    yield sa.update(results).where(theirs[1]).values(**nothing, analyte="…", value_text="")
    yield sa.update(orders).where(theirs[0]).values(release_due_at=None)


def refuse_closed_record(session, patient):
    """Refuse to write into a record that nobody goes on with; locked, so that nobody closes it meanwhile.

    It also lets whoever writes about one patient do so one after the other: the same file sent twice is taken in once.
    """
    session.refresh(patient, with_for_update={"key_share": True, "of": Patient})
    if patient.merged_into_id:
        raise Refused("This record was joined with another one. Write there.")
    if patient.erased_at or patient.deleted_at:
        raise Refused("This record was removed. Nothing can be written there.")


def _stepped(order, step):
    """Take the step, under the order's lock, and what ``locked`` gives; refused where the order is past it."""
    session, moment = locked(order)
    if not order.may(step):
        raise Refused("The order is not where it was any more. Look at it again.")
    order.status = step
    return session, moment


def _has_results(session, order):
    with session.no_autoflush:
        some = sa.select(LabResult.id).where(LabResult.order_id == order.id, LabResult.withdrawn_at.is_(None))
        return session.scalar(sa.select(some.exists()))
