"""A patient's health at a glance: allergies, conditions, what was measured, vaccinations, procedures, blood group."""

from flask import url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint
from clinic.access import Permission as P
from clinic.actions import patients as verbs
from clinic.current import current
from clinic.db import db
from clinic.forms.blood_groups import BloodGroupForm
from clinic.htmx import changed
from clinic.queries import allergies, conditions, immunizations, procedures
from clinic.views import measurement_words
from clinic.views.staff import charts, health_lines, own_patients
from clinic.views.staff.health_pages import form_page

bp = GuardedBlueprint("health", __name__, face="staff", url_prefix="/patients/<uuid:patient_id>/health")
PAGE = "staff/health/index.html"


@bp.get("", needs=P.CHART_SEE, shows="patients")
def index(patient_id):
    """What the patient has, must not be given, was given, and how they are."""
    chart = charts.chart_of(patient_id)
    form = BloodGroupForm(formdata=None, data={"blood_group": chart.patient.blood_group})
    return charts.answer(PAGE, chart=chart, form=form, **facts_of(chart))


@bp.post("/set-blood-group", needs=P.RECORD_WRITE)
def set_blood_group(patient_id):
    """Keep the patient's blood group."""
    patient, form = own_patients.patient(patient_id), BloodGroupForm()
    if not form.validate_on_submit():
        chart = charts.chart_of(patient_id)
        return form_page(PAGE, patient_id, form, 422, **facts_of(chart))
    verbs.update(patient, by=current.actor, blood_group=form.blood_group.data or None)
    return changed(then=url_for(".index", patient_id=patient_id), message=_("The blood group is saved."))


def facts_of(chart):
    """What stands on the page; a bounded number of statements however long the record is."""
    session, patient = db.session(), chart.patient
    vaccinations, done = immunizations.latest(session, patient.id), procedures.latest(session, patient.id)
    return {
        "allergies": health_lines.of(chart.allergies or allergies.live(session, patient.id)),
        "conditions": health_lines.of(conditions.live(session, patient.id)),
        "vaccinations": health_lines.of(vaccinations[: immunizations.LATEST]),
        "procedures": health_lines.of(done[: procedures.LATEST]),
        "more_vaccinations": len(vaccinations) > immunizations.LATEST,
        "more_procedures": len(done) > procedures.LATEST,
        "strip": measurement_words.strip_of(patient), "patient": patient,
        "may_write": current.may(P.RECORD_WRITE) and not patient.erased_at,
    }  # fmt: skip
