"""When patients may check in by themselves: the clinic's rule, which its administrator sets."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import own_visits
from clinic.current import current
from clinic.db import db
from clinic.forms.check_in import CheckInForm
from clinic.htmx import again, changed, show
from clinic.models.organizations import Clinic
from clinic.queries.own_visits import settings_of

bp = GuardedBlueprint("check_in", __name__, face="staff", url_prefix="/check-in")
PAGE = "staff/check_in/edit.html"


@bp.get("", needs=Permission.CLINIC_EDIT)
def edit():
    """The rule as it is."""
    return show(PAGE, form=CheckInForm(**settings_of(db.session(), current.clinic.id)))


@bp.post("", needs=Permission.CLINIC_EDIT)
def update():
    """Change the rule."""
    form = CheckInForm()
    if not form.validate():
        return again(PAGE, form=form)
    clinic = db.session.get(Clinic, current.clinic.id) or abort(404)
    own_visits.set_check_in(clinic, by=current.actor, **form.facts)
    return changed(then=url_for(".edit"), message=_("Saved."))
