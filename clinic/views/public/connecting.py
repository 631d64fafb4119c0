"""Taking up an invitation to see a patient's record: first the date of birth, then as oneself."""

from uuid import UUID

from flask import current_app, g
from flask_babel import ngettext
from itsdangerous import BadData, URLSafeTimedSerializer

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import connections, passwords
from clinic.actions.tokens import hash_token
from clinic.current import current
from clinic.db import db
from clinic.forms.births import BirthForm
from clinic.forms.connections import AccountForm
from clinic.htmx import again, moved_on, show
from clinic.models.accounts import UserStatus
from clinic.models.organizations import Clinic
from clinic.models.patients import Patient
from clinic.queries.clinics import open_clinic
from clinic.scope import Scope
from clinic.views.public.accounts import start

bp = GuardedBlueprint("connecting", __name__, face="public", url_prefix="/connect")
BEGIN, ACCOUNT = "public/connecting/begin.html", "public/connecting/account.html"
# For so long whoever gave the date of birth may take to sign in or to choose a password.
PROOF_SECONDS = 3600


@bp.route("/<token>", methods=["GET", "POST"], needs=Permission.PUBLIC)
def begin(token):
    """Ask for the patient's date of birth; until it is right nothing is said of anybody."""
    link = _link(token)
    if link is None:
        return over()
    form = BirthForm(_clinic(link))
    if not form.validate_on_submit():
        return show(BEGIN, status=422 if form.errors else 200, form=form, token=token)
    return _answered(token, link, form)


def _answered(token, link, form):
    link_id = link.id
    left = connections.prove(db.session(), link, form.date_of_birth.data, by=current.actor)
    if left is None:
        return moved_on(_next_page(token, link_id))
    return _not_right(token, form, left) if left else over()


@bp.route("/<token>/<proof>", methods=["GET", "POST"], needs=Permission.PUBLIC)
def account(token, proof):
    """Say whose record it is, and take the invitation up: signed in, or with a first password."""
    link = _link(token)
    if link is None or not _is_proved(proof, link.id):
        return over() if link is None else moved_on(_first_page(token))
    _clinic(link)
    link, patient, user = _enter(token, link)
    if link is None or (user and user.status != UserStatus.ACTIVE):
        return over()
    return _as_whom(link, user, {"link": link, "patient": patient, "user": user, "token": token, "proof": proof})


def _as_whom(link, user, facts):
    """Take it up as whoever is signed in or with a first password; who has one already signs in first."""
    form, signed_in = AccountForm(), bool(user and current.user and current.user.id == user.id)
    facts = {**facts, "form": form, "signed_in": signed_in}
    if not form.is_submitted() or (user and user.password_hash and not signed_in):
        return show(ACCOUNT, **facts)
    if not signed_in and not form.validate():
        return again(ACCOUNT, **facts)
    return _taken_up(facts["token"], link, {} if signed_in else form.facts)


def _taken_up(token, link, typed):
    if typed:
        scope = db.session().scope
        # The connection goes back while the password is worked on.
        db.session.rollback()
        typed["password_hash"] = passwords.hash_password(typed.pop("password"))
        db.session().enter(scope)
        link = connections.found(db.session(), hash_token(token))
        if link is None:
            return over()
    clinic_id = link.clinic_id
    user = connections.take_up(db.session(), link, by=current.actor, **typed)
    db.session.flush()
    return start(user.id, "/portal/", clinic_id)


def over():
    """Say that the link is worth nothing, whatever the cause."""
    return show("public/connecting/over.html", status=404)


def _not_right(token, form, left):
    form.blame(
        ngettext(
            "That is not the date of birth we have. You can try %(num)d more time.",
            "That is not the date of birth we have. You can try %(num)d more times.", left,
        ),
        "date_of_birth",
    )  # fmt: skip
    return again(BEGIN, form=form, token=token)


def _link(token):
    db.session().enter(Scope.person(current.user.id if current.user else None))
    return connections.found(db.session(), hash_token(token))


def _clinic(link):
    g.page_clinic = open_clinic(db.session(), db.session.get(Clinic, link.clinic_id).slug)
    return g.page_clinic


def _enter(token, link):
    """From here on see this one patient's record; the link, the patient, and the invited address's account."""
    person = current.user.id if current.user else None
    db.session().enter(Scope.portal(link.clinic_id, person, {link.patient_id}))
    link = connections.found(db.session(), hash_token(token))
    if link is None:
        return None, None, None
    patient = db.session.get(Patient, (link.clinic_id, link.patient_id))
    return link, patient, connections.account_of(db.session(), link)


def _signed():
    return URLSafeTimedSerializer(current_app.secret_key, salt="connecting")


def _is_proved(proof, link_id):
    try:
        return UUID(_signed().loads(proof, max_age=PROOF_SECONDS)) == link_id
    except (BadData, ValueError, TypeError, AttributeError):
        return False


def _next_page(token, link_id):
    return f"{_first_page(token)}/{_signed().dumps(str(link_id))}"


def _first_page(token):
    return f"{bp.url_prefix}/{token}"
