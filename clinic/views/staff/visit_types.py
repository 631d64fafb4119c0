"""The visit types an administrator keeps: what can be booked, how long it takes, by whose rules."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import visit_types
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.visit_types import VisitTypeForm
from clinic.htmx import again, changed, show
from clinic.models.schedule import VisitType
from clinic.queries import providers as asked
from clinic.queries import rooms

bp = GuardedBlueprint("visit_types", __name__, face="staff", url_prefix="/visit-types")
PAGE, LIST = "staff/visit_types/edit.html", "staff/visit_types/_list.html"


@bp.get("", needs=Permission.CLINIC_EDIT)
def index():
    """Every visit type in the clinic's order."""
    return show("staff/visit_types/index.html", LIST, **_listed())


@bp.get("/new", needs=Permission.CLINIC_EDIT)
def new():
    """A form with the usual rules filled in."""
    return show(PAGE, form=_form().show_colour(None), visit_type=None)


@bp.post("/new", needs=Permission.CLINIC_EDIT)
def create():
    """Add a visit type."""
    form = _form()
    if not form.validate():
        return again(PAGE, form=form, visit_type=None)
    try:
        made = visit_types.add(db.session(), by=current.actor, **form.details)
    except Refused as refused:
        return _refused(form, refused, None)
    return changed(then=url_for(".index"), message=_("%(type)s can be booked now.", type=made.name))


@bp.get("/<uuid:visit_type_id>", needs=Permission.CLINIC_EDIT)
def edit(visit_type_id):
    """The form of one visit type."""
    visit_type = _type(visit_type_id)
    given = {"provider_ids": asked.offering(db.session(), visit_type.id)}
    form = _form(obj=visit_type, room_kind_ids=rooms.needed_by(db.session(), visit_type.id), **given)
    return show(PAGE, form=form.show_colour(visit_type.colour), visit_type=visit_type)


@bp.post("/<uuid:visit_type_id>", needs=Permission.CLINIC_EDIT)
def update(visit_type_id):
    """Change a visit type and who offers it."""
    visit_type, form = _type(visit_type_id), _form()
    if not form.validate():
        return again(PAGE, form=form, visit_type=visit_type)
    try:
        visit_types.update(visit_type, by=current.actor, **form.details)
    except Refused as refused:
        return _refused(form, refused, visit_type_id)
    return changed(then=url_for(".index"), message=_("Saved."))


@bp.post("/<uuid:visit_type_id>/up", needs=Permission.CLINIC_EDIT)
def move_up(visit_type_id):
    """Show it earlier."""
    visit_types.move_up(_type(visit_type_id), by=current.actor)
    return _list()


@bp.post("/<uuid:visit_type_id>/down", needs=Permission.CLINIC_EDIT)
def move_down(visit_type_id):
    """Show it later."""
    visit_types.move_down(_type(visit_type_id), by=current.actor)
    return _list()


@bp.post("/<uuid:visit_type_id>/deactivate", needs=Permission.CLINIC_EDIT)
def deactivate(visit_type_id):
    """Stop offering it."""
    visit_type = visit_types.deactivate(_type(visit_type_id), by=current.actor)
    message = _("%(type)s cannot be booked any more; what is booked stays.", type=visit_type.name)
    return _list(message, undo=url_for(".activate", visit_type_id=visit_type.id))


@bp.post("/<uuid:visit_type_id>/activate", needs=Permission.CLINIC_EDIT)
def activate(visit_type_id):
    """Offer it again."""
    visit_type = visit_types.activate(_type(visit_type_id), by=current.actor)
    return _list(_("%(type)s can be booked again.", type=visit_type.name))


def _list(message=None, undo=None):
    return changed(LIST, then=url_for(".index"), message=message, undo=undo, **_listed())


def _listed():
    session = db.session()
    return {"visit_types": asked.visit_types(session), "with_doctors": asked.types_with_doctors(session)}


def _form(**given):
    form = VisitTypeForm(**given, meta={"place": current.clinic})
    form.provider_ids.offer(asked.names(db.session()))
    form.room_kind_ids.offer(rooms.kind_names(db.session()))
    return form


def _refused(form, refused, visit_type_id):
    db.session.rollback()
    form.blame(said(refused), refused.field)
    return again(PAGE, status=409, form=form, visit_type=visit_type_id and _type(visit_type_id))


def _type(visit_type_id):
    return db.session.get(VisitType, (current.clinic.id, visit_type_id)) or abort(404)
