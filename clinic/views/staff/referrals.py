"""Referrals in the chart: writing one, giving it out, and closing it with what came of it."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import referrals as verbs
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.referrals import CallOffForm, OutcomeForm, ReferralForm, SendForm
from clinic.htmx import again, changed
from clinic.models.referrals import Referral
from clinic.queries import allergies
from clinic.queries import referrals as queries
from clinic.views import papers
from clinic.views.asked import Page, page_number
from clinic.views.staff.chart_visits import visit_asked, visit_written_at
from clinic.views.staff.charts import answer, chart_of

bp = GuardedBlueprint("referrals", __name__, face="staff", url_prefix="/patients/<uuid:patient_id>/referrals")
READ, WRITE = Permission.CHART_SEE, Permission.RECORD_WRITE
PAGE, FORM = "staff/referrals/show.html", "staff/referrals/edit.html"


@bp.get("", needs=READ, shows="patients")
def index(patient_id):
    """The patient's referrals, the newest first."""
    chart, number = chart_of(patient_id), page_number()
    rows = Page.of(queries.of_records(db.session(), chart.records, number), number, queries.ON_A_PAGE)
    return answer("staff/referrals/index.html", chart=chart, listing=rows)


@bp.get("/new", needs=WRITE, shows="patients")
def new(patient_id):
    """An empty letter; what the patient must not be given stands in it already."""
    chart = chart_of(patient_id)
    visit = visit_asked(chart)
    form = ReferralForm(formdata=None, visit_id=visit and visit.id, notes=_heeded(patient_id))
    return answer(FORM, chart=chart, form=form, referral=None, visit=visit)


@bp.post("", needs=WRITE)
def create(patient_id):
    """Write the referral."""
    chart, form = chart_of(patient_id), ReferralForm()
    if not form.validate():
        return again(FORM, chart=chart, form=form, referral=None, visit=None)
    visit = visit_written_at(chart, form.visit_id.data)
    try:
        made = verbs.write(db.session(), chart.patient, form.letter, visit_id=visit and visit.id, by=current.actor)
    except Refused as refusal:
        return _not_written(patient_id, form, refusal)
    return changed(then=_page_of(chart, made), message=_("The referral is written. Nobody has got it yet."))


@bp.get("/<uuid:referral_id>", needs=READ, shows="patients")
def show(patient_id, referral_id):
    """One referral: what it says, where it stands, and what can be done with it."""
    chart = chart_of(patient_id)
    return answer(PAGE, **_told(chart, _load(chart, referral_id)))


@bp.get("/<uuid:referral_id>/edit", needs=WRITE, shows="patients")
def edit(patient_id, referral_id):
    """The letter, to change it before anybody reads it."""
    chart = chart_of(patient_id)
    referral = _load(chart, referral_id)
    if not referral.may_be_changed:
        return changed(then=_page_of(chart, referral), message=_("It was sent or closed and stays as it is."))
    form = ReferralForm(formdata=None, obj=referral)
    return answer(FORM, chart=chart, form=form, referral=referral, visit=None)


@bp.post("/<uuid:referral_id>/update", needs=WRITE)
def update(patient_id, referral_id):
    """Keep what was changed."""
    chart, form = chart_of(patient_id), ReferralForm()
    referral = _load(chart, referral_id)
    if not form.validate():
        return again(FORM, chart=chart, form=form, referral=referral, visit=None)
    try:
        verbs.rewrite(referral, form.letter, seen=form.seen.data, by=current.actor)
    except Refused as refusal:
        return _not_written(patient_id, form, refusal, referral_id)
    return changed(then=_page_of(chart, referral), message=_("The referral is saved."))


@bp.post("/<uuid:referral_id>/mark-ready", needs=WRITE)
def mark_ready(patient_id, referral_id):
    """Say that it is finished; the desk may give it out."""
    chart = chart_of(patient_id)
    referral = verbs.mark_ready(_load(chart, referral_id), by=current.actor)
    back = url_for(".unmark_ready", patient_id=chart.patient.id, referral_id=referral.id)
    return changed(then=_page_of(chart, referral), message=_("The front desk may give it out now."), undo=back)


@bp.post("/<uuid:referral_id>/unmark-ready", needs=WRITE)
def unmark_ready(patient_id, referral_id):
    """Say that it is not finished after all."""
    chart = chart_of(patient_id)
    referral = verbs.unmark_ready(_load(chart, referral_id), by=current.actor)
    return changed(then=_page_of(chart, referral), message=_("The front desk does not give it out."))


