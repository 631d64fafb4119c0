"""The screen on which patients check in: a code and a year of birth, then a number; nothing of anybody else."""

from uuid import UUID

from flask import abort, current_app, request, url_for
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeTimedSerializer

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import own_visits, throttles
from clinic.actions.acting import Actor, Refused
from clinic.actions.throttles import TooManyTries
from clinic.db import db
from clinic.errors import said, wait
from clinic.forms.screens import KioskForm
from clinic.htmx import again, moved_on
from clinic.htmx import show as show_page
from clinic.models.screens import ScreenKind
from clinic.models.visits import Visit, VisitStatus
from clinic.queries import queue
from clinic.scope import Scope
from clinic.views.public.displays import ask_for_code, screen_at

bp = GuardedBlueprint("kiosks", __name__, face="public", url_prefix="/c")
PAGE = "public/kiosks/show.html"
# After so many seconds without a touch nothing of what was typed or told is left on the screen.
IDLE, TOLD = 30, 20
PROOF_SECONDS = 60


@bp.route("/<slug>/kiosk", methods=["GET", "POST"], needs=Permission.PUBLIC)
def ask(slug):
    """Ask for the code of the screen, and go on to where patients check in."""
    return ask_for_code(slug, ScreenKind.KIOSK, ".show")


@bp.get("/<slug>/kiosk/<token>", needs=Permission.PUBLIC, extends=False)
def show(slug, token):
    """Where everybody begins: nothing is typed."""
    _enter(slug, token)
    return show_page(PAGE, form=KioskForm(formdata=None), here=_here(slug, token), is_new=True)


@bp.post("/<slug>/kiosk/<token>", needs=Permission.PUBLIC)
def check_in(slug, token):
    """A key that was pressed on the screen, or all of it: check in."""
    clinic, screen_id = _enter(slug, token)
    form, facts = KioskForm(), {"here": _here(slug, token), "is_new": False}
    if key := request.form.get("key"):
        form.press(key)
        return _idle(show_page(PAGE, form=form, **facts), facts["here"])
    typed = form.read() if form.validate() else None
    answer = _arrived(clinic.id, screen_id, *typed, form, facts) if typed else again(PAGE, form=form, **facts)
    return _idle(answer, facts["here"])


@bp.get("/<slug>/kiosk/<token>/<proof>", needs=Permission.PUBLIC, extends=False)
def done(slug, token, proof):
    """The number, where to wait and how long it may take, for a moment; then the screen begins anew."""
    clinic, _screen = _enter(slug, token)
    visit = _proved(clinic.id, proof)
    if visit is None:
        return moved_on(_here(slug, token))
    page = show_page("public/kiosks/done.html", visit=visit, here=_here(slug, token))
    return _idle(page, _here(slug, token), TOLD)


def _arrived(clinic_id, screen_id, code, born, form, facts):
    try:
        spent = throttles.spend(db.session(), *(limit.of(screen_id) for limit in throttles.KIOSKS))
    except TooManyTries as error:
        return wait(PAGE, error, form, **facts)
    found = queue.by_code(db.session(), clinic_id, code, born)
    if found is None:
        form.blame(_("We do not find a visit of today with this code and year. Please try again, or ask at the desk."))
        return again(PAGE, form=form, **facts)
    visit_id, patient_id = found
    throttles.refund(db.session(), spent)
    try:
        _check_in(clinic_id, visit_id, patient_id)
    except Refused as refused:
        db.session.rollback()
        where = _("Please go to the desk.")
        form.blame(f"{said(refused)} {where}")
        return again(PAGE, status=409, form=form, **facts)
    return moved_on(f"{facts['here']}/{_signed().dumps([str(visit_id), str(patient_id)])}")


def _check_in(clinic_id, visit_id, patient_id):
    """Check the patient in, as nobody in particular; who is here already, or at the desk this moment, is told so."""
    db.session().enter(Scope.portal(clinic_id, None, {patient_id}))
    visit = db.session.get(Visit, (clinic_id, visit_id)) or abort(404)
    by = Actor(
        clinic_id=clinic_id, role="kiosk", patient_ids=frozenset({patient_id}), ip_address=request.remote_addr,
        user_agent=(request.user_agent.string or "")[:300],
    )  # fmt: skip
    try:
        if visit.status != VisitStatus.CHECKED_IN:
            own_visits.arrive(visit, by=by)
    except Refused:
        # Whatever the verb had begun to write is undone before anything is asked again.
        db.session.rollback()
        if db.session.get(Visit, (clinic_id, visit_id)).status != VisitStatus.CHECKED_IN:
            raise


def _enter(slug, token):
    return screen_at(slug, ScreenKind.KIOSK, token, _here(slug, token))


def _here(slug, token):
    return url_for("public.kiosks.show", slug=slug, token=token)


def _idle(answer, here, seconds=IDLE):
    """Go back to the beginning by itself; a header, so that it needs no script and no element of the page."""
    if answer.status_code != 303:
        answer.headers["Refresh"] = f"{seconds}; url={here}"
    return answer


def _signed():
    return URLSafeTimedSerializer(current_app.secret_key, salt="kiosks")


def _proved(clinic_id, proof):
    try:
        visit_id, patient_id = map(UUID, _signed().loads(proof, max_age=PROOF_SECONDS))
    except (BadData, ValueError, TypeError, AttributeError):
        return None
    db.session().enter(Scope.portal(clinic_id, None, {patient_id}))
    return db.session.get(Visit, (clinic_id, visit_id))
