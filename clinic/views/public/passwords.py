"""A forgotten password: asking for a link, and choosing a new password by it."""

from flask import url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import passwords, resets
from clinic.actions.emails import normal
from clinic.actions.throttles import TooManyTries
from clinic.actions.tokens import hash_token
from clinic.current import current
from clinic.db import db
from clinic.errors import wait
from clinic.forms.passwords import ForgottenForm, ResetForm
from clinic.htmx import again, changed, moved_on, show
from clinic.models.accounts import User
from clinic.scope import Scope

bp = GuardedBlueprint("passwords", __name__, face="public", url_prefix="/password")
FORGOTTEN, RESET = "public/passwords/forgotten.html", "public/passwords/reset.html"
OVER = "public/passwords/over.html"


@bp.route("/forgotten", methods=["GET", "POST"], needs=Permission.PUBLIC)
def forgotten():
    """Ask for the address; what is answered says nothing of whether somebody has an account with it."""
    form = ForgottenForm(email=current.user.email if current.user else None)
    if not form.validate_on_submit():
        return again(FORGOTTEN, form=form) if form.errors else show(FORGOTTEN, form=form)
    email = normal(form.email.data) or form.email.data.lower()
    try:
        resets.ask(db.session(), email, by=current.actor)
    except TooManyTries as error:
        return wait(FORGOTTEN, error, form)
    return moved_on(url_for(".sent"))


@bp.get("/sent", needs=Permission.PUBLIC)
def sent():
    """The same for everybody who asked."""
    return show("public/passwords/sent.html", minutes=resets.MINUTES)


@bp.route("/reset/<token>", methods=["GET", "POST"], needs=Permission.PUBLIC)
def reset(token):
    """Choose a new password by the link; it is used up only then, since mail programs open links by themselves."""
    link = _found(token)
    if link is None:
        return show(OVER, status=404)
    user = db.session.get(User, link.user_id)
    form = ResetForm(about=(user.email, user.first_name, user.last_name))
    if not form.validate_on_submit():
        page = {"form": form, "email": user.email, "token": token}
        return again(RESET, **page) if form.errors else show(RESET, **page)
    return _chosen(token, form)


def _found(token):
    db.session().enter(Scope.person(current.user.id if current.user else None))
    return resets.found(db.session(), hash_token(token))


def _chosen(token, form):
    # The connection goes back while the password is worked on.
    db.session.rollback()
    password_hash = passwords.hash_password(form.password.data, *form.about)
    if resets.use(db.session(), hash_token(token), password_hash, by=current.actor) is None:
        return show(OVER, status=404)
    message = _("Your password is changed. Sign in with the new one.")
    return changed(then=url_for("public.accounts.sign_in"), message=message)
