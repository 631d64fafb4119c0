"""A patient's own details: what the clinic knows, and what they may change themselves."""

from flask import abort, request, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import patients
from clinic.actions.patient_changes import ChangedMeanwhile
from clinic.current import current
from clinic.db import db
from clinic.forms.portal_details import PortalDetailsForm
from clinic.htmx import again, changed, show
from clinic.openings import listed
from clinic.queries import portal_offers
from clinic.views.beside import beside

bp = GuardedBlueprint("details", __name__, face="portal", url_prefix="/details")
USE = Permission.PORTAL_USE


@bp.get("/", needs=USE, shows="patients")
def index():
    """Everybody this person may act for, with what the clinic knows of how to reach them."""
    people = portal_offers.own_patients(db.session(), current.patient_ids)
    listed(patient.id for patient in people)
    return show("portal/details/index.html", patients=people)


@bp.get("/<uuid:patient_id>/edit", needs=USE, shows="patients")
def edit(patient_id):
    """The form with what is known."""
    patient = _own_or_404(patient_id)
    return show("portal/details/edit.html", patient=patient, form=_form(patient))


@bp.post("/<uuid:patient_id>/edit", needs=USE)
def update(patient_id):
    """Keep what was changed."""
    patient = _own_or_404(patient_id)
    form = _form(patient, formdata=request.form)
    if not form.validate():
        return again("portal/details/edit.html", patient=patient, form=form)
    try:
        patients.update(patient, form.seen.data, by=current.actor, **form.facts)
    except ChangedMeanwhile as both:
        return beside(both, form, "portal/details/edit.html", _own_or_404, patient_id)
    return changed(then=url_for("portal.details.index"), message=_("Your details are saved. Thank you."))


def _own_or_404(patient_id):
    found = portal_offers.own_patients(db.session(), current.patient_ids & {patient_id})
    return found[0] if found else abort(404)


def _form(patient, **given):
    return PortalDetailsForm(portal_offers.address_of(db.session(), current.clinic.id), obj=patient, **given)
