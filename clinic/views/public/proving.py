"""Proving again that it is oneself, before something that matters; then on where one was going."""

from flask import abort, request, session, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import proving, sign_ins
from clinic.actions.tokens import hash_token
from clinic.current import TOKEN, current, own_address
from clinic.db import db
from clinic.forms.proving import ProveForm
from clinic.htmx import again, moved_on, show

bp = GuardedBlueprint("proving", __name__, face="public", url_prefix="/prove")
PAGE = "public/proving/prove.html"


@bp.route("", methods=["GET", "POST"], needs=Permission.SIGNED_IN)
def prove():
    """Ask for the password once more; a right one is good for ten minutes."""
    form = ProveForm(next=own_address(request.args.get("next")))
    if request.method != "POST":
        return show(PAGE, form=form)
    if not form.validate():
        return again(PAGE, form=form)
    if not proving.by_password(db.session(), current.user.id, form.password.data, by=current.actor):
        form.blame(_("This is not your password."), "password")
        return again(PAGE, form=form)
    return _proved(form.next.data)


def _proved(back_to):
    signed_in = sign_ins.live_session(db.session(), hash_token(session[TOKEN])) or abort(401)
    proving.prove(signed_in, by=current.actor)
    return moved_on(own_address(back_to) or url_for("public.home.index"))
