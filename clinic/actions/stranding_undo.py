"""Taking back the change that stranded visits, as long as nobody has answered: times and hours are as before."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import object_session

from clinic.actions import blocks, closures, hours, providers, stranding_returns, strandings
from clinic.actions.acting import Refused, action
from clinic.db import word
from clinic.models.closures import Closure
from clinic.models.providers import Provider
from clinic.models.schedule import Availability
from clinic.models.strandings import Stranding, StrandingCause
from clinic.queries.strandings import is_answered

C = StrandingCause
CHANGED_SINCE = word("These hours have been changed since. Please change them by hand.")


@action
def undo(stranding: Stranding, *, by):
    """Restore what was changed and withdraw every proposal; refused once anybody has answered or moved."""
    session = object_session(stranding)
    if stranding.cause == C.HOURS:
        # Restored hours give back what others of that doctor's stranded: all are locked at once, before any doctor.
        strandings.hold_hours(_doctor(session, stranding))
    session.refresh(stranding, with_for_update={"of": Stranding})
    if stranding.undone_at is not None:
        raise Refused("This change has been taken back already.")
    if is_answered(session, stranding):
        raise Refused("Somebody has answered already, so this cannot be taken back as a whole.")
    RESTORE[stranding.cause](session, stranding, by)
    # What was restored sees by itself who stands again; over is what nobody is left of.
    stranding_returns.given_back(session, Stranding.id == stranding.id, by=by)
    return stranding


def _block(session, stranding, by):
    pieces = [UUID(each) for each in stranding.former["piece_ids"]]
    blocks.remove(_doctor(session, stranding), pieces, stranding.starts_at, stranding.ends_at, by=by)


def _closure(session, stranding, by):
    closure = session.get(Closure, (stranding.clinic_id, stranding.closure_id))
    if not stranding.former:
        closures.remove(closure, by=by)
        return
    former = dict(stranding.former)
    for name, read in (("starts_at", datetime.fromisoformat), ("ends_at", datetime.fromisoformat),
                       ("provider_id", UUID), ("location_id", UUID)):  # fmt: skip
        former[name] = former[name] and read(former[name])
    closures.update(closure, by=by, **former)


def _hours(session, stranding, by):
    provider, former = _doctor(session, stranding), stranding.former
    if former.get("do") == "resume_all":
        _all_hours(session, stranding, provider, by)
        return
    found = former.get("row_id") and session.get(Availability, (stranding.clinic_id, UUID(former["row_id"])))
    if former.get("do") != "add" and not found:
        raise Refused(CHANGED_SINCE)
    if former["do"] == "add":
        hours.add(session, provider, by=by, **hours.read(former["row"]))
    elif former["do"] == "remove":
        hours.remove(found, provider, by=by)
    elif former["do"] == "resume":
        hours.resume(found, provider, by=by)
    else:
        hours.update(found, provider, by=by, **hours.read(former["row"]))


def _all_hours(session, stranding, provider, by):
    ids = [UUID(each) for each in stranding.former["row_ids"]]
    there = session.scalar(sa.select(sa.func.count()).where(Availability.id.in_(ids)))
    if there < len(ids):
        raise Refused(CHANGED_SINCE)
    hours.resume_all(provider, ids, by=by)


def _inactive(session, stranding, by):
    providers.activate(_doctor(session, stranding), by=by)


RESTORE = {C.BLOCK: _block, C.CLOSURE: _closure, C.HOURS: _hours, C.INACTIVE: _inactive}


def _doctor(session, stranding):
    return session.scalars(sa.select(Provider).where(Provider.id == stranding.provider_id)).one()
