"""Signing in and out, choosing a clinic, joining one as a colleague, choosing a password."""

from dataclasses import replace

from flask import abort, current_app, make_response, redirect, request, session, url_for
from flask_babel import gettext as _

from clinic.access import STAFF_ROLES, GuardedBlueprint, Permission
from clinic.actions import accounts, factors, grants, passwords, second_steps, sign_ins, throttles
from clinic.actions.acting import Refused, note_refusal
from clinic.actions.emails import normal
from clinic.actions.throttles import TooManyTries
from clinic.actions.tokens import hash_token, new_token
from clinic.current import TOKEN, current
from clinic.db import db
from clinic.errors import said, wait
from clinic.forms.accounts import JoinForm, PasswordForm, SignInForm
from clinic.guard import own_address
from clinic.htmx import again, changed, moved_on, show
from clinic.models.accounts import User
from clinic.models.organizations import Clinic
from clinic.queries.accounts import places_of
from clinic.scope import Scope
from clinic.views.public import known_devices

bp = GuardedBlueprint("accounts", __name__, face="public")
FORGET = '"cache", "storage"'
# Where the cookie keeps the token of somebody whose password was right and whose second step is still to come.
WAITING = "waiting"
SIGN_IN = "public/accounts/sign_in.html"
JOIN = "public/accounts/join.html"
OWN_PASSWORD = "public/accounts/password.html"  # noqa: S105 - a template's name


@bp.route("/sign-in", methods=["GET", "POST"], needs=Permission.PUBLIC)
def sign_in():
    """Ask who it is; every wrong answer is the same answer."""
    form = SignInForm(next=own_address(request.args.get("next")))
    if request.method != "POST":
        return redirect(url_for("public.home.index")) if current.user else show(SIGN_IN, form=form)
    if not form.validate():
        return again(SIGN_IN, form=form)
    return _proved(form)


def _proved(form):
    email = normal(form.email.data) or form.email.data.lower()
    device = known_devices.bucket_of(email)
    try:
        user_id = sign_ins.prove(db.session(), email, form.password.data, by=current.actor, device=device)
    except TooManyTries as error:
        return wait(SIGN_IN, error, form)
    if user_id is None:
        form.blame(_("This email address and password do not belong together. Check both and try again."))
        return again(SIGN_IN, form=form)
    return _let_in(user_id, email, own_address(form.next.data))


def _let_in(user_id, email, back_to):
    """Sign in who has proved a password; who has a second factor is asked for it first."""
    by = replace(current.actor, user_id=user_id, clinic_id=None)
    if not factors.asked_at_sign_in(db.session(), user_id, by=by):
        known_devices.remember(email)
        return start(user_id, back_to)
    token, former = new_token(), session.get(TOKEN)
    second_steps.wait(db.session(), by=by, user_id=user_id, token_hash=hash_token(token), replaces=former)
    session.clear()
    session[WAITING] = token
    return moved_on(url_for("public.second_step.ask", next=back_to))


def start(user_id, back_to=None, clinic_id=None):
    """Sign the person in with a new session and cookie; send them on to a page, their home, or to choose a clinic."""
    places = places_of_person(user_id)
    only = clinic_id or (places[0].id if len(places) == 1 else None)
    db.session().enter(Scope.portal(only, user_id, ()) if only else Scope.person(user_id))
    token, former = new_token(), session.get(TOKEN)
    sign_ins.sign_in(
        db.session(), user_id, only, hash_token(token), current_app.config["SESSION_HOURS"], by=current.actor,
        replaces=former and hash_token(former),
    )  # fmt: skip
    keep(token)
    if only:
        return moved_on(back_to or url_for("public.home.index"))
    return moved_on(url_for("public.accounts.choose", next=back_to))


def keep(token):
    """Start the cookie afresh around a new token: nothing of before stays, the forgery token neither."""
    session.clear()
    session[TOKEN] = token


def places_of_person(user_id):
    """The clinics somebody belongs to, looked up as themselves."""
    db.session().enter(Scope.person(user_id))
    return places_of(db.session(), user_id)


@bp.post("/sign-out", needs=Permission.PUBLIC)
def sign_out():
    """End the session here and in the database, and have the browser forget what it kept."""
    if current.user:
        _stop_standing_in()
        sign_ins.sign_out(_own_session(), by=current.actor)
    session.clear()
    response = make_response(moved_on(url_for("public.accounts.signed_out")))
    response.headers["Clear-Site-Data"] = FORGET
    return response


