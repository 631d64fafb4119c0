"""What was done to a patient: writing it down, changing it, a mistake."""

from flask import url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint
from clinic.access import Permission as P
from clinic.actions import procedures as verbs
from clinic.current import current
from clinic.forms.procedures import ProcedureForm
from clinic.models.procedures import Procedure
from clinic.queries import procedures
from clinic.views.staff import own_patients
from clinic.views.staff.health_pages import done, entry, everything, form_page, kept

bp = GuardedBlueprint("procedures", __name__, face="staff", url_prefix="/patients/<uuid:patient_id>/procedures")
FORM = "staff/procedures/form.html"


@bp.get("", needs=P.CHART_SEE, shows="patients")
def index(patient_id):
    """Everything ever written down, mistakes too."""
    return everything(patient_id, procedures.everything(patient_id), title=_("Procedures"))


@bp.get("/new", needs=P.RECORD_WRITE, shows="patients")
def new(patient_id):
    """The form for a procedure."""
    return form_page(FORM, patient_id, ProcedureForm(current.clinic), procedure=None)


@bp.post("/create", needs=P.RECORD_WRITE)
def create(patient_id):
    """Write it down."""
    patient, form = own_patients.patient(patient_id), ProcedureForm(current.clinic)
    return kept(
        lambda: verbs.record(patient, by=current.actor, **form.facts_over()), FORM, patient_id, form,
        _("The procedure is recorded."), procedure=None,
    )  # fmt: skip


@bp.get("/<uuid:procedure_id>/edit", needs=P.CHART_SEE, shows="patients")
def edit(patient_id, procedure_id):
    """One procedure, as it is known and to be changed."""
    procedure = entry(Procedure, patient_id, procedure_id)
    form = ProcedureForm(current.clinic, obj=procedure)
    return form_page(FORM, patient_id, form.opened(procedure), procedure=procedure)


@bp.post("/<uuid:procedure_id>/update", needs=P.RECORD_WRITE)
def update(patient_id, procedure_id):
    """Keep what was changed."""
    procedure, form = entry(Procedure, patient_id, procedure_id), ProcedureForm(current.clinic)
    return kept(
        lambda: verbs.change(procedure, by=current.actor, seen=form.seen.data, **form.facts_over(procedure)),
        FORM, patient_id, form, _("Saved."), procedure=procedure,
    )  # fmt: skip


@bp.post("/<uuid:procedure_id>/mark-mistaken", needs=P.RECORD_WRITE)
def mark_mistaken(patient_id, procedure_id):
    """Say that it was never done."""
    verbs.mark_mistaken(entry(Procedure, patient_id, procedure_id), by=current.actor)
    undo = url_for(".restore", patient_id=patient_id, procedure_id=procedure_id)
    return done(patient_id, _("Marked as a mistake."), undo)


@bp.post("/<uuid:procedure_id>/restore", needs=P.RECORD_WRITE)
def restore(patient_id, procedure_id):
    """Take back that it was a mistake."""
    verbs.restore(entry(Procedure, patient_id, procedure_id), by=current.actor)
    return done(patient_id, _("It counts again."))
