"""Making a clinic: the one verb that begins outside of any."""

import sqlalchemy as sa

from clinic.actions.acting import Actor, Refused, action
from clinic.models.organizations import Clinic
from clinic.scope import Scope

CLINICS = Clinic.__table__.c


@action
def create(session, *, by: Actor, slug, **profile):
    """Make a clinic with the id that ``by`` acts in, and enter it; refuses an address that is taken.

    A deleted clinic keeps its address, so that an old link never leads to somebody else.
    """
    session.enter(Scope.staff(by.clinic_id, by.user_id))
    if session.connection().execute(sa.select(CLINICS.id).where(CLINICS.slug == slug)).scalar():
        raise Refused("Another clinic already has the address %(slug)s.", field="slug", slug=slug)
    clinic = Clinic(id=by.clinic_id, slug=slug, **profile)
    session.add(clinic)
    return clinic
