"""A patient's conditions: writing one down, changing it, saying that it is over or was a mistake."""

from flask import url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint
from clinic.access import Permission as P
from clinic.actions import conditions as verbs
from clinic.current import current
from clinic.forms.conditions import ConditionForm, EndForm
from clinic.models.conditions import Condition
from clinic.queries import conditions, icd10
from clinic.views.staff import own_patients
from clinic.views.staff.health_pages import done, entry, everything, form_page, kept
from clinic.views.staff.icd10 import found

bp = GuardedBlueprint("conditions", __name__, face="staff", url_prefix="/patients/<uuid:patient_id>/conditions")
FORM, END = "staff/conditions/form.html", "staff/conditions/end.html"
NOTHING = {"asked": "", "found": [], "chosen": ""}


@bp.get("", needs=P.CHART_SEE, shows="patients")
def index(patient_id):
    """Every condition ever written down, what is over and what was a mistake too."""
    return everything(patient_id, conditions.everything(patient_id), title=_("Conditions"))


@bp.get("/new", needs=P.RECORD_WRITE, shows="patients")
def new(patient_id):
    """The form for a condition."""
    return form_page(FORM, patient_id, ConditionForm(current.clinic), condition=None, **NOTHING)


@bp.post("/find", needs=P.RECORD_WRITE, once=False, shows="patients")
def find(patient_id):
    """The form with the diagnoses that answer what was typed; nothing is kept yet."""
    own_patients.patient(patient_id)
    return form_page(FORM, patient_id, ConditionForm(current.clinic), condition=None, **found())


@bp.post("/create", needs=P.RECORD_WRITE)
def create(patient_id):
    """Write the condition down."""
    patient, form = own_patients.patient(patient_id), ConditionForm(current.clinic)
    return kept(
        lambda: verbs.record(patient, by=current.actor, **form.facts), FORM, patient_id, form,
        _("The condition is recorded."), condition=None, **found(),
    )  # fmt: skip


@bp.post("/settle", needs=P.RECORD_WRITE)
def settle(patient_id):
    """Say that what an earlier record told is entered by now."""
    verbs.settle(own_patients.patient(patient_id), by=current.actor)
    return done(patient_id, _("The words of the earlier record are entered by now, and are shown no more."))


@bp.get("/<uuid:condition_id>/edit", needs=P.CHART_SEE, shows="patients")
def edit(patient_id, condition_id):
    """One condition, as it is known and to be changed."""
    condition = entry(Condition, patient_id, condition_id)
    form = ConditionForm(current.clinic, obj=condition)
    return form_page(FORM, patient_id, form.opened(condition), condition=condition, **_own(condition))


@bp.post("/<uuid:condition_id>/update", needs=P.RECORD_WRITE)
def update(patient_id, condition_id):
    """Keep what was changed."""
    condition, form = entry(Condition, patient_id, condition_id), ConditionForm(current.clinic)
    return kept(
        lambda: verbs.change(condition, by=current.actor, seen=form.seen.data, **form.facts),
        FORM, patient_id, form, _("Saved."), condition=condition, **_own(condition),
    )  # fmt: skip


@bp.get("/<uuid:condition_id>/end", needs=P.RECORD_WRITE, shows="patients")
def ending(patient_id, condition_id):
    """Ask since when the patient does not have it any more."""
    condition = entry(Condition, patient_id, condition_id)
    return form_page(END, patient_id, EndForm(current.clinic), condition=condition)


@bp.post("/<uuid:condition_id>/end", needs=P.RECORD_WRITE)
def end(patient_id, condition_id):
    """Say since when the patient does not have it any more."""
    condition, form = entry(Condition, patient_id, condition_id), EndForm(current.clinic)
    return kept(
        lambda: verbs.end(condition, form.ended_on.data, by=current.actor), END, patient_id, form,
        _("Recorded as over."), condition=condition,
    )  # fmt: skip


@bp.post("/<uuid:condition_id>/reopen", needs=P.RECORD_WRITE)
def reopen(patient_id, condition_id):
    """Say that the patient has it still."""
    verbs.reopen(entry(Condition, patient_id, condition_id), by=current.actor)
    return done(patient_id, _("Recorded as lasting."))


@bp.post("/<uuid:condition_id>/mark-mistaken", needs=P.RECORD_WRITE)
def mark_mistaken(patient_id, condition_id):
    """Say that the patient never had it."""
    verbs.mark_mistaken(entry(Condition, patient_id, condition_id), by=current.actor)
    undo = url_for(".restore", patient_id=patient_id, condition_id=condition_id)
    return done(patient_id, _("Marked as a mistake."), undo)


@bp.post("/<uuid:condition_id>/restore", needs=P.RECORD_WRITE)
def restore(patient_id, condition_id):
    """Take back that it was a mistake."""
    verbs.restore(entry(Condition, patient_id, condition_id), by=current.actor)
    return done(patient_id, _("It counts again."))


def _own(condition):
    """The code that is kept, as the only one to choose from until somebody looks for another."""
    known = [icd10.Diagnosis(condition.icd10, icd10.label(condition.icd10) or "")] if condition.icd10 else []
    return {**found(), "found": found()["found"] or known, "chosen": condition.icd10 or ""}
