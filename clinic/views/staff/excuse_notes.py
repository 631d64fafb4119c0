"""Excuse notes in the chart: writing one, giving it out, withdrawing it."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic import filters, walltime
from clinic.access import GuardedBlueprint, Permission
from clinic.actions import excuse_notes as verbs
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.excuse_notes import ExcuseNoteForm
from clinic.htmx import again, changed
from clinic.models.excuse_notes import ExcuseNote
from clinic.queries import excuse_notes as queries
from clinic.views import papers
from clinic.views.asked import Page, page_number
from clinic.views.staff.chart_visits import visit_asked, visit_written_at
from clinic.views.staff.charts import answer, chart_of

bp = GuardedBlueprint("excuse_notes", __name__, face="staff", url_prefix="/patients/<uuid:patient_id>/excuse-notes")
READ, WRITE = Permission.CHART_SEE, Permission.RECORD_WRITE
FORM = "staff/excuse_notes/edit.html"


@bp.get("", needs=READ, shows="patients")
def index(patient_id):
    """The patient's excuse notes, the newest first."""
    chart, number = chart_of(patient_id), page_number()
    rows = Page.of(queries.of_records(db.session(), chart.records, number), number, queries.ON_A_PAGE)
    return answer("staff/excuse_notes/index.html", chart=chart, listing=rows, today=_today())


@bp.get("/new", needs=WRITE, shows="patients")
def new(patient_id):
    """An empty note, from today on."""
    chart = chart_of(patient_id)
    visit = visit_asked(chart)
    form = ExcuseNoteForm(formdata=None, visit_id=visit and visit.id, starts_on=_today())
    return answer(FORM, chart=chart, form=form, note=None, visit=visit)


@bp.post("", needs=WRITE)
def create(patient_id):
    """Write the note."""
    chart, form = chart_of(patient_id), ExcuseNoteForm()
    if not form.validate():
        return again(FORM, chart=chart, form=form, note=None, visit=None)
    visit = visit_written_at(chart, form.visit_id.data)
    try:
        made = verbs.write(db.session(), chart.patient, form.excuse, visit_id=visit and visit.id, by=current.actor)
    except Refused as refusal:
        return _not_written(patient_id, form, refusal)
    return changed(then=_page_of(chart, made), message=_("The note is written. Nobody has got it yet."))


@bp.get("/<uuid:note_id>", needs=READ, shows="patients")
def show(patient_id, note_id):
    """One note: what it says, where it stands, and its code once it is sent."""
    chart = chart_of(patient_id)
    note = _load(chart, note_id)
    address = papers.check_address()
    return answer("staff/excuse_notes/show.html", chart=chart, note=note, today=_today(), address=address)


@bp.get("/<uuid:note_id>/edit", needs=WRITE, shows="patients")
def edit(patient_id, note_id):
    """The note, to change it before anybody reads it."""
    chart = chart_of(patient_id)
    note = _load(chart, note_id)
    if not note.may_be_changed:
        return changed(then=_page_of(chart, note), message=_("It was sent or withdrawn and stays as it is."))
    return answer(FORM, chart=chart, form=ExcuseNoteForm(formdata=None, obj=note), note=note, visit=None)


@bp.post("/<uuid:note_id>/update", needs=WRITE)
def update(patient_id, note_id):
    """Keep what was changed."""
    chart, form = chart_of(patient_id), ExcuseNoteForm()
    note = _load(chart, note_id)
    if not form.validate():
        return again(FORM, chart=chart, form=form, note=note, visit=None)
    try:
        verbs.rewrite(note, form.excuse, seen=form.seen.data, by=current.actor)
    except Refused as refusal:
        return _not_written(patient_id, form, refusal, note_id)
    return changed(then=_page_of(chart, note), message=_("The note is saved."))


@bp.post("/<uuid:note_id>/mark-ready", needs=WRITE)
def mark_ready(patient_id, note_id):
    """Say that it is finished; the desk may give it out."""
    chart = chart_of(patient_id)
    note = verbs.mark_ready(_load(chart, note_id), by=current.actor)
    back = url_for(".unmark_ready", patient_id=chart.patient.id, note_id=note.id)
    return changed(then=_page_of(chart, note), message=_("The front desk may give it out now."), undo=back)


@bp.post("/<uuid:note_id>/unmark-ready", needs=WRITE)
def unmark_ready(patient_id, note_id):
    """Say that it is not finished after all."""
    chart = chart_of(patient_id)
    note = verbs.unmark_ready(_load(chart, note_id), by=current.actor)
    return changed(then=_page_of(chart, note), message=_("The front desk does not give it out."))


@bp.post("/<uuid:note_id>/send", needs=WRITE)
def send(patient_id, note_id):
    """Give it out: it gets its code, and the patient sees and prints it from now on."""
    chart = chart_of(patient_id)
    note = verbs.send(_load(chart, note_id), by=current.actor)
    return changed(then=_page_of(chart, note), message=_("Sent. The patient finds it in the portal."))


@bp.post("/<uuid:note_id>/withdraw", needs=WRITE)
def withdraw(patient_id, note_id):
    """Say that it holds no more."""
    chart = chart_of(patient_id)
    note = verbs.withdraw(_load(chart, note_id), by=current.actor)
    return changed(then=_page_of(chart, note), message=_("The note is withdrawn."))


@bp.get("/<uuid:note_id>/letter", needs=READ, shows="patients")
def letter(patient_id, note_id):
    """The note as PDF."""
    chart = chart_of(patient_id)
    return papers.pdf(papers.excuse_note(_load(chart, note_id), chart.patient))


@bp.get("/<uuid:note_id>/print", needs=READ, shows="patients")
def print_letter(patient_id, note_id):
    """The note as a page that a browser prints."""
    chart = chart_of(patient_id)
    note = _load(chart, note_id)
    return papers.page(papers.excuse_note(note, chart.patient), _page_of(chart, note))


def _not_written(patient_id, form, refusal, note_id=None):
    """The form again, with every word that was typed and why it could not be kept."""
    db.session.rollback()
    chart = chart_of(patient_id)
    form.blame(said(refusal), refusal.field)
    note = _load(chart, note_id) if note_id else None
    return again(FORM, status=409, chart=chart, form=form, note=note, visit=None)


def _load(chart, note_id) -> ExcuseNote:
    """The note, if it is this patient's; else the 404 of one that never existed."""
    return queries.note_of(db.session(), chart.records, note_id) or abort(404)


def _page_of(chart, note):
    return url_for(".show", patient_id=chart.patient.id, note_id=note.id)


def _today():
    """The day on the clinic's calendar."""
    return walltime.today(filters.zone())
