"""Closing one's own account, after reading what that means."""

from flask import session, url_for

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import closing
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.closing import CloseForm
from clinic.htmx import again, moved_on, show
from clinic.views.public.accounts import FORGET, places_of_person

bp = GuardedBlueprint("closing", __name__, face="public", url_prefix="/account")
CLOSE = "public/closing/close.html"


@bp.route("/close", methods=["GET", "POST"], needs=Permission.SIGNED_IN, fresh=True)
def close():
    """Say what happens, then close it and forget everything here."""
    form = CloseForm()
    if not form.validate_on_submit():
        page = {"form": form, "places": places_of_person(current.user.id)}
        return again(CLOSE, **page) if form.errors else show(CLOSE, **page)
    try:
        closing.close(db.session(), current.user.id, by=current.actor)
    except Refused as refused:
        return _refused(form, refused)
    session.clear()
    return moved_on(url_for(".closed"))


def _refused(form, refused):
    db.session.rollback()
    form.blame(said(refused))
    return again(CLOSE, status=409, form=form, places=places_of_person(current.user.id))


@bp.get("/closed", needs=Permission.PUBLIC)
def closed():
    """Say that it is over, and have the browser forget what it kept."""
    response = show("public/closing/closed.html")
    response.headers["Clear-Site-Data"] = FORGET
    return response
