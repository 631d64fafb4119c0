"""The clinic's rules about what it is asked for: how soon it answers, how long it keeps what it offers."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import requests
from clinic.current import current
from clinic.db import db
from clinic.forms.requests import RulesForm
from clinic.htmx import again, changed, show
from clinic.models.organizations import Clinic
from clinic.queries.requests import rules_in
from clinic.queries.waitlist import hold_for

bp = GuardedBlueprint("request_rules", __name__, face="staff", url_prefix="/request-rules")
PAGE = "staff/request_rules/edit.html"
MINUTE = 60


@bp.get("", needs=Permission.CLINIC_EDIT)
def edit():
    """The rules as they are."""
    settings = _clinic().settings
    known = rules_in(settings)
    minutes = {str(name): value for name, value in known.minutes.items()}
    return show(PAGE, form=RulesForm(
        formdata=None, **minutes, has_sound=known.has_sound,
        hold_hours=int(known.hold.total_seconds()) // MINUTE**2,
        waitlist_minutes=int(hold_for(settings).total_seconds()) // MINUTE,
    ))  # fmt: skip


@bp.post("", needs=Permission.CLINIC_EDIT)
def update():
    """Change the rules."""
    form = RulesForm()
    if not form.validate():
        return again(PAGE, form=form)
    requests.set_rules(_clinic(), by=current.actor, **form.rules)
    return changed(then=url_for(".edit"), message=_("Saved."))


def _clinic():
    return db.session.get(Clinic, current.clinic.id) or abort(404)
