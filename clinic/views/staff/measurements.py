"""What was measured on a patient: entering it, looking at it over time, and marking what was a mistake."""

from datetime import timedelta

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint
from clinic.access import Permission as P
from clinic.actions import measurements as verbs
from clinic.actions.acting import Refused
from clinic.clock import now
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.measurements import MeasurementForm
from clinic.htmx import again, changed
from clinic.queries import measurements as queries
from clinic.views import measurement_words
from clinic.views.asked import Page, page_number
from clinic.views.measurement_charts import SPANS, charts_of, span_asked
from clinic.views.staff import charts, own_patients

bp = GuardedBlueprint("measurements", __name__, face="staff", url_prefix="/patients/<uuid:patient_id>/measurements")
PAGE, FORM = "staff/measurements/index.html", "staff/measurements/form.html"
# Who enters values without reading charts sees what was entered today, to notice a mistake.
TODAY = timedelta(hours=12)


@bp.get("", needs=P.CHART_SEE, shows="patients")
def index(patient_id):
    """The latest values, a chart of each kind over the asked time, and all values by the page."""
    chart, span = charts.chart_of(patient_id), span_asked()
    facts = {"strip": measurement_words.strip_of(chart.patient), "patient": chart.patient, "span": span}
    facts |= {"figures": charts_of(chart.patient, span), "spans": SPANS, **_page(chart.patient)}
    return charts.answer(PAGE, chart=chart, **facts)


@bp.get("/new", needs=P.VITALS_ENTER, shows="patients")
def new(patient_id):
    """The form for what is measured now; with what was entered in the last hours."""
    return _form_page(patient_id, MeasurementForm(current.clinic))


@bp.post("/create", needs=P.VITALS_ENTER)
def create(patient_id):
    """Write down what was measured."""
    patient, form = own_patients.patient(patient_id), MeasurementForm(current.clinic)
    if not form.validate_on_submit():
        return _form_page(patient_id, form, 422)
    try:
        row = verbs.record(patient, form.values, by=current.actor, measured_at=form.measured_at, typed=form.typed)
    except Refused as refusal:
        return _refused(patient_id, form, refusal)
    return _done(patient_id, row, _("The values are recorded."), "mark_mistaken")


@bp.post("/<uuid:reading_id>/mark-mistaken", needs=P.VITALS_ENTER)
def mark_mistaken(patient_id, reading_id):
    """Say that what was measured together is wrong."""
    row = verbs.mark_mistaken(_row(patient_id, reading_id), by=current.actor)
    return _done(patient_id, row, _("Marked as a mistake."), "restore")


@bp.post("/<uuid:reading_id>/restore", needs=P.VITALS_ENTER)
def restore(patient_id, reading_id):
    """Take back that it was a mistake."""
    return _done(
        patient_id, verbs.restore(_row(patient_id, reading_id), by=current.actor), _("The values count again.")
    )


def _row(patient_id, reading_id):
    """The first value of a reading; of others' only who reads charts may say that it is wrong."""
    patient = own_patients.patient(patient_id)
    rows = queries.of_reading(db.session(), patient.id, reading_id)
    if not rows or not (current.may(P.CHART_SEE) or rows[0].entered_by_id == current.user.id):
        abort(404)
    return rows[0]


def _done(patient_id, row, message, undo=None):
    then = ".index" if current.may(P.CHART_SEE) else ".new"
    back = undo and url_for(f".{undo}", patient_id=patient_id, reading_id=row.reading_id)
    return changed(then=url_for(then, patient_id=patient_id), message=message, undo=back)


def _refused(patient_id, form, refusal):
    db.session.rollback()
    form.blame(said(refusal), refusal.field)
    return _form_page(patient_id, form, 409)


def _form_page(patient_id, form, status=200):
    chart = charts.chart_of(patient_id)
    since = now() - TODAY
    lately = queries.entered_by(db.session(), chart.patient.id, current.user.id, since)
    lines = measurement_words.lines_of(lately, chart.patient)
    facts = {"chart": chart, "form": form, "lines": lines, "patient": chart.patient}
    return charts.answer(FORM, **facts) if status == 200 else again(FORM, status=status, **facts)


def _page(patient):
    number, size = page_number(), queries.ON_A_PAGE
    rows = db.session.scalars(queries.everything(patient.id).limit(size + 1).offset((number - 1) * size))
    found = Page.of(rows, number, size)
    return {"sheet": found, "lines": measurement_words.lines_of(found.rows, patient)}
