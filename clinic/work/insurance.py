"""Jobs about insurance: asking the clinic's outside service whether a policy is in force."""

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from clinic.actions import insurance
from clinic.integrations import eligibility
from clinic.models.insurance import InsurancePolicy
from clinic.models.organizations import Clinic
from clinic.work.breakers import tried
from clinic.work.handlers import handles


@handles(insurance.ASK)
def ask(session, *, by, policy_id):
    """Ask the service, with nothing locked meanwhile, and keep its answer; asked again it says the same."""
    policy = _policy(session, policy_id)
    service = eligibility.service_of(session.get(Clinic, by.clinic_id).settings)
    if policy is None or policy.asked_at is None or not policy.is_live:
        return
    if service is None:
        insurance.answer(policy, None, by=by)
        return
    question = _question(policy)
    with tried(session, f"eligibility {service.name}", away=eligibility.NotAnswered):
        said = service.ask(question)
    policy = _policy(session, policy_id)
    # Changed while the service took its time: what it said is about another number.
    if policy.asked_at and _question(policy) == question:
        insurance.answer(policy, said.status, said.reference, by=by)


def _policy(session, policy_id):
    found = sa.select(InsurancePolicy).where(InsurancePolicy.id == policy_id)
    found = found.options(joinedload(InsurancePolicy.patient)).with_for_update(of=InsurancePolicy)
    return session.scalars(found.execution_options(populate_existing=True)).one_or_none()


def _question(policy):
    return eligibility.Question(
        asked_as=str(policy.id), insurer_name=policy.insurer_name, plan_name=policy.plan_name,
        member_id=policy.member_id, group_id=policy.group_id, patient_name=policy.patient.full_name,
        date_of_birth=policy.patient.date_of_birth,
    )  # fmt: skip
