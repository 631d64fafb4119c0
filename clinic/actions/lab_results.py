"""Laboratory results: typed in or taken out of a laboratory's file, looked at, released, and withdrawn where wrong."""

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic.actions.acting import Refused, action, note
from clinic.actions.lab_orders import refuse_closed_record
from clinic.actions.releasing import (
    MOMENT,
    follow_rule,
    hold_back,
    locked,
    look_at,
    release_what_is_due,
    show_to_patient,
)
from clinic.models.lab_orders import LabOrder, LabOrderStatus
from clinic.models.lab_results import Comparator, Flag, LabResult, ResultSource, flag_of
from clinic.models.patients import Patient
from clinic.models.releasing import ReleaseRule


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one analyte: a number, words, or both. ``unit`` is UCUM, ``code`` LOINC.

    Without ``flag`` the range says whether the number is in it.
    """

    analyte: str
    sampled_at: datetime
    value: Decimal | None = None
    comparator: Comparator | None = None
    value_text: str | None = None
    unit: str | None = None
    code: str | None = None
    range_low: Decimal | None = None
    range_high: Decimal | None = None
    range_text: str | None = None
    flag: Flag | None = None
    laboratory: str | None = None
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """A finding as a laboratory's file has it: its name there, a hash of what was said; no finding: taken back."""

    key: str
    digest: bytes
    finding: Finding | None


@dataclass(frozen=True, slots=True)
class Rule:
    """By which rule results without an order come to the patient."""

    release_rule: ReleaseRule = ReleaseRule.AFTER_REVIEW
    release_after_days: int | None = None


@action
def enter(patient: Patient, findings: list[Finding], *, by, order: LabOrder | None = None, rule: Rule | None = None):
    """Write down results: an order's, which then is in progress at least, or some that nobody here ordered."""
    session = object_session(patient)
    refuse_closed_record(session, patient)
    _hold(order, patient)
    made = [_made(patient, order, rule, finding, by, source=ResultSource.TYPED) for finding in findings]
    session.add_all(made)
    _have_come(session, order, made)
    return patient


@action
def take_in(patient: Patient, reported: list[Reported], *, by, order: LabOrder | None = None, rule: Rule | None = None):
    """Take in what a laboratory's file says; the same file again changes nothing.

    What the laboratory corrected takes the place of what it said before. Returns how many were new, corrected, taken
    back, and known.
    """
    session, counts = object_session(patient), Counter()
    refuse_closed_record(session, patient)
    _hold(order, patient)
    known, fresh = _known(session, patient, [each.key for each in reported]), defaultdict(list)
    for each in reported:
        before = known.get(each.key)
        became = _became(before, each)
        counts[became] += 1
        if became in ("corrected", "taken_back"):
            _take_back(before, session.scalar(MOMENT), by)
            # One name stands for one row that counts: the old one goes before the new one comes.
            session.flush()
            del known[each.key]
        if became in ("corrected", "new"):
            # What was corrected stays where it was.
            place = before.order if before else order
            known[each.key] = _reported(patient, place, rule, each, by)
            session.add(known[each.key])
            fresh[place].append(known[each.key])
    for place, made in fresh.items():
        _have_come(session, place, made)
    note(session, **{f"lab_results.{name}": (None, count) for name, count in counts.items()})
    return counts


@action
def withdraw(result: LabResult, *, by):
    """Say that the result is wrong: it counts no more, the patient sees it no more, and it stays to be looked up."""
    session = object_session(result)
    if result.order_id:
        # In the order in which everybody locks: first the order, then what belongs to it.
        locked(result.order)
    _session, moment = locked(result)
    if result.is_withdrawn:
        raise Refused("This result was withdrawn already.")
    _take_back(result, moment, by)
    session.flush()
    return result


@action
def review(result: LabResult, *, by):
    """Say that one has looked at a result that has no order."""
    _refuse_ordered(result)
    look_at(result, by)
    return result


@action
def release(result: LabResult, *, over_hold: bool = False, by):
    """Let the patient see a result that has no order; ``over_hold`` says that one saw it is held back."""
    _refuse_ordered(result)
    show_to_patient(result, over_hold)
    return result


@action
def revoke(result: LabResult, *, by):
    """Hold a result that has no order back from the patient."""
    _refuse_ordered(result)
    hold_back(result, by)
    return result


@action
def release_due(result: LabResult, *, by):
    """Let the patient see what waited for its days to be over."""
    if not result.is_withdrawn:
        release_what_is_due(result)
    return result


def _hold(order, patient):
    """Lock the order the results are for: what is entered and what is released go one after the other."""
    if order is None:
        return
    locked(order)
    if order.patient_id != patient.id:
        raise Refused("That order is not this patient's.")
    if order.status == LabOrderStatus.CANCELLED:
        raise Refused("This order was cancelled. Enter the results without it.")


def _made(patient, order, rule, finding, by, **more):
    """The row of one finding; with an order the order's rule counts."""
    own = rule or Rule()
    facts = asdict(finding)
    facts["flag"] = finding.flag or flag_of(finding.value, finding.comparator, finding.range_low, finding.range_high)
    return LabResult(
        clinic_id=patient.clinic_id, id=uuid7(), patient_id=patient.id, order_id=order and order.id,
        provider_id=order.provider_id if order else by.provider_id, entered_by_id=by.user_id,
        release_rule=None if order else own.release_rule,
        release_after_days=None if order else own.release_after_days, **facts, **more,
    )  # fmt: skip


def _reported(patient, order, rule, reported, by):
    more = {"source": ResultSource.FILE, "source_key": reported.key, "digest": reported.digest}
    return _made(patient, order, rule, reported.finding, by, **more)


def _have_come(session, order, made):
    """What follows on new results: the order is under way, or they are looked at and released like the first."""
    session.flush()
    if order is None:
        for result in made:
            follow_rule(result)
    elif order.status == LabOrderStatus.ORDERED:
        order.status, order.started_at = LabOrderStatus.IN_PROGRESS, session.scalar(MOMENT)
    elif order.status == LabOrderStatus.COMPLETED:
        order.reviewed_at = order.reviewed_by_id = None
        follow_rule(order)


def _known(session, patient, keys):
    """The results that count now by their names in the laboratory's files, locked; their orders before them."""
    theirs = sa.and_(
        LabResult.patient_id == patient.id, LabResult.source_key.in_(keys), LabResult.withdrawn_at.is_(None)
    )
    orders = sa.select(LabResult.order_id).where(theirs, LabResult.order_id.is_not(None))
    locks = sa.select(LabOrder).where(LabOrder.id.in_(orders)).order_by(LabOrder.id).with_for_update(of=LabOrder)
    session.scalars(locks, execution_options={"populate_existing": True}).all()
    rows = session.scalars(sa.select(LabResult).where(theirs).with_for_update(of=LabResult))
    return {row.source_key: row for row in rows}


def _became(before, reported):
    """What becomes of one line of a file, beside what is known under its name."""
    if reported.finding is None:
        return "taken_back" if before else "known"
    if before is None:
        return "new"
    return "known" if before.digest == reported.digest else "corrected"


def _take_back(result, moment, by):
    result.withdrawn_at, result.withdrawn_by_id = moment, by.user_id
    result.release_due_at = None


def _refuse_ordered(result):
    """Refuse what is decided for a whole order; and what was withdrawn."""
    if result.order_id:
        raise Refused("This result belongs to an order: what is decided there counts for all of it.")
    if result.is_withdrawn:
        raise Refused("This result was withdrawn.")
