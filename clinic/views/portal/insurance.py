"""A patient's own insurance: the policies the clinic knows of, and adding one."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import insurance as verbs
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.insurance import OwnPolicyForm
from clinic.htmx import again, changed, show
from clinic.openings import listed
from clinic.queries import insurance as known
from clinic.queries import portal_offers
from clinic.views.asked import an_id

bp = GuardedBlueprint("insurance", __name__, face="portal", url_prefix="/insurance")
USE = Permission.PORTAL_USE
NEW = "portal/insurance/new.html"


@bp.get("/", needs=USE, shows="patients")
def index():
    """The policies of everybody this person may act for, or of the one whom the address names."""
    session, wanted = db.session(), an_id("patient_id")
    people = [_own(wanted)] if wanted else portal_offers.own_patients(session, current.patient_ids)
    listed(patient.id for patient in people)
    policies = known.live_of_many(session, [patient.id for patient in people])
    return show("portal/insurance/index.html", patients=people, policies=policies)


@bp.get("/<uuid:patient_id>/new", needs=USE, shows="patients")
def new(patient_id):
    """Ask what stands on the card."""
    return show(NEW, patient=_own(patient_id), form=_form())


@bp.post("/<uuid:patient_id>/new", needs=USE)
def create(patient_id):
    """Add the policy; the desk verifies it."""
    patient, form = _own(patient_id), _form()
    if not form.validate():
        return again(NEW, patient=patient, form=form)
    try:
        verbs.add(patient, by=current.actor, **form.facts)
    except Refused as refusal:
        return _refused(patient_id, form, refusal)
    return changed(then=url_for(".index"), message=_("Thank you. We will check it with the insurance company."))


def _own(patient_id):
    found = portal_offers.own_patients(db.session(), current.patient_ids & {patient_id})
    return found[0] if found else abort(404)


def _form():
    return OwnPolicyForm(portal_offers.address_of(db.session(), current.clinic.id))


def _refused(patient_id, form, refusal):
    sentence = said(refusal)
    db.session.rollback()
    form.blame(sentence, refusal.field)
    return again(NEW, status=409, patient=_own(patient_id), form=form)