@bp.post("/<uuid:referral_id>/send", needs=WRITE)
def send(patient_id, referral_id):
    """Note who was given the letter; the patient sees it from now on."""
    chart, form = chart_of(patient_id), SendForm()
    referral = _load(chart, referral_id)
    if not form.validate():
        return again(PAGE, **_told(chart, referral) | {"send": form})
    verbs.send(referral, form.sent_to.data, by=current.actor)
    return _done(chart, referral, _("Sent. The patient finds it in the portal."))


@bp.post("/<uuid:referral_id>/accept", needs=WRITE)
def accept(patient_id, referral_id):
    """Note that they will see the patient there."""
    chart = chart_of(patient_id)
    return _done(chart, verbs.accept(_load(chart, referral_id), by=current.actor), _("Accepted."))


@bp.post("/<uuid:referral_id>/complete", needs=WRITE)
def complete(patient_id, referral_id):
    """Close it with what came of it."""
    chart, form = chart_of(patient_id), OutcomeForm()
    referral = _load(chart, referral_id)
    if not form.validate():
        return again(PAGE, **_told(chart, referral) | {"outcome": form})
    verbs.complete(referral, form.outcome.data, by=current.actor)
    return _done(chart, referral, _("Completed."))


@bp.post("/<uuid:referral_id>/cancel", needs=WRITE)
def cancel(patient_id, referral_id):
    """Call it off."""
    chart, form = chart_of(patient_id), CallOffForm()
    referral = _load(chart, referral_id)
    if not form.validate():
        return again(PAGE, **_told(chart, referral) | {"call_off": form})
    verbs.cancel(referral, form.note.data, by=current.actor)
    return _done(chart, referral, _("The referral is called off."))


@bp.post("/<uuid:referral_id>/undo", needs=WRITE)
def undo(patient_id, referral_id):
    """Take the last step back."""
    chart = chart_of(patient_id)
    referral = verbs.undo(_load(chart, referral_id), by=current.actor)
    return changed(then=_page_of(chart, referral), message=_("Taken back."))


@bp.get("/<uuid:referral_id>/letter", needs=READ, shows="patients")
def letter(patient_id, referral_id):
    """The letter as PDF."""
    chart = chart_of(patient_id)
    return papers.pdf(papers.referral(_load(chart, referral_id), chart.patient))


@bp.get("/<uuid:referral_id>/print", needs=READ, shows="patients")
def print_letter(patient_id, referral_id):
    """The letter as a page that a browser prints."""
    chart = chart_of(patient_id)
    referral = _load(chart, referral_id)
    return papers.page(papers.referral(referral, chart.patient), _page_of(chart, referral))


def _not_written(patient_id, form, refusal, referral_id=None):
    """The form again, with every word that was typed and why it could not be kept."""
    db.session.rollback()
    chart = chart_of(patient_id)
    form.blame(said(refusal), refusal.field)
    referral = _load(chart, referral_id) if referral_id else None
    return again(FORM, status=409, chart=chart, form=form, referral=referral, visit=None)


def _load(chart, referral_id) -> Referral:
    """The referral, if it is this patient's; else the 404 of one that never existed."""
    return queries.referral_of(db.session(), chart.records, referral_id) or abort(404)


def _told(chart, referral):
    """What the page of one referral shows."""
    return {
        "chart": chart, "referral": referral, "send": SendForm(formdata=None), "call_off": CallOffForm(formdata=None),
        "outcome": OutcomeForm(formdata=None, outcome=referral.outcome), "may_undo": verbs.may_undo(referral),
    }  # fmt: skip


def _done(chart, referral, message):
    here = {"patient_id": chart.patient.id, "referral_id": referral.id}
    return changed(then=url_for(".show", **here), message=message, undo=url_for(".undo", **here))


def _page_of(chart, referral):
    return url_for(".show", patient_id=chart.patient.id, referral_id=referral.id)


def _heeded(patient_id):
    """The patient's allergies in a line of the letter, or None."""
    known = allergies.live(db.session(), patient_id)
    named = (f"{each.substance} ({each.reaction})" if each.reaction else each.substance for each in known)
    return _("Allergies: %(list)s", list=", ".join(named)) if known else None
