"""Email addresses: confirming one's own, asking for the mail again, and changing to another."""

from dataclasses import replace

from flask import session, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import emails, user_tokens
from clinic.actions.throttles import TooManyTries
from clinic.actions.tokens import hash_token
from clinic.current import TOKEN, current
from clinic.db import db
from clinic.errors import wait
from clinic.forms.emails import EmailForm
from clinic.forms.fields import Form
from clinic.htmx import again, changed, moved_on, show
from clinic.models.accounts import TokenPurpose
from clinic.scope import Scope

bp = GuardedBlueprint("emails", __name__, face="public", url_prefix="/email")
CHANGE, OVER = "public/emails/change.html", "public/emails/over.html"


@bp.route("/verify/<token>", methods=["GET", "POST"], needs=Permission.PUBLIC)
def verify(token):
    """Confirm by a button that the address is one's own; opening the link alone does nothing."""
    form = Form()
    db.session().enter(Scope.person(current.user.id if current.user else None))
    link = emails.of_link(db.session(), hash_token(token), lock=form.is_submitted())
    if link is None:
        return show(OVER, status=404)
    if not form.is_submitted():
        return show("public/emails/verify.html", email=link.new_email, token=token)
    emails.verify(link, by=replace(current.actor, user_id=link.user_id, clinic_id=None))
    return changed(then=_next(), message=_("Your email address is confirmed."))


@bp.post("/send-again", needs=Permission.SIGNED_IN)
def send_again():
    """Send the mail that confirms the address once more."""
    emails.ask_again(db.session(), current.user.id, by=current.actor)
    return changed(then=url_for("public.home.index"), message=_("A mail is on its way to you. Open the link in it."))


@bp.route("/change", methods=["GET", "POST"], needs=Permission.SIGNED_IN, fresh=True)
def change():
    """Ask for another address: its owner gets a link, the present one is told."""
    form = EmailForm()
    if not form.validate_on_submit():
        return again(CHANGE, form=form) if form.errors else show(CHANGE, form=form)
    try:
        emails.ask_to_change(db.session(), current.user.id, form.email.data, by=current.actor)
    except TooManyTries as error:
        return wait(CHANGE, error, form)
    return moved_on(url_for(".asked"))


@bp.get("/asked", needs=Permission.SIGNED_IN)
def asked():
    """The same whatever became of it."""
    return show("public/emails/asked.html", minutes=emails.CHANGE_MINUTES)


@bp.route("/use/<token>", methods=["GET", "POST"], needs=Permission.SIGNED_IN)
def use(token):
    """Sign in with the new address from now on: for the person who asked, by the link that only its owner has."""
    form = Form()
    db.session().enter(Scope.person(current.user.id))
    link = user_tokens.found(db.session(), hash_token(token), TokenPurpose.CHANGE_EMAIL, lock=form.is_submitted())
    if link is None or link.user_id != current.user.id:
        return show(OVER, status=404)
    if not form.is_submitted():
        return show("public/emails/use.html", email=link.new_email, token=token)
    emails.change_here(db.session(), link, hash_token(session[TOKEN]), by=current.actor)
    return changed(then=_next(), message=_("You sign in with the new address from now on."))


def _next():
    return url_for("public.home.index") if current.user else url_for("public.accounts.sign_in")
