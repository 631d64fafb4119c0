"""A patient's vaccinations: writing one down, that one was not given, changing it, a mistake."""

from flask import url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint
from clinic.access import Permission as P
from clinic.actions import immunizations as verbs
from clinic.current import current
from clinic.forms.immunizations import ImmunizationForm
from clinic.models.immunizations import Immunization
from clinic.queries import immunizations
from clinic.views.staff import own_patients
from clinic.views.staff.health_pages import done, entry, everything, form_page, kept

bp = GuardedBlueprint("immunizations", __name__, face="staff", url_prefix="/patients/<uuid:patient_id>/immunizations")
FORM = "staff/immunizations/form.html"


@bp.get("", needs=P.CHART_SEE, shows="patients")
def index(patient_id):
    """Every vaccination ever written down, mistakes too."""
    return everything(patient_id, immunizations.everything(patient_id), title=_("Vaccinations"))


@bp.get("/new", needs=P.RECORD_WRITE, shows="patients")
def new(patient_id):
    """The form for a vaccination."""
    return form_page(FORM, patient_id, ImmunizationForm(current.clinic), immunization=None)


@bp.post("/create", needs=P.RECORD_WRITE)
def create(patient_id):
    """Write it down."""
    patient, form = own_patients.patient(patient_id), ImmunizationForm(current.clinic)
    return kept(
        lambda: verbs.record(patient, by=current.actor, **form.facts_over()), FORM, patient_id, form,
        _("The vaccination is recorded."), immunization=None,
    )  # fmt: skip


@bp.get("/<uuid:immunization_id>/edit", needs=P.CHART_SEE, shows="patients")
def edit(patient_id, immunization_id):
    """One vaccination, as it is known and to be changed."""
    immunization = entry(Immunization, patient_id, immunization_id)
    form = ImmunizationForm(current.clinic, obj=immunization)
    return form_page(FORM, patient_id, form.opened(immunization), immunization=immunization)


@bp.post("/<uuid:immunization_id>/update", needs=P.RECORD_WRITE)
def update(patient_id, immunization_id):
    """Keep what was changed."""
    immunization, form = entry(Immunization, patient_id, immunization_id), ImmunizationForm(current.clinic)
    return kept(
        lambda: verbs.change(immunization, by=current.actor, seen=form.seen.data, **form.facts_over(immunization)),
        FORM, patient_id, form, _("Saved."), immunization=immunization,
    )  # fmt: skip


@bp.post("/<uuid:immunization_id>/mark-mistaken", needs=P.RECORD_WRITE)
def mark_mistaken(patient_id, immunization_id):
    """Say that it was never so."""
    verbs.mark_mistaken(entry(Immunization, patient_id, immunization_id), by=current.actor)
    undo = url_for(".restore", patient_id=patient_id, immunization_id=immunization_id)
    return done(patient_id, _("Marked as a mistake."), undo)


@bp.post("/<uuid:immunization_id>/restore", needs=P.RECORD_WRITE)
def restore(patient_id, immunization_id):
    """Take back that it was a mistake."""
    verbs.restore(entry(Immunization, patient_id, immunization_id), by=current.actor)
    return done(patient_id, _("It counts again."))
