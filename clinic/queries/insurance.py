"""A patient's insurance: what is in force, in the order in which it is asked, and what has ended."""

import sqlalchemy as sa

from clinic.models.accounts import User
from clinic.models.insurance import MOST, InsurancePolicy

# What has ended is shown below, the latest first.
MOST_ENDED = 20
IN_ORDER = (InsurancePolicy.priority, InsurancePolicy.created_at, InsurancePolicy.id)


def live(session, patient_id) -> list[InsurancePolicy]:
    """The policies that are asked, the first one first; a merge may have brought more than the usual most."""
    found = sa.select(InsurancePolicy).where(
        InsurancePolicy.patient_id == patient_id, InsurancePolicy.ended_at.is_(None)
    )
    return session.scalars(found.order_by(*IN_ORDER).limit(2 * MOST)).all()


def ended(session, patient_id) -> list[InsurancePolicy]:
    """The policies that are asked no more, the one that ended last first."""
    found = sa.select(InsurancePolicy).where(
        InsurancePolicy.patient_id == patient_id, InsurancePolicy.ended_at.is_not(None)
    )
    return session.scalars(found.order_by(InsurancePolicy.ended_at.desc()).limit(MOST_ENDED)).all()


def live_of_many(session, patient_ids) -> dict:
    """The policies in force of several patients, by patient's id; one statement."""
    found = sa.select(InsurancePolicy).where(
        InsurancePolicy.patient_id.in_(list(patient_ids)), InsurancePolicy.ended_at.is_(None)
    )
    by_patient = {}
    for policy in session.scalars(found.order_by(*IN_ORDER)):
        by_patient.setdefault(policy.patient_id, []).append(policy)
    return by_patient


def verifiers(session, policies) -> dict:
    """The names of those who verified the policies, by their id."""
    ids = {policy.last_verified_by_id for policy in policies} - {None}
    if not ids:
        return {}
    return {user.id: user.name for user in session.scalars(sa.select(User).where(User.id.in_(ids)))}
