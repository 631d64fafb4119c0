"""Laboratory orders in the chart: ordering tests, following them, looking at the results and releasing them."""

from flask import abort, request, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import lab_orders as verbs
from clinic.current import current
from clinic.db import db
from clinic.forms.lab_orders import CancelForm, LabOrderForm, ReviewForm
from clinic.htmx import again, changed
from clinic.models.lab_orders import LabOrder
from clinic.queries import analytes, lab_results
from clinic.queries import lab_orders as queries
from clinic.views import lab_paper
from clinic.views.asked import Page, page_number
from clinic.views.lab_lines import lines
from clinic.views.staff.chart_visits import visit_asked, visit_written_at
from clinic.views.staff.charts import answer, chart_of

bp = GuardedBlueprint("lab_orders", __name__, face="staff", url_prefix="/patients/<uuid:patient_id>/labs")
READ, WRITE = Permission.CHART_SEE, Permission.RECORD_WRITE
FORM, CANCEL, PAGE = (f"staff/lab_orders/{name}.html" for name in ("order", "cancel", "show"))


@bp.get("", needs=READ, shows="patients")
def index(patient_id):
    """The patient's orders, the newest first, and how many results without an order nobody has looked at."""
    chart, number = chart_of(patient_id), page_number()
    rows = Page.of(queries.of_records(db.session(), chart.records, number), number, queries.ON_A_PAGE)
    loose = lab_results.count_loose_to_review(db.session(), chart.records)
    return answer("staff/lab_orders/index.html", chart=chart, listing=rows, loose=loose)


@bp.get("/order", needs=WRITE, shows="patients")
def new(patient_id):
    """An empty order, for a visit or outside of any."""
    chart = chart_of(patient_id)
    visit = visit_asked(chart)
    form = LabOrderForm(formdata=None, visit_id=visit and visit.id)
    return answer(FORM, chart=chart, form=form, visit=visit, known=analytes.ANALYTES)


@bp.post("/order", needs=WRITE)
def order(patient_id):
    """Order the tests."""
    chart, form = chart_of(patient_id), LabOrderForm()
    if not form.validate():
        return again(FORM, chart=chart, form=form, visit=None, known=analytes.ANALYTES)
    visit = visit_written_at(chart, form.visit_id.data)
    made = verbs.order(db.session(), chart.patient, form.wanted(visit and visit.id), by=current.actor)
    return changed(then=page_of(chart, made), message=_("Ordered: %(tests)s", tests=made.title))


@bp.get("/<uuid:order_id>", needs=READ, shows="patients")
def show(patient_id, order_id):
    """One order: where it stands, what was found, and what can be done now."""
    chart = chart_of(patient_id)
    return answer(PAGE, **told(chart, order_in(chart, order_id)))


@bp.get("/<uuid:order_id>/paper", needs=READ, shows="patients")
def paper(patient_id, order_id):
    """What was found, for the printer."""
    chart = chart_of(patient_id)
    found = order_in(chart, order_id)
    valid = [each for each in lab_results.of_order(db.session(), found) if not each.is_withdrawn]
    return lab_paper.page(found, lines(valid), done=page_of(chart, found))


@bp.post("/<uuid:order_id>/start", needs=WRITE)
def start(patient_id, order_id):
    """Note that the laboratory has the sample."""
    return _step(verbs.start, patient_id, order_id, _("In progress: the laboratory has the sample."))


@bp.post("/<uuid:order_id>/complete", needs=WRITE)
def complete(patient_id, order_id):
    """Say that all results are here."""
    return _step(verbs.complete, patient_id, order_id, _("All results are here. The rule of their release counts now."))


@bp.post("/<uuid:order_id>/review", needs=WRITE)
def review(patient_id, order_id):
    """Say that one has looked at the results, with a word to the patient."""
    chart, form = chart_of(patient_id), ReviewForm()
    found = order_in(chart, order_id)
    if not form.validate():
        return again(PAGE, **told(chart, found, form))
    verbs.review(found, form.comment.data, by=current.actor)
    seen = _("Looked at. The patient sees the results now.") if found.is_released else _("Looked at.")
    return changed(then=page_of(chart, found), message=seen)


@bp.post("/<uuid:order_id>/release", needs=WRITE)
def release(patient_id, order_id):
    """Let the patient see the results now."""
    done = _("The patient sees the results now.")
    undo = url_for(".revoke", patient_id=patient_id, order_id=order_id)
    return _step(verbs.release, patient_id, order_id, done, undo=undo, over_hold=saw_hold())


@bp.post("/<uuid:order_id>/revoke", needs=WRITE)
def revoke(patient_id, order_id):
    """Hold the results back from the patient."""
    return _step(verbs.revoke, patient_id, order_id, _("Held back: the patient does not see the results."))


@bp.route("/<uuid:order_id>/cancel", methods=["GET", "POST"], needs=WRITE, shows="patients")
def cancel(patient_id, order_id):
    """Ask why, then call the order off."""
    chart, form = chart_of(patient_id), CancelForm()
    found = order_in(chart, order_id)
    if not form.is_submitted():
        return answer(CANCEL, chart=chart, order=found, form=form)
    if not form.validate():
        return again(CANCEL, chart=chart, order=found, form=form)
    verbs.cancel(found, form.reason.data, by=current.actor)
    return changed(then=page_of(chart, found), message=_("The order is cancelled."))


def saw_hold() -> bool:
    """Whether the page from which somebody releases had told them that it is held back."""
    return request.form.get("over_hold") == "yes"


def order_in(chart, order_id) -> LabOrder:
    """The order, if it is this patient's; else the 404 of one that never existed."""
    return queries.order_of(db.session(), chart.records, order_id) or abort(404)


def page_of(chart, order):
    """The address of the order's page."""
    return url_for("staff.lab_orders.show", patient_id=chart.patient.id, order_id=order.id)


def told(chart, order, review=None):
    """What the page of one order shows."""
    found = lab_results.of_order(db.session(), order)
    counted, gone = [each for each in found if not each.is_withdrawn], [each for each in found if each.is_withdrawn]
    earlier = lab_results.before(db.session(), current.clinic.id, counted)
    return {
        "chart": chart, "order": order, "lines": lines(counted, earlier), "withdrawn": lines(gone),
        "review": review or ReviewForm(formdata=None), "waiting": [each for each in counted if not each.is_released],
    }  # fmt: skip


def _step(verb, patient_id, order_id, done, undo=None, **facts):
    chart = chart_of(patient_id)
    found = order_in(chart, order_id)
    verb(found, by=current.actor, **facts)
    return changed(then=page_of(chart, found), message=done, undo=undo)
