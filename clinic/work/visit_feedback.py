"""Jobs about how visits were: the doctors' averages."""

import sqlalchemy as sa

from clinic.actions import visit_feedback
from clinic.actions.acting import Actor
from clinic.models.organizations import Clinic
from clinic.models.providers import Provider
from clinic.queries.visit_feedback import stale
from clinic.scope import Scope
from clinic.work.handlers import handles


@handles("visit_feedback.rate")
def rate(session, *, by, provider_id):
    """Work out one doctor's average after somebody answered."""
    provider = session.get(Provider, (by.clinic_id, provider_id))
    if provider:
        visit_feedback.rate(provider, by=by)


@handles("visit_feedback.rate_all", cron="27 3 * * *")
def rate_all(session, *, by):
    """Work out anew what is no longer right, because answers were removed with the records they belonged to."""
    clinics = session.scalars(sa.select(Clinic.id).where(Clinic.closed_at.is_(None)).order_by(Clinic.id)).all()
    for clinic_id in clinics:
        session.enter(Scope.staff(clinic_id))
        for provider_id in stale(session, clinic_id):
            provider = session.get(Provider, (clinic_id, provider_id))
            visit_feedback.rate(provider, by=Actor.job(clinic_id, by.user_agent))
        session.flush()
