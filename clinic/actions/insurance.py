"""Keeping a patient's insurance policies: adding, changing, putting them in order, verifying and ending them."""

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic import jobs
from clinic.actions import recording
from clinic.actions.acting import Refused, action
from clinic.models.insurance import MOST, Eligibility, InsurancePolicy, VerifiedHow
from clinic.queries import insurance as known

# What an answer was about: where one of these changes, what the insurer said no longer counts.
ASKED_ABOUT = ("insurer_name", "plan_name", "member_id", "group_id")
ASK = "insurance.ask"


@action
def add(patient, *, by, priority=None, **details):
    """Add a policy to the patient's, at this place among them (the last, if none is named)."""
    session = _locked(patient)
    others = known.live(session, patient.id)
    if len(others) >= MOST:
        raise Refused("There are %(most)s policies already. End one that is no longer in force first.", most=MOST)
    policy = InsurancePolicy(
        clinic_id=patient.clinic_id, id=uuid7(), patient_id=patient.id, from_patient=by.in_portal,
        created_by_id=by.user_id, **details,
    )  # fmt: skip
    _put_in_order(policy, others, priority)
    session.add(policy)
    return policy


@action
def change(policy, *, by, priority=None, seen=None, **details):
    """Change what the policy says; what was verified of another number is not verified of this one.

    Refused where somebody changed it after it was ``seen``.
    """
    session = _locked(policy.patient)
    session.refresh(policy)
    recording.refuse_unseen(policy, seen)
    _refuse_ended(policy)
    if any(getattr(policy, name) != details.get(name, getattr(policy, name)) for name in ASKED_ABOUT):
        _forget_answer(policy)
    for name, value in details.items():
        setattr(policy, name, value)
    if priority:
        others = [each for each in known.live(session, policy.patient_id) if each.id != policy.id]
        _put_in_order(policy, others, priority)
    return policy


@action
def verify(policy, status: Eligibility, how: VerifiedHow, *, by, words=None):
    """Note what somebody found out by themselves: whether the policy is in force, by which way, and a reference."""
    _refuse_ended(policy)
    if status == Eligibility.UNKNOWN:
        raise Refused("Choose what you found out.", field="status")
    policy.eligibility_status, policy.verified_how, policy.verified_note = status, how, words
    policy.last_verified_at, policy.last_verified_by_id, policy.asked_at = sa.func.now(), by.user_id, None
    return policy


@action
def ask(policy, *, by):
    """Have the clinic's outside service asked whether the policy is in force; the answer comes by a job."""
    _refuse_ended(policy)
    if not policy.member_id:
        raise Refused("Write down the member number first: the service is asked by it.", field="member_id")
    policy.asked_at = sa.func.now()
    jobs.put(object_session(policy), ASK, clinic_id=policy.clinic_id, policy_id=policy.id)
    return policy


@action
def answer(policy, status: Eligibility | None, reference=None, *, by):
    """Keep what the outside service said, or that it had nothing to say (None); one that has ended is left as it is."""
    policy.asked_at = None
    if status and status != Eligibility.UNKNOWN and policy.is_live:
        policy.eligibility_status, policy.verified_how = status, VerifiedHow.SERVICE
        policy.verified_note, policy.last_verified_by_id = reference, None
        policy.last_verified_at = sa.func.now()
    return policy


@action
def end(policy, *, by):
    """Ask this policy no more; it stays readable, with its card."""
    _refuse_ended(policy)
    policy.ended_at, policy.ended_by_id = sa.func.now(), by.user_id
    return policy


@action
def restore(policy, *, by):
    """Ask a policy again that was ended, as the last one."""
    if policy.is_live:
        raise Refused("This policy is in force.")
    others = known.live(_locked(policy.patient), policy.patient_id)
    if len(others) >= MOST:
        raise Refused("There are %(most)s policies already. End one that is no longer in force first.", most=MOST)
    policy.ended_at = policy.ended_by_id = None
    _put_in_order(policy, others, None)
    return policy


def blanked(clinic_id, ids):
    """The statements that take every word out of the policies of these records when they are erased."""
    table = InsurancePolicy.__table__
    words = dict.fromkeys(("plan_name", "member_id", "group_id", "policy_holder_name", "policy_holder_phone",
                           "verified_note"))  # fmt: skip
    yield sa.update(table).where(table.c.clinic_id == clinic_id, table.c.patient_id.in_(ids)).values(
        **words, insurer_name="–", ended_at=sa.func.coalesce(table.c.ended_at, sa.func.now())
    )  # fmt: skip


def _locked(patient):
    """The patient's session, with the row locked: two policies put first at once would both be first."""
    session = object_session(patient)
    session.refresh(patient, with_for_update={"key_share": True})
    if patient.erased_at or patient.merged_into_id:
        raise Refused("Nothing is written into this record any more.")
    return session


def _put_in_order(policy, others, priority):
    """Give the policy its place and close the ranks behind it: 1, 2, 3 ..."""
    place = min(priority or len(others) + 1, len(others) + 1)
    ordered = [*others[: place - 1], policy, *others[place - 1 :]]
    for number, each in enumerate(ordered, start=1):
        each.priority = min(number, MOST)


def _forget_answer(policy):
    policy.eligibility_status = Eligibility.UNKNOWN
    policy.last_verified_at = policy.last_verified_by_id = policy.verified_how = policy.verified_note = None
    policy.asked_at = None


def _refuse_ended(policy):
    if not policy.is_live:
        raise Refused("This policy has ended.")
