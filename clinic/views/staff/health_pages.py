"""What the pages about a patient's conditions, allergies, vaccinations and procedures have in common."""

from flask import abort, url_for

from clinic import htmx
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.views.asked import Page, page_number
from clinic.views.staff import charts, health_lines, own_patients

ON_A_PAGE = 50
LIST = "staff/health/list.html"


def entry(kind, patient_id, row_id):
    """The entry, if it is of this patient and the person may open the record; else a 404."""
    patient = own_patients.patient(patient_id)
    found = db.session().get(kind, (current.clinic.id, row_id))
    return found if found and found.patient_id == patient.id else abort(404)


def everything(patient_id, select, **words):
    """A page with all entries of one kind, newest first."""
    chart, number = charts.chart_of(patient_id), page_number()
    rows = db.session.scalars(select.limit(ON_A_PAGE + 1).offset((number - 1) * ON_A_PAGE))
    found = Page.of(rows, number, ON_A_PAGE)
    return charts.answer(LIST, chart=chart, sheet=found, lines=health_lines.of(found.rows), **words)


def form_page(template, patient_id, form, status=200, **facts):
    """The page of a form in the chart; with a status, what was typed and what is wrong with it."""
    facts |= {"chart": charts.chart_of(patient_id), "form": form}
    return charts.answer(template, **facts) if status == 200 else htmx.again(template, status=status, **facts)


def kept(act, template, patient_id, form, message, **facts):
    """Do what the form says and go back to the chart; or the form again, with what is wrong."""
    if not form.validate_on_submit():
        return form_page(template, patient_id, form, 422, **facts)
    try:
        act()
    except Refused as refusal:
        db.session.rollback()
        form.blame(said(refusal), refusal.field)
        return form_page(template, patient_id, form, 409, **facts)
    return done(patient_id, message)


def done(patient_id, message, undo=None):
    """Back to the chart's page of health, with what happened and the way to take it back."""
    return htmx.changed(then=url_for("staff.health.index", patient_id=patient_id), message=message, undo=undo)