def _stop_standing_in():
    """Whoever signs out in another's name gives that back too, not only when its half hour is over."""
    if current.subject:
        by = current.actor
        db.session().enter(Scope.staff(current.clinic.id, current.user.id))
        signed_in = _own_session()
        grants.stop_standing_in(signed_in, signed_in.token_hash, by=by)


def _own_session():
    """This browser's session row, in the scope of its clinic, which may have closed meanwhile."""
    token_hash = hash_token(session[TOKEN])
    signed_in = sign_ins.live_session(db.session(), token_hash) or abort(401)
    if signed_in.clinic_id != db.session().scope.clinic_id:
        db.session().enter(Scope.portal(signed_in.clinic_id, current.user.id, ()))
        signed_in = sign_ins.live_session(db.session(), token_hash)
    return signed_in


@bp.get("/signed-out", needs=Permission.PUBLIC)
def signed_out():
    """Say that it is over."""
    response = show("public/accounts/signed_out.html")
    response.headers["Clear-Site-Data"] = FORGET
    return response


@bp.get("/choose-clinic", needs=Permission.SIGNED_IN)
def choose():
    """The clinics one belongs to, each a button."""
    places = places_of(db.session(), current.user.id)
    return show(
        "public/accounts/choose.html", places=places, staff_roles=STAFF_ROLES,
        back_to=own_address(request.args.get("next")),
    )  # fmt: skip


@bp.post("/choose-clinic/<uuid:clinic_id>", needs=Permission.SIGNED_IN)
def enter(clinic_id):
    """Go into one of one's clinics, with a new token."""
    if clinic_id not in {place.id for place in places_of_person(current.user.id)}:
        abort(404)
    token = go_into(clinic_id)
    keep(token)
    return moved_on(own_address(request.form.get("next")) or url_for("public.home.index"))


def go_into(clinic_id):
    """Move this session into a clinic the person belongs to; returns its new token."""
    db.session().enter(Scope.portal(clinic_id, current.user.id, ()))
    signed_in = sign_ins.live_session(db.session(), hash_token(session[TOKEN])) or abort(401)
    token = new_token()
    sign_ins.enter(signed_in, clinic_id, hash_token(token), by=current.actor)
    return token


@bp.route("/join/<token>", methods=["GET", "POST"], needs=Permission.PUBLIC)
def join(token):
    """Take up an invitation: choose a name and a password, or, with an account already, say yes."""
    db.session().enter(Scope.person(current.user.id if current.user else None))
    invited = accounts.invitation(db.session(), hash_token(token))
    if invited is None:
        return show("public/accounts/join_over.html", status=404)
    user, clinic = invited.user, db.session.get(Clinic, invited.clinic_id)
    form = JoinForm(obj=user, about=(user.email,))
    page = {"form": form, "invited": invited, "user": user, "clinic": clinic, "token": token}
    if request.method != "POST" or not (user.password_hash or form.validate()):
        return again(JOIN, **page) if form.errors else show(JOIN, **page)
    return _joined(invited, user, form)


def _joined(invited, user, form):
    facts = {}
    if not user.password_hash:
        facts = {"first_name": form.first_name.data, "last_name": form.last_name.data,
                 "password_hash": passwords.hash_password(form.password.data, user.email)}  # fmt: skip
    user_id, email, clinic_id, token_id = user.id, user.email, invited.clinic_id, invited.id
    db.session().enter(Scope.staff(clinic_id, user_id))
    accounts.accept_invite(db.session.get(type(invited), token_id), by=current.actor, **facts)
    db.session.flush()
    known_devices.remember(email)
    return start(user_id, clinic_id=clinic_id)


@bp.route("/password", methods=["GET", "POST"], needs=Permission.SIGNED_IN)
def password():
    """Choose a new password; every other sign-in of this person ends."""
    form = PasswordForm(about=(current.user.email, current.user.name))
    if not form.validate_on_submit():
        return again(OWN_PASSWORD, form=form) if form.errors else show(OWN_PASSWORD, form=form)
    try:
        message = _change_password(form)
    except Refused as error:
        return _not_changed(form, error)
    return changed(then=url_for("public.home.index"), message=message)


def _not_changed(form, error):
    if isinstance(error, TooManyTries):
        return wait(OWN_PASSWORD, error, form)
    note_refusal(db.session(), "accounts.change_password", by=current.actor)
    form.blame(said(error), error.field)
    return again(OWN_PASSWORD, form=form)


def _change_password(form):
    throttles.spend(db.session(), throttles.PASSWORD.of(current.user.id))
    user, kept = db.session.get(User, current.user.id), hash_token(session[TOKEN])
    accounts.change_password(user, form.old_password.data, form.password.data, by=current.actor, kept_session=kept)
    return _("Your password is changed. Other devices are signed out.")
