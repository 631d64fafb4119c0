"""A patient's prescriptions: what was prescribed, on screen and on paper, writing one, and stopping what is taken."""

from flask import abort, request, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import prescriptions
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.prescriptions import StopForm, draft, row_of, sent
from clinic.htmx import again, changed
from clinic.models.prescriptions import MOST_ITEMS
from clinic.queries import prescriptions as queries
from clinic.views import papers
from clinic.views import prescription_letters as paper
from clinic.views.asked import Page, an_id, page_number
from clinic.views.staff import prescription_drafts as drafts
from clinic.views.staff.charts import answer, chart_of

bp = GuardedBlueprint(
    "prescriptions", __name__, face="staff", url_prefix="/patients/<uuid:patient_id>/prescriptions"
)  # fmt: skip
SEE, PRESCRIBE = Permission.CHART_SEE, Permission.PRESCRIBE
NEW, STOP = "staff/prescriptions/new.html", "staff/prescriptions/stop.html"


@bp.get("", needs=SEE, shows="patients")
def index(patient_id):
    """What was prescribed to the patient, newest first."""
    chart, number = chart_of(patient_id), page_number()
    page = Page.of(queries.of_patient(db.session(), chart.records, number), number, queries.ON_A_PAGE)
    return answer("staff/prescriptions/index.html", chart=chart, found=page, paper=paper)


@bp.get("/<uuid:prescription_id>", needs=SEE, shows="patients")
def show(patient_id, prescription_id):
    """One prescription with all that became of it."""
    chart = chart_of(patient_id)
    return answer("staff/prescriptions/show.html", chart=chart, one=_one(chart, prescription_id), paper=paper)


@bp.get("/<uuid:prescription_id>/print", needs=SEE, shows="patients")
def sheet(patient_id, prescription_id):
    """The prescription as a page to print."""
    chart = chart_of(patient_id)
    one = _one(chart, prescription_id)
    return papers.page(paper.letter(one, chart.patient), done=_address(one))


@bp.get("/<uuid:prescription_id>/pdf", needs=SEE, shows="patients")
def pdf(patient_id, prescription_id):
    """The prescription as a PDF."""
    chart = chart_of(patient_id)
    return papers.pdf(paper.letter(_one(chart, prescription_id), chart.patient))


@bp.get("/new", needs=PRESCRIBE, shows="patients")
def new(patient_id):
    """An empty draft; out of a visit, it belongs to the visit."""
    chart = chart_of(patient_id)
    visit = drafts.visit_of(chart, an_id("visit_id"))
    form = draft(1, data={"visit_id": str(visit.id) if visit else ""})
    return answer(NEW, chart=chart, **drafts.facts(chart, form))


@bp.get("/<uuid:prescription_id>/repeat", needs=PRESCRIBE, shows="patients")
def repeat(patient_id, prescription_id):
    """A draft of the same medicines, to be looked at and issued anew."""
    chart = chart_of(patient_id)
    one = _one(chart, prescription_id)
    form = draft([row_of(each) for each in one.items], data={"advice": one.advice})
    return answer(NEW, chart=chart, **drafts.facts(chart, form))


@bp.get("/<uuid:prescription_id>/replace", needs=PRESCRIBE, shows="patients")
def replace(patient_id, prescription_id):
    """A draft that is to take the place of this prescription."""
    chart = chart_of(patient_id)
    one = _one(chart, prescription_id)
    data = {"advice": one.advice, "replaces_id": str(one.id), "visit_id": str(one.visit_id or "")}
    form = draft([row_of(each) for each in one.items], data=data)
    return answer(NEW, chart=chart, **drafts.facts(chart, form))


@bp.post("/draft", needs=PRESCRIBE, once=False)
def redraft(patient_id):
    """The draft with a medicine more or less, or with one that was looked up; nothing is kept."""
    chart = chart_of(patient_id)
    form, looked_up = drafts.changed(request.form)
    facts = drafts.facts(chart, form, looked_up)
    return answer(NEW, "staff/prescriptions/_draft.html", chart=chart, **facts)


@bp.post("/issue", needs=PRESCRIBE)
def issue(patient_id):
    """Issue what was drafted."""
    chart, form = chart_of(patient_id), sent(request.form)
    facts = drafts.facts(chart, form)
    if not form.validate():
        return again(NEW, chart=chart, **facts)
    try:
        issued = prescriptions.issue(chart.patient, form.medicines, by=current.actor, **drafts.about(chart, form))
    except Refused as refused:
        return _not_issued(patient_id, refused)
    return changed(then=_address(issued), message=_("The prescription is issued. The patient sees it from now on."))


@bp.route("/<uuid:prescription_id>/stop", methods=["GET", "POST"], needs=PRESCRIBE, shows="patients")
def stop(patient_id, prescription_id):
    """Ask what is to be stopped and why, then say so."""
    chart = chart_of(patient_id)
    one = _one(chart, prescription_id)
    form = StopForm.of(one, an_id("item_id"))
    if not form.is_submitted():
        return answer(STOP, chart=chart, one=one, form=form, paper=paper)
    if not form.validate():
        return again(STOP, chart=chart, one=one, form=form, paper=paper)
    prescriptions.stop(one, form.reason.data, by=current.actor, item=form.item)
    return changed(then=_address(one), message=_("It is stopped. The patient sees that."))


def _one(chart, prescription_id):
    """This prescription of this patient's, or the 404 of one that never was."""
    found = queries.one(db.session(), current.clinic.id, prescription_id)
    return found if found and found.patient_id in chart.records else abort(404)


def _address(prescription):
    return url_for(".show", patient_id=prescription.patient_id, prescription_id=prescription.id)


def _not_issued(patient_id, refused):
    """The draft again, with why it was not issued; an allergy may have been recorded this very minute."""
    db.session.rollback()
    chart, form = chart_of(patient_id), sent(request.form)
    facts = drafts.facts(chart, form)
    form.blame(said(refused))
    return again(NEW, status=409, chart=chart, **facts)


bp.record(lambda state: state.app.jinja_env.globals.update(MOST_MEDICINES=MOST_ITEMS))
