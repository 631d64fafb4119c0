"""Making a clinic, and closing one: the operator's verbs."""

import sqlalchemy as sa
from sqlalchemy.orm import object_session

from clinic import bell
from clinic.actions.acting import Actor, Refused, action
from clinic.models.accounts import UserSession, UserToken
from clinic.models.grants import AccessGrant
from clinic.models.organizations import Clinic
from clinic.models.retention import CLOSED_YEARS, SETTING
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


@action
def close(clinic: Clinic, *, by: Actor):
    """Close the clinic: from this moment nobody is signed in to it, no link leads in, no job of its runs."""
    session = _locked(clinic)
    if clinic.closed_at:
        raise Refused("This clinic is closed already.")
    moment = sa.func.now()
    clinic.closed_at = session.scalar(sa.select(moment))
    for model, column in ((UserSession, "revoked_at"), (AccessGrant, "ended_at")):
        table = model.__table__
        live = sa.update(table).where(table.c.clinic_id == clinic.id, table.c[column].is_(None))
        session.connection().execute(live.values({column: moment}))
    links = UserToken.__table__
    unused = sa.update(links).where(links.c.clinic_id == clinic.id, links.c.expires_at > moment)
    session.connection().execute(unused.values(expires_at=moment))
    # Pages that are open ask again, and find that they are signed out.
    bell.ring(session, clinic.id, "visits")
    return clinic


@action
def keep_for(clinic: Clinic, years: int, *, by: Actor):
    """Say how many years deleted records, and all of the clinic's once it is closed, are kept."""
    clinic.settings = {**clinic.settings, SETTING: years}
    return clinic


@action
def forget(clinic: Clinic, *, by: Actor):
    """What is left of a clinic whose rows were purged: its id and its address, so that no old link leads elsewhere."""
    clinic.email = clinic.phone = clinic.address_line = clinic.city = clinic.postal_code = None
    clinic.logo = clinic.logo_type = None
    clinic.branding, clinic.settings = {}, {}
    clinic.deleted_at = object_session(clinic).scalar(sa.select(sa.func.now()))
    return clinic


def may_be_purged_at(session, clinic: Clinic):
    """When the time is over for which a closed clinic's rows are kept (UTC), and whether that is now."""
    years = clinic.settings.get(SETTING, CLOSED_YEARS)
    end = sa.literal(clinic.closed_at) + sa.func.make_interval(years)
    return session.execute(sa.select(end, end <= sa.func.now())).one()


def _locked(clinic):
    session = object_session(clinic)
    session.refresh(clinic, with_for_update=True)
    return session
