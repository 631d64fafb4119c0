"""The clinic's security rules: a second step for everybody who works here, and when unused screens sign out."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import security
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.security import SecurityForm
from clinic.htmx import again, changed, show
from clinic.models.organizations import Clinic
from clinic.queries.factors import FACTOR_SETTING, IDLE_MINUTES, IDLE_SETTING, REQUIRED, staff_without

bp = GuardedBlueprint("security", __name__, face="staff", url_prefix="/security")
PAGE = "staff/security/edit.html"


@bp.get("", needs=Permission.CLINIC_SECURE, fresh=True)
def edit():
    """The rules as they are."""
    kept = _clinic().settings
    form = SecurityForm(
        factor_required=kept.get(FACTOR_SETTING) == REQUIRED, idle_minutes=kept.get(IDLE_SETTING, IDLE_MINUTES)
    )
    return show(PAGE, **_page(form))


@bp.post("", needs=Permission.CLINIC_SECURE, fresh=True)
def update():
    """Change the rules."""
    form = SecurityForm()
    if not form.validate():
        return again(PAGE, **_page(form))
    try:
        security.update(_clinic(), by=current.actor, **form.facts)
    except Refused as refused:
        return _refused(form, refused)
    return changed(then=url_for(".edit"), message=_("Saved. It counts from the next page anybody opens."))


def _clinic():
    return db.session.get(Clinic, current.clinic.id) or abort(404)


def _refused(form, refused):
    db.session.rollback()
    form.blame(said(refused), refused.field)
    return again(PAGE, status=409, **_page(form))


def _page(form):
    return {"form": form, "without": staff_without(db.session())}
