"""The desk adds a patient who came without a time; they wait on the board."""

from flask import url_for
from flask_babel import gettext as _

from clinic import walltime
from clinic.access import GuardedBlueprint, Permission
from clinic.actions import walk_ins
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.filters import zone
from clinic.forms.walk_ins import WalkInForm
from clinic.htmx import again, changed, show
from clinic.queries import picking
from clinic.views.asked import an_id
from clinic.views.staff import own_patients, walk_in_words
from clinic.views.staff.choosing import Asked, PatientChoice

bp = GuardedBlueprint("walk_ins", __name__, face="staff", url_prefix="/walk-ins")
PAGE = "staff/walk_ins/new.html"


@bp.get("/new", needs=Permission.VISITS_BOOK, shows="patients")
def new():
    """Who came, and whom they would like to see."""
    return show(PAGE, form=_form(formdata=None), desk=_who(an_id("patient_id")))


@bp.post("/find", needs=Permission.VISITS_BOOK, once=False, shows="patients")
def find():
    """The patients found while somebody types on this page."""
    return show(PAGE, "staff/booking/_people.html", form=_form(formdata=None), desk=_who(None))


@bp.post("/<uuid:patient_id>", needs=Permission.VISITS_BOOK)
def create(patient_id):
    """Put the patient among those who wait."""
    patient, form = own_patients.patient(patient_id), _form()
    if not form.validate_on_submit():
        return again(PAGE, form=form, desk=_who(patient_id))
    try:
        visit = walk_ins.add(db.session(), patient, timezone=current.clinic.timezone, by=current.actor, **form.facts)
    except Refused as refusal:
        return _refused(form, patient_id, said(refusal))
    today = walltime.today(zone()).isoformat()
    return changed(then=url_for("staff.day.index", date=today), message=walk_in_words.after(visit))


def _form(**given):
    form, kinds = WalkInForm(**given), picking.menu(db.session(), current.clinic.id)
    doctors = {each.id: each.name for kind in kinds for each in kind.doctors}
    form.provider_id.offer(sorted(doctors.items(), key=lambda each: each[1]), _("Whoever is free"))
    form.visit_type_id.offer([(each.id, each.name) for each in kinds], _("Not said"))
    return form


class Arrival(PatientChoice):
    """Who came in: found on the page itself, where nobody is chosen yet."""

    @property
    def told(self):
        """What the chosen patient is sent, or why nothing is."""
        return walk_in_words.before(own_patients.patient(self.asked.patient_id))


def _who(patient_id):
    return Arrival(Asked(patient_id=patient_id), url_for("staff.walk_ins.new"), url_for("staff.walk_ins.find"))


def _refused(form, patient_id, sentence):
    db.session.rollback()
    form.blame(sentence)
    return again(PAGE, status=409, form=form, desk=_who(patient_id))
