"""What one signs in with besides the password: seeing it, setting up an app, removing it."""

import pyotp
import segno
from flask import abort, session, url_for
from flask_babel import gettext as _

from clinic.access import STAFF_ROLES, GuardedBlueprint, Permission
from clinic.actions import factors
from clinic.actions.acting import Refused
from clinic.actions.tokens import hash_token
from clinic.current import TOKEN, current
from clinic.db import db
from clinic.errors import said
from clinic.forms.factors import CodeForm
from clinic.htmx import again, changed, moved_on, show
from clinic.models.accounts import User
from clinic.queries.factors import asked_of_staff, held
from clinic.views.public import recovery_codes

bp = GuardedBlueprint("factors", __name__, face="public", url_prefix="/factors")
APP = "public/factors/app.html"


@bp.get("", needs=Permission.SIGNED_IN, fresh=True)
def index():
    """What one has, and, where the clinic asks for more, what to do now."""
    works_here = current.clinic and current.roles & STAFF_ROLES
    required = bool(works_here) and asked_of_staff(db.session(), current.clinic.id)
    return show("public/factors/index.html", held=held(db.session(), current.user.id), required=required)


@bp.post("/app/start", needs=Permission.SIGNED_IN, fresh=True)
def start_app():
    """Make a secret for an app."""
    factors.begin_app(_oneself(), by=current.actor)
    return moved_on(url_for(".app"))


@bp.route("/app", methods=["GET", "POST"], needs=Permission.SIGNED_IN, fresh=True)
def app():
    """The secret as a picture and as text; the app counts once its first code was right."""
    user, form = _oneself(), CodeForm()
    if user.mfa_secret_encrypted is None or user.totp_last_step is not None:
        return moved_on(url_for(".index"))
    if not form.validate_on_submit():
        return again(APP, **_secret(user, form)) if form.errors else show(APP, **_secret(user, form))
    try:
        return _confirmed(user, form.code.data)
    except Refused as refused:
        return _refused(form, refused)


def _confirmed(user, code):
    factors.confirm_app(user, code, by=current.actor, kept_session=hash_token(session[TOKEN]))
    return recovery_codes.first_ones(user, _("The app is set up. Other devices are signed out."))


def _refused(form, refused):
    db.session.rollback()
    form.blame(said(refused), refused.field)
    return again(APP, status=409, **_secret(_oneself(), form))


@bp.post("/app/remove", needs=Permission.SIGNED_IN, fresh=True)
def remove_app():
    """Ask for no codes of the app any more."""
    factors.remove_app(_oneself(), by=current.actor, kept_session=hash_token(session[TOKEN]))
    return changed(then=url_for(".index"), message=_("The app is removed. Its codes are no longer asked for."))


@bp.post("/reset/cancel", needs=Permission.SIGNED_IN, fresh=True)
def cancel_reset():
    """Keep one's factors although an administrator asked to reset them."""
    factors.cancel_reset(_oneself(), by=current.actor)
    return changed(then=url_for(".index"), message=_("Nothing is reset. Your second step stays as it is."))


def _oneself():
    return db.session.get(User, current.user.id) or abort(404)


def _secret(user, form):
    secret = factors.secret_of(user)
    issuer = current.clinic.name if current.clinic else _("Clinic")
    address = pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=issuer)
    picture = segno.make(address, error="m", micro=False).svg_data_uri(scale=5, border=4, light="#fff")
    groups = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    return {"form": form, "picture": picture, "secret": groups}
