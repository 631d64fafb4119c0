"""When the clinic is closed: everybody of the staff reads it, the administrator changes it."""

from zoneinfo import ZoneInfo

from flask import abort, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import closures
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.closures import ClosureForm
from clinic.htmx import again, changed, show
from clinic.models.closures import Closure
from clinic.queries import closures as asked
from clinic.queries import providers
from clinic.views.staff.stranded import opened

bp = GuardedBlueprint("closures", __name__, face="staff", url_prefix="/closures")
PAGE, PART, FORM = "staff/closures/index.html", "staff/closures/_closures.html", "staff/closures/edit.html"


@bp.get("", needs=Permission.SCHEDULE_SEE)
def index():
    """The closures to come, and how many visits lie in each."""
    return show(PAGE, PART, **_page())


@bp.get("/new", needs=Permission.SCHEDULE_EDIT)
def new():
    """An empty form for a closure."""
    return show(FORM, form=_offering(ClosureForm(formdata=None)), closure=None)


@bp.post("/new", needs=Permission.SCHEDULE_EDIT)
def create():
    """Close for a while, over booked visits too: how many is said at once."""
    form = _offering(ClosureForm())
    details = form.details(current.clinic.timezone) if form.validate() else None
    if details is None:
        return again(FORM, form=form, closure=None)
    try:
        made = closures.add(db.session(), by=current.actor, **details)
    except Refused as refused:
        return _refused(form, refused, None)
    return _saved(made, undo=url_for(".remove", closure_id=made.id))


@bp.get("/<uuid:closure_id>", needs=Permission.SCHEDULE_EDIT)
def edit(closure_id):
    """The form of one closure."""
    closure = _closure(closure_id)
    return show(FORM, form=_offering(ClosureForm.of(closure, current.clinic.timezone)), closure=closure)


@bp.post("/<uuid:closure_id>", needs=Permission.SCHEDULE_EDIT)
def update(closure_id):
    """Change when, what, for whom or where."""
    closure, form = _closure(closure_id), _offering(ClosureForm())
    details = form.details(current.clinic.timezone) if form.validate() else None
    if details is None:
        return again(FORM, form=form, closure=closure)
    try:
        closures.update(closure, by=current.actor, **details)
    except Refused as refused:
        return _refused(form, refused, closure_id)
    return _saved(closure)


@bp.post("/<uuid:closure_id>/remove", needs=Permission.SCHEDULE_EDIT)
def remove(closure_id):
    """Open again."""
    closure = closures.remove(_closure(closure_id), by=current.actor)
    undo = url_for(".restore", closure_id=closure.id)
    return _changed(_("%(title)s: open again.", title=closure.title), undo)


@bp.post("/<uuid:closure_id>/restore", needs=Permission.SCHEDULE_EDIT)
def restore(closure_id):
    """Take a removal back."""
    closure = closures.restore(_closure(closure_id), by=current.actor)
    message = _("%(title)s: closed.", title=closure.title)
    return opened(message) or _changed(message)


def _saved(closure, undo=None):
    db.session.flush()
    workbench = opened(_("%(title)s: closed.", title=closure.title))
    if workbench is not None:
        return workbench
    lying = asked.shown(db.session(), closure).visits
    words = ngettext("%(num)d visit lies in it.", "%(num)d visits lie in it.", lying) if lying else ""
    message = f"{_('%(title)s: closed.', title=closure.title)} {words}".strip()
    return changed(then=url_for(".index"), message=message, undo=undo)


def _changed(message, undo=None):
    db.session.flush()
    return changed(PART, then=url_for(".index"), message=message, undo=undo, **_page())


def _page():
    return {
        "closures": asked.coming(db.session()), "zone": ZoneInfo(current.clinic.timezone),
        "may_edit": current.may(Permission.SCHEDULE_EDIT), "may_look": current.may(Permission.VISITS_SEE),
    }  # fmt: skip


def _offering(form):
    form.provider_id.offer(providers.names(db.session()), _("Everybody"))
    places = [(each.id, each.name) for each in providers.locations(db.session())]
    form.location_id.offer(places, _("The whole clinic"))
    return form


def _refused(form, refused, closure_id):
    db.session.rollback()
    form.blame(said(refused), refused.field)
    return again(FORM, status=409, form=form, closure=closure_id and _closure(closure_id))


def _closure(closure_id):
    return db.session.get(Closure, (current.clinic.id, closure_id)) or abort(404)
