"""Passkeys of one's own: adding and removing them; and where this product's passkeys are good."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Response, abort, current_app, request, session, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import passkeys
from clinic.actions.acting import Refused
from clinic.actions.tokens import hash_token
from clinic.current import TOKEN, current
from clinic.db import db
from clinic.errors import said
from clinic.forms.factors import NewPasskeyForm
from clinic.htmx import again, changed, show
from clinic.models.accounts import User
from clinic.models.factors import Passkey
from clinic.views.public import recovery_codes

bp = GuardedBlueprint("passkeys", __name__, face="public", url_prefix="/factors/passkeys")
PAGE = "public/factors/passkey.html"
USUAL_PORTS = {"http": 80, "https": 443}


def site():
    """Where a passkey is good: the configured address of the product, or the trusted one it was asked at.

    Browsers bind no passkey to an address of numbers, such as the trial's; there the request's own name counts.
    """
    configured = urlsplit(current_app.config["PUBLIC_URL"])
    address = urlsplit(request.host_url) if _is_number(configured.hostname) else configured
    # As browsers write an origin: without the port that goes without saying.
    port = f":{address.port}" if address.port not in (None, USUAL_PORTS.get(address.scheme)) else ""
    name = current.clinic.name if current.clinic else _("Clinic")
    return passkeys.Site(name, address.hostname, f"{address.scheme}://{address.hostname}{port}")


def _is_number(host):
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def as_json(options):
    """The options of a ceremony, as the page's script reads them."""
    return Response(options, mimetype="application/json")


@bp.get("/new", needs=Permission.SIGNED_IN, fresh=True)
def new():
    """A name for a new passkey, and the button that asks the device for it."""
    return show(PAGE, form=NewPasskeyForm(), by_name=not _is_number(site().host))


@bp.post("/options", needs=Permission.SIGNED_IN, fresh=True)
def options():
    """What the browser needs to make a passkey."""
    user = db.session.get(User, current.user.id)
    return as_json(passkeys.ask_to_add(db.session(), current.session_id, user, site()))


@bp.post("", needs=Permission.SIGNED_IN, fresh=True)
def add():
    """Keep what the device made."""
    form = NewPasskeyForm()
    if not form.validate():
        return again(PAGE, form=form, by_name=True)
    challenge = passkeys.take_challenge(db.session(), current.session_id)
    try:
        return _added(form, challenge)
    except Refused as refused:
        db.session.rollback()
        form.blame(said(refused))
        return again(PAGE, status=409, form=form, by_name=True)


def _added(form, challenge):
    user = db.session.get(User, current.user.id)
    passkeys.add(
        user, form.answer.data, by=current.actor, name=form.name.data, challenge=challenge, site=site(),
        kept_session=hash_token(session[TOKEN]),
    )  # fmt: skip
    return recovery_codes.first_ones(user, _("The passkey is set up. Other devices are signed out."))


@bp.post("/<uuid:passkey_id>/remove", needs=Permission.SIGNED_IN, fresh=True)
def remove(passkey_id):
    """Let one passkey count no more."""
    passkey = db.session.get(Passkey, passkey_id)
    if passkey is None or passkey.user_id != current.user.id:
        abort(404)
    passkeys.remove(passkey, by=current.actor, kept_session=hash_token(session[TOKEN]))
    return changed(then=url_for("public.factors.index"), message=_("The passkey is removed."))
