"""Letting support look: an administrator opens a window for a colleague from support, which closes by itself."""

from flask import url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import grants
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.grants import SupportForm
from clinic.htmx import again, changed, show
from clinic.queries import grants as asked

bp = GuardedBlueprint("support", __name__, face="staff", url_prefix="/support")
PAGE = "staff/support/new.html"


@bp.get("/new", needs=Permission.SUPPORT_GRANT, fresh=True)
def new():
    """Whom, what, how long and why."""
    form, people = _form(formdata=None)
    return show(PAGE, form=form, people=people)


@bp.post("", needs=Permission.SUPPORT_GRANT, fresh=True)
def create():
    """Open the window."""
    form, people = _form()
    if not form.validate():
        return again(PAGE, form=form, people=people)
    try:
        return _opened(people[form.user_id.data], form)
    except Refused as refused:
        db.session.rollback()
        form.blame(said(refused), refused.field)
        return again(PAGE, status=409, form=form, people=people)


def _opened(user, form):
    grants.open_support(user, form.scope.data, form.reason.data, form.hours.data, by=current.actor)
    message = _("%(name)s can look now. You can end it here at any time.", name=user.name)
    return changed(then=url_for("staff.grants.index"), message=message)


def _form(**given):
    """The form, and the people from support by id."""
    form, people = SupportForm(**given), {each.id: each for each in asked.supporters(db.session())}
    people.pop(current.user.id, None)
    form.offer(people.values())
    return form, people
