"""A patient's allergies: writing one down, changing it, a mistake; and that somebody asked and none is known."""

from flask import url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint
from clinic.access import Permission as P
from clinic.actions import allergies as verbs
from clinic.current import current
from clinic.forms.allergies import AllergyForm
from clinic.models.allergies import Allergy
from clinic.queries import allergies
from clinic.views.staff import own_patients
from clinic.views.staff.health_pages import done, entry, everything, form_page, kept

bp = GuardedBlueprint("allergies", __name__, face="staff", url_prefix="/patients/<uuid:patient_id>/allergies")
FORM = "staff/allergies/form.html"


@bp.get("", needs=P.CHART_SEE, shows="patients")
def index(patient_id):
    """Every allergy ever written down, what no longer counts and what was a mistake too."""
    return everything(patient_id, allergies.everything(patient_id), title=_("Allergies"))


@bp.get("/new", needs=P.RECORD_WRITE, shows="patients")
def new(patient_id):
    """The form for an allergy."""
    return form_page(FORM, patient_id, AllergyForm(), allergy=None)


@bp.post("/create", needs=P.RECORD_WRITE)
def create(patient_id):
    """Write the allergy down."""
    patient, form = own_patients.patient(patient_id), AllergyForm()
    return kept(
        lambda: verbs.record(patient, by=current.actor, **form.facts), FORM, patient_id, form,
        _("The allergy is recorded."), allergy=None,
    )  # fmt: skip


@bp.post("/state-none", needs=P.RECORD_WRITE)
def state_none(patient_id):
    """Write down that the patient was asked and knows of none."""
    entry_of_none = verbs.state_none(own_patients.patient(patient_id), by=current.actor)
    undo = url_for(".mark_mistaken", patient_id=patient_id, allergy_id=entry_of_none.id)
    return done(patient_id, _("Recorded: no allergy known."), undo)


@bp.post("/settle", needs=P.RECORD_WRITE)
def settle(patient_id):
    """Say that what an earlier record told is entered by now."""
    verbs.settle(own_patients.patient(patient_id), by=current.actor)
    return done(patient_id, _("The words of the earlier record are entered by now, and are shown no more."))


@bp.get("/<uuid:allergy_id>/edit", needs=P.CHART_SEE, shows="patients")
def edit(patient_id, allergy_id):
    """One allergy, as it is known and to be changed."""
    allergy = entry(Allergy, patient_id, allergy_id)
    return form_page(FORM, patient_id, AllergyForm(obj=allergy), allergy=allergy)


@bp.post("/<uuid:allergy_id>/update", needs=P.RECORD_WRITE)
def update(patient_id, allergy_id):
    """Keep what was changed."""
    allergy, form = entry(Allergy, patient_id, allergy_id), AllergyForm()
    return kept(
        lambda: verbs.change(allergy, by=current.actor, seen=form.seen.data, **form.facts),
        FORM, patient_id, form, _("Saved."), allergy=allergy,
    )  # fmt: skip


@bp.post("/<uuid:allergy_id>/mark-mistaken", needs=P.RECORD_WRITE)
def mark_mistaken(patient_id, allergy_id):
    """Say that it was never true."""
    allergy = verbs.mark_mistaken(entry(Allergy, patient_id, allergy_id), by=current.actor)
    undo = None if allergy.is_none_known else url_for(".restore", patient_id=patient_id, allergy_id=allergy_id)
    return done(patient_id, _("Marked as a mistake."), undo)


@bp.post("/<uuid:allergy_id>/restore", needs=P.RECORD_WRITE)
def restore(patient_id, allergy_id):
    """Take back that it was a mistake."""
    verbs.restore(entry(Allergy, patient_id, allergy_id), by=current.actor)
    return done(patient_id, _("It counts again."))
