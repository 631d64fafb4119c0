"""Who sees a record in the portal: invitations and their end, and sign-ups that may be of patients known here."""

from flask import abort, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import connections, same_people, throttles
from clinic.actions.acting import Refused, audit
from clinic.actions.tokens import hash_token, new_token
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.connections import InviteForm, SameForm
from clinic.htmx import again, changed, show
from clinic.links import link
from clinic.models.accounts import UserToken
from clinic.models.patients import PatientAccess
from clinic.openings import listed
from clinic.queries import connections as queries
from clinic.views.asked import Page, page_number
from clinic.views.staff import own_patients

bp = GuardedBlueprint("connections", __name__, face="staff", url_prefix="/connections")
CONNECT = Permission.PATIENTS_CONNECT
NEW, SAME = "staff/connections/new.html", "staff/connections/same.html"
ENDED = _l("They no longer see the record, from their next click on.")


@bp.get("", needs=CONNECT, shows="patients")
def index():
    """Sign-ups nobody has looked at, each beside the records that look like it."""
    number = page_number()
    page = Page.of(queries.sign_ups(db.session(), current.clinic.id, number), number, queries.ON_A_PAGE)
    listed(each.id for sign_up in page.rows for each in (sign_up, *sign_up.alike))
    return show("staff/connections/index.html", sign_ups=page)


@bp.get("/<uuid:patient_id>/invite", needs=CONNECT, shows="patients")
def new(patient_id):
    """An empty invitation to see the patient's record."""
    return show(NEW, patient=own_patients.patient(patient_id), form=InviteForm())


@bp.post("/<uuid:patient_id>/invite", needs=CONNECT)
def invite(patient_id):
    """Invite somebody; the link is mailed, and stands on the answer for a print."""
    patient, form = own_patients.patient(patient_id), InviteForm()
    if not form.validate():
        return again(NEW, patient=patient, form=form)
    throttles.spend(db.session(), throttles.INVITATIONS.of(current.user.id))
    try:
        return _invited(own_patients.patient(patient_id), form)
    except Refused as refused:
        return _refused(NEW, patient_id, form, refused)


def _invited(patient, form):
    token = new_token()
    invited = connections.invite(patient, by=current.actor, token_hash=hash_token(token), **form.facts)
    facts = {"link": link("public.connecting.begin", token=token), "days": connections.LINK_DAYS}
    return show("staff/connections/invited.html", patient=patient, invited=invited, **facts)


@bp.post("/<uuid:patient_id>/accesses/<uuid:access_id>/end", needs=CONNECT)
def end(patient_id, access_id):
    """End somebody's access to the record at once."""
    own_patients.patient(patient_id)
    access = db.session.get(PatientAccess, (current.clinic.id, access_id))
    if access is None or access.patient_id != patient_id:
        abort(404)
    connections.end(access, by=current.actor)
    return _changed(patient_id, str(ENDED))


@bp.post("/<uuid:patient_id>/invitations/<uuid:link_id>/withdraw", needs=CONNECT)
def withdraw(patient_id, link_id):
    """Take an invitation back that nobody has taken up."""
    patient = own_patients.patient(patient_id)
    waiting = {each.id: each for each in queries.invitations(db.session(), patient)}
    invited: UserToken = waiting.get(link_id) or abort(404)
    connections.withdraw(invited, by=current.actor)
    return _changed(patient_id, _("The link no longer works."))


@bp.get("/<uuid:patient_id>/same/<uuid:known_id>", needs=CONNECT, shows="patients")
def same(patient_id, known_id):
    """Both records side by side, before they become one."""
    both = _both(patient_id, known_id)
    # The entry of the page itself names the sign-up's record; this one the other that it shows.
    audit(db.session(), "patients.open", by=current.actor, record=both["known"], details={"page": request.endpoint})
    return show(SAME, form=SameForm(), **both)


@bp.post("/<uuid:patient_id>/join/<uuid:known_id>", needs=CONNECT)
def join(patient_id, known_id):
    """It is the same person: the portal and the visits go to the record known here."""
    both, form = _both(patient_id, known_id), SameForm()
    if not form.validate():
        return again(SAME, form=form, **both)
    try:
        same_people.join(both["sign_up"], both["known"], by=current.actor, checked=form.checked.data)
    except Refused as refused:
        db.session.rollback()
        form.blame(said(refused), refused.field)
        return again(SAME, status=409, form=form, **_both(patient_id, known_id))
    return _changed(both["known"].id, _("They now see this record in the portal."))


@bp.post("/<uuid:patient_id>/keep-apart", needs=CONNECT)
def keep_apart(patient_id):
    """It is somebody else: the sign-up stays a record of its own."""
    patient = own_patients.patient(patient_id)
    same_people.keep_apart(patient, by=current.actor)
    message = _("%(name)s has a record of their own.", name=patient.full_name)
    return changed(then=url_for(".index"), message=message)


def portal_facts(patient):
    """Who sees the patient's record in the portal and who is invited to, for the patient's page."""
    if not current.may(CONNECT):
        return {}
    session = db.session()
    return {"accesses": connections.accesses(session, patient), "invited": queries.invitations(session, patient)}


def _both(patient_id, known_id):
    sign_up, known = own_patients.patient(patient_id), own_patients.patient(known_id)
    return {"sign_up": sign_up, "known": known, "seen_by": connections.accesses(db.session(), known)}


def _changed(patient_id, message):
    return changed(then=url_for("staff.patients.show", patient_id=patient_id), message=message)


def _refused(page, patient_id, form, refused):
    db.session.rollback()
    form.blame(said(refused), refused.field)
    return again(page, status=409, patient=own_patients.patient(patient_id), form=form)
