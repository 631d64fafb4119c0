"""A patient's insurance at the desk: the policies in their order, the cards, and verifying that they are in force."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import insurance as verbs
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.insurance import PolicyForm, VerifiedForm
from clinic.htmx import again, changed
from clinic.integrations import eligibility
from clinic.models.insurance import InsurancePolicy
from clinic.queries import documents
from clinic.queries import insurance as known
from clinic.views.document_links import looking_token_of
from clinic.views.staff import charts, own_patients
from clinic.views.staff.patients import own_clinic

bp = GuardedBlueprint("insurance", __name__, face="staff", url_prefix="/patients/<uuid:patient_id>/insurance")
SEE, EDIT = Permission.INSURANCE_SEE, Permission.INSURANCE_EDIT
FORM, VERIFY = "staff/insurance/form.html", "staff/insurance/verify.html"


@bp.get("", needs=SEE, shows="patients")
def index(patient_id):
    """Every policy of the patient's, those in force first."""
    chart, session = charts.chart_of(patient_id), db.session()
    live, ended = known.live(session, chart.patient.id), known.ended(session, chart.patient.id)
    facts = {"live": live, "ended": ended, "verifiers": known.verifiers(session, live), "service": _service(),
             "cards": _cards(chart, [*live, *ended])}  # fmt: skip
    return charts.answer("staff/insurance/index.html", chart=chart, **facts)


@bp.get("/new", needs=EDIT, shows="patients")
def new(patient_id):
    """The form for another policy."""
    chart = charts.chart_of(patient_id)
    return charts.answer(FORM, chart=chart, policy=None, form=_form(chart.patient))


@bp.post("/create", needs=EDIT)
def create(patient_id):
    """Add the policy."""
    chart = charts.chart_of(patient_id)
    form = _form(chart.patient)
    if not form.validate():
        return again(FORM, chart=chart, policy=None, form=form)
    try:
        policy = verbs.add(chart.patient, by=current.actor, **form.facts)
    except Refused as refusal:
        return _refused(FORM, patient_id, form, refusal)
    return changed(then=_page(patient_id), message=_("Added: %(insurer)s", insurer=policy.insurer_name))


@bp.get("/<uuid:policy_id>/edit", needs=EDIT, shows="patients")
def edit(patient_id, policy_id):
    """The form with what the policy says."""
    chart, policy = charts.chart_of(patient_id), _policy(patient_id, policy_id)
    return charts.answer(FORM, chart=chart, policy=policy, form=_form(chart.patient, policy))


@bp.post("/<uuid:policy_id>/update", needs=EDIT)
def update(patient_id, policy_id):
    """Keep what was changed."""
    chart, policy = charts.chart_of(patient_id), _policy(patient_id, policy_id)
    form = _form(chart.patient, policy)
    if not form.validate():
        return again(FORM, chart=chart, policy=policy, form=form)
    try:
        verbs.change(policy, by=current.actor, seen=form.seen.data, **form.facts)
    except Refused as refusal:
        return _refused(FORM, patient_id, form, refusal, policy_id)
    return changed(then=_page(patient_id), message=_("Saved: %(insurer)s", insurer=policy.insurer_name))


@bp.get("/<uuid:policy_id>/verify", needs=EDIT, shows="patients")
def verifying(patient_id, policy_id):
    """Ask what somebody found out about the policy."""
    chart, policy = charts.chart_of(patient_id), _policy(patient_id, policy_id)
    return charts.answer(VERIFY, chart=chart, policy=policy, form=VerifiedForm())


@bp.post("/<uuid:policy_id>/verify", needs=EDIT)
def verify(patient_id, policy_id):
    """Note what was found out, by whom and when."""
    chart, policy, form = charts.chart_of(patient_id), _policy(patient_id, policy_id), VerifiedForm()
    if not form.validate():
        return again(VERIFY, chart=chart, policy=policy, form=form)
    verbs.verify(policy, form.status.data, form.how.data, words=form.words.data, by=current.actor)
    return changed(then=_page(patient_id), message=_("Noted: %(insurer)s", insurer=policy.insurer_name))


@bp.post("/<uuid:policy_id>/ask", needs=EDIT)
def ask(patient_id, policy_id):
    """Have the outside service asked now."""
    if _service() is None:
        abort(404)
    verbs.ask(_policy(patient_id, policy_id), by=current.actor)
    return changed(then=_page(patient_id), message=_("Asked. The answer stands here as soon as it comes."))


@bp.post("/<uuid:policy_id>/end", needs=EDIT)
def end(patient_id, policy_id):
    """Ask this policy no more."""
    policy = verbs.end(_policy(patient_id, policy_id), by=current.actor)
    undo = url_for(".restore", patient_id=policy.patient_id, policy_id=policy.id)
    return changed(then=_page(patient_id), message=_("Ended: %(insurer)s", insurer=policy.insurer_name), undo=undo)


@bp.post("/<uuid:policy_id>/restore", needs=EDIT)
def restore(patient_id, policy_id):
    """Ask a policy again that was ended."""
    policy = verbs.restore(_policy(patient_id, policy_id), by=current.actor)
    return changed(then=_page(patient_id), message=_("In force again: %(insurer)s", insurer=policy.insurer_name))


def _policy(patient_id, policy_id):
    """The policy, if it is of a patient this person may open; else the 404 of one that never existed."""
    patient = own_patients.patient(patient_id)
    policy = db.session.get(InsurancePolicy, (current.clinic.id, policy_id))
    return policy if policy and policy.patient_id == patient.id else abort(404)


def _cards(chart, policies):
    """The card of each policy, for who opens documents: (document, the token with which this session looks at it)."""
    if not current.may(Permission.DOCUMENTS_SEE):
        return {}
    cards = documents.cards_of(db.session(), chart.records, policies)
    return {policy_id: (card, looking_token_of(card)) for policy_id, card in cards.items()}


def _form(patient, policy=None):
    others = [each for each in known.live(db.session(), patient.id) if policy is None or each.id != policy.id]
    return PolicyForm(own_clinic(), len(others), obj=policy)


def _refused(template, patient_id, form, refusal, policy_id=None):
    sentence = said(refusal)
    db.session.rollback()
    form.blame(sentence, refusal.field)
    policy = policy_id and _policy(patient_id, policy_id)
    return again(template, status=409, chart=charts.chart_of(patient_id), policy=policy, form=form)


def _service():
    """The outside service of this clinic, or None where the desk verifies by hand alone."""
    return eligibility.service_of(own_clinic().settings)


def _page(patient_id):
    return url_for(".index", patient_id=patient_id)
