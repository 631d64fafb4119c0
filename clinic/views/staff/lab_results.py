"""Laboratory results in the chart: typing them in, those without an order, withdrawing a wrong one."""

from uuid import UUID

from flask import abort, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import lab_orders, lab_results
from clinic.actions.lab_results import Rule
from clinic.current import current
from clinic.db import db
from clinic.forms.lab_results import FEWEST_ROWS, MORE_ROWS, results_form
from clinic.htmx import again, changed
from clinic.queries import analytes
from clinic.queries import lab_results as queries
from clinic.views.asked import Page, an_id, page_number
from clinic.views.lab_lines import lines
from clinic.views.staff.charts import answer, chart_of
from clinic.views.staff.lab_orders import order_in, page_of
from clinic.views.staff.patients import own_clinic

bp = GuardedBlueprint("lab_results", __name__, face="staff", url_prefix="/patients/<uuid:patient_id>/labs/results")
READ, WRITE = Permission.CHART_SEE, Permission.RECORD_WRITE
FORM, WITHDRAW = "staff/lab_results/enter.html", "staff/lab_results/withdraw.html"


@bp.get("", needs=READ, shows="patients")
def index(patient_id):
    """The patient's results without an order, the newest first."""
    chart, number = chart_of(patient_id), page_number()
    page = Page.of(queries.loose(db.session(), chart.records, number), number, queries.ON_A_PAGE)
    rows = lines(page.rows, queries.before(db.session(), current.clinic.id, page.rows))
    return answer("staff/lab_results/index.html", chart=chart, listing=page, lines=rows)


@bp.get("/<uuid:result_id>", needs=READ, shows="patients")
def show(patient_id, result_id):
    """One result; one that has an order stands on the order's page."""
    chart = chart_of(patient_id)
    found = _result(chart, result_id)
    rows = lines([found], queries.before(db.session(), current.clinic.id, [found]))
    others = lines(queries.history(db.session(), chart.records, found))
    return answer("staff/lab_results/show.html", chart=chart, line=rows[0], others=others)


@bp.get("/enter", needs=WRITE, shows="patients")
def new(patient_id):
    """Empty rows, the first ones for the tests of the order that the address names."""
    chart = chart_of(patient_id)
    order = _order(chart, an_id("order_id"))
    form = results_form(own_clinic(), tests=order.tests if order else None, formdata=None)
    return answer(FORM, **_asked(chart, order, form))


@bp.post("/enter", needs=WRITE)
def enter(patient_id):
    """Write the results down; asked for more rows, give more."""
    chart = chart_of(patient_id)
    order = _order(chart, an_id("order_id"))
    form = results_form(own_clinic(), tests=order.tests if order else None, rows=_rows_sent())
    if "more" in request.form or not form.validate():
        return again(FORM, status=200 if "more" in request.form else 422, **_asked(chart, order, form))
    return _entered(chart, order, form)


@bp.route("/<uuid:result_id>/withdraw", methods=["GET", "POST"], needs=WRITE, shows="patients")
def withdraw(patient_id, result_id):
    """Ask whether it is really wrong; then it counts no more."""
    chart = chart_of(patient_id)
    found = _result(chart, result_id)
    if request.method != "POST":
        return answer(WITHDRAW, chart=chart, line=lines([found])[0])
    lab_results.withdraw(found, by=current.actor)
    return changed(then=_place_of(chart, found), message=_("Withdrawn: this result counts no more."))


@bp.post("/review", needs=WRITE)
def review(patient_id):
    """Say that one has looked at the ticked results."""
    return _all(lab_results.review, patient_id, lambda each: each.reviewed_at is None, _("Looked at."))


@bp.post("/release", needs=WRITE)
def release(patient_id):
    """Let the patient see the ticked results now."""
    done = _("The patient sees these results now.")
    return _all(_release, patient_id, lambda each: not each.is_released, done)


@bp.post("/revoke", needs=WRITE)
def revoke(patient_id):
    """Hold the ticked results back from the patient."""
    done = _("Held back: the patient does not see these results.")
    return _all(lab_results.revoke, patient_id, lambda each: not each.is_withheld, done)


def _release(result, by):
    """Release it; where it is held back, only if the page had said so."""
    lab_results.release(result, over_hold=str(result.id) in request.form.getlist("held"), by=by)


def _all(verb, patient_id, concerns, done):
    """Do it with every ticked result that it concerns still."""
    chart = chart_of(patient_id)
    ticked = queries.chosen(db.session(), chart.records, _ticked())
    wanted = [each for each in ticked if concerns(each) and not each.is_withdrawn]
    for each in wanted:
        verb(each, by=current.actor)
    then = url_for(".index", patient_id=patient_id)
    return changed(then=then, message=done if wanted else _("No result was ticked, or it was done already."))


def _entered(chart, order, form):
    """Write down what the form has, and close the order where these are all its results."""
    rule = None if order else Rule(**form.rule)
    lab_results.enter(chart.patient, form.findings, order=order, rule=rule, by=current.actor)
    if order and form.is_whole.data and order.is_open:
        lab_orders.complete(order, by=current.actor)
    message = ngettext(
        "%(num)d result is written down.", "%(num)d results are written down.", len(form.findings)
    )  # fmt: skip
    then = page_of(chart, order) if order else url_for(".index", patient_id=chart.patient.id)
    return changed(then=then, message=message)


def _ticked():
    try:
        return [UUID(each) for each in request.form.getlist("result")[: queries.ON_A_PAGE]]
    except ValueError:
        abort(404)


def _rows_sent():
    sent = sum(1 for name in request.form if name.startswith("value_"))
    return sent + (MORE_ROWS if "more" in request.form else 0) or FEWEST_ROWS


def _asked(chart, order, form):
    known = dict.fromkeys([*queries.names_of(db.session(), chart.records), *(each.name for each in analytes.ANALYTES)])
    return {"chart": chart, "order": order, "form": form, "known": list(known)}


def _order(chart, order_id):
    return order_in(chart, order_id) if order_id else None


def _result(chart, result_id):
    return queries.result_of(db.session(), chart.records, result_id) or abort(404)


def _place_of(chart, result):
    if result.order_id:
        return url_for("staff.lab_orders.show", patient_id=chart.patient.id, order_id=result.order_id)
    return url_for("staff.lab_results.index", patient_id=chart.patient.id)
