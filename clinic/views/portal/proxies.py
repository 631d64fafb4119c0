"""Family and carers: who sees one's record, letting somebody in, and ending it."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import connections, proxies, throttles
from clinic.actions.acting import Refused
from clinic.actions.tokens import hash_token, new_token
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.connections import CarerForm
from clinic.htmx import again, changed, show
from clinic.links import link
from clinic.models.patients import Patient, PatientAccess
from clinic.models.people import Relation
from clinic.openings import listed
from clinic.queries import connections as queries
from clinic.queries import portal_offers

bp = GuardedBlueprint("proxies", __name__, face="portal", url_prefix="/family")
USE = Permission.PORTAL_USE
NEW = "portal/proxies/new.html"


@bp.get("/", needs=USE, shows="patients")
def index():
    """Who sees one's record, and whose records one sees."""
    session, people = db.session(), portal_offers.own_patients(db.session(), current.patient_ids)
    listed(each.id for each in people)
    own = [each for each in people if _is_own(each.id)]
    facts = [(each, connections.accesses(session, each), queries.invitations(session, each)) for each in own]
    others = queries.access_of(session, current.user.id, {each.id for each in people} - {each.id for each in own})
    return show("portal/proxies/index.html", own=facts, others=others)


@bp.get("/<uuid:patient_id>/invite", needs=USE, fresh=True, shows="patients")
def new(patient_id):
    """Ask whom to let in, after saying what that means."""
    return show(NEW, patient=_own(patient_id), form=CarerForm())


@bp.post("/<uuid:patient_id>/invite", needs=USE, fresh=True)
def invite(patient_id):
    """Let somebody see one's record; the link is mailed, and stands on the answer."""
    patient, form = _own(patient_id), CarerForm()
    if not form.validate():
        return again(NEW, patient=patient, form=form)
    throttles.spend(db.session(), throttles.CARERS.of(current.user.id))
    try:
        return _invited(_own(patient_id), form)
    except Refused as refused:
        return _refused(patient_id, form, refused)


def _invited(patient, form):
    token = new_token()
    invited = proxies.invite(patient, by=current.actor, token_hash=hash_token(token), **form.facts)
    facts = {"link": link("public.connecting.begin", token=token), "days": connections.LINK_DAYS}
    return show("portal/proxies/invited.html", invited=invited, **facts)


@bp.post("/<uuid:patient_id>/accesses/<uuid:access_id>/end", needs=USE)
def end(patient_id, access_id):
    """End somebody's access to one's record at once."""
    _own(patient_id)
    access = db.session.get(PatientAccess, (current.clinic.id, access_id))
    if access is None or access.patient_id != patient_id:
        abort(404)
    proxies.end(access, by=current.actor)
    return changed(then=url_for(".index"), message=_("They no longer see your record."))


@bp.post("/<uuid:patient_id>/invitations/<uuid:link_id>/withdraw", needs=USE)
def withdraw(patient_id, link_id):
    """Take an invitation back that nobody has taken up."""
    waiting = {each.id: each for each in queries.invitations(db.session(), _own(patient_id))}
    proxies.withdraw(waiting.get(link_id) or abort(404), by=current.actor)
    return changed(then=url_for(".index"), message=_("The link no longer works."))


def _is_own(patient_id):
    return current.relations.get(patient_id) == Relation.SELF


def _own(patient_id):
    """One's own record: who only acts for the patient decides nothing here; nobody else's record exists."""
    if patient_id not in current.patient_ids:
        abort(404)
    if not _is_own(patient_id):
        abort(403)
    return db.session.get(Patient, (current.clinic.id, patient_id)) or abort(404)


def _refused(patient_id, form, refused):
    db.session.rollback()
    form.blame(said(refused), refused.field)
    return again(NEW, status=409, patient=_own(patient_id), form=form)
