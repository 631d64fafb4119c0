"""A colleague who lost what they sign in with: an administrator resets their second step."""

from flask import abort, request, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import factors
from clinic.current import current
from clinic.db import db
from clinic.htmx import changed, show
from clinic.queries import colleagues

bp = GuardedBlueprint("factors", __name__, face="staff", url_prefix="/factors")


@bp.route("/<uuid:user_id>/reset", methods=["GET", "POST"], needs=Permission.STAFF_EDIT, fresh=True)
def reset(user_id):
    """Say what a reset does, and begin it: it counts after a day, and the colleague hears of it at once."""
    user = _colleague(user_id)
    factors.may_reset(user, by=current.actor)
    if request.method != "POST":
        return show("staff/factors/reset.html", user=user, hours=factors.RESET_HOURS)
    factors.ask_reset(user, by=current.actor)
    return _changed(user_id, _("They are signed out and told by mail. From tomorrow their password alone will do."))


@bp.post("/<uuid:user_id>/keep", needs=Permission.STAFF_EDIT, fresh=True)
def keep(user_id):
    """Stop the reset: the colleague found what was lost."""
    factors.cancel_reset(_colleague(user_id), by=current.actor)
    return _changed(user_id, _("Nothing is reset. Their second step stays as it is."))


def _colleague(user_id):
    return colleagues.colleague(db.session(), user_id) or abort(404)


def _changed(user_id, message):
    return changed(then=url_for("staff.colleagues.edit", user_id=user_id), message=message)
