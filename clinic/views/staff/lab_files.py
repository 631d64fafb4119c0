"""A laboratory's file: read as FHIR, held against the patient it says it is about, and taken in."""

from contextlib import closing
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import lab_orders, lab_results
from clinic.actions.lab_results import Rule
from clinic.current import current
from clinic.db import db
from clinic.filters import day_short
from clinic.forms.lab_results import LabFileForm
from clinic.htmx import again, changed
from clinic.integrations import fhir_labs
from clinic.queries import lab_orders as orders
from clinic.uploads import Accepts, NotTaken, receive
from clinic.views.asked import an_id
from clinic.views.staff.charts import answer, chart_of
from clinic.views.staff.lab_orders import order_in, page_of
from clinic.views.staff.patients import own_clinic

bp = GuardedBlueprint("lab_files", __name__, face="staff", url_prefix="/patients/<uuid:patient_id>/labs/file")
WRITE = Permission.RECORD_WRITE
FORM = "staff/lab_files/new.html"
# Text as far as its bytes go: what it says is read as FHIR afterwards.
REPORTS = Accepts({"text/plain": (".json", ".ndjson", ".jsonl", ".txt")}, 5 * 2**20)


@bp.get("", needs=WRITE, shows="patients")
def new(patient_id):
    """Ask for the file and what it belongs to."""
    chart = chart_of(patient_id)
    form = _form(chart, formdata=None)
    form.order_id.data = an_id("order_id")
    return answer(FORM, chart=chart, form=form, doubt=None, skipped=None)


@bp.post("/take-in", needs=WRITE, takes=5 * 2**20 + 64 * 1024)
def take_in(patient_id):
    """Take the results in, unless the file is about somebody else or says nothing of a laboratory's."""
    chart = chart_of(patient_id)
    form = _form(chart)
    reading = _read(form) if form.validate() else None
    doubt = reading and _doubt(chart.patient, reading, form)
    if reading is None or doubt or form.errors:
        return again(FORM, chart=chart, form=form, doubt=doubt, skipped=reading and reading.skipped)
    return _taken(chart, form, reading)


def _form(chart, **given):
    form = LabFileForm(own_clinic(), **given)
    rows = [
        (each.id, f"{each.title} ({day_short(each.ordered_at)})")
        for each in orders.awaiting(db.session(), chart.records)
    ]
    form.order_id.offer(rows, _("None: nobody here ordered them"))
    return form


def _read(form):
    """What the file says, or None with the sentence on the field."""
    sent = form.file.data
    if not getattr(sent, "filename", ""):
        form.blame(_("Choose a file first."), "file")
        return None
    try:
        with closing(sent), receive(sent.stream, name=sent.filename, accepts=REPORTS) as upload:
            reading = fhir_labs.read(upload.file, upload.name, ZoneInfo(current.clinic.timezone))
    except NotTaken as wrong:
        form.blame(_(wrong.template) % wrong.values, "file")
        return None
    if not reading.reported:
        form.blame(_("There is no laboratory result in this file."), "file")
    elif reading.is_of_several:
        form.blame(_("The file is about several patients. Ask the laboratory for one file for each."), "file")
    return reading


def _doubt(patient, reading, form):
    """The names in the file where none is this patient's, unless somebody said that it is theirs all the same."""
    if form.is_theirs.data or reading.is_about(patient.full_name, patient.date_of_birth) is not False:
        return None
    return sorted(" · ".join(each for each in person if each) for person in reading.people)


def _taken(chart, form, reading):
    """Take it in, and close the order where these are all its results."""
    order = order_in(chart, form.order_id.data) if form.order_id.data else None
    rule = None if order else Rule(**form.rule)
    counts = lab_results.take_in(chart.patient, reading.reported, order=order, rule=rule, by=current.actor)
    if order and form.is_whole.data and order.is_open and counts["new"]:
        lab_orders.complete(order, by=current.actor)
    then = page_of(chart, order) if order else url_for("staff.lab_results.index", patient_id=chart.patient.id)
    return changed(then=then, message=_said(counts, sum(reading.skipped.values())))


def _said(counts, skipped):
    facts = {"back": counts["taken_back"], "known": counts["known"], "skipped": skipped}
    return _(
        "New: %(new)d, corrected: %(corrected)d, taken back: %(back)d, known: %(known)d, left out: %(skipped)d.",
        new=counts["new"], corrected=counts["corrected"], **facts,
    )  # fmt: skip
