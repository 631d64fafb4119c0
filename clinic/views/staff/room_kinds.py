"""The kinds of rooms there are: any free room of a kind will do for a visit that needs one."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import rooms
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.rooms import RoomKindForm
from clinic.htmx import again, changed, show
from clinic.models.rooms import RoomKind

bp = GuardedBlueprint("room_kinds", __name__, face="staff", url_prefix="/room-kinds")
PAGE = "staff/rooms/kind.html"


@bp.get("/new", needs=Permission.CLINIC_EDIT)
def new():
    """An empty form for a kind of room."""
    return show(PAGE, form=RoomKindForm(), kind=None)


@bp.post("/new", needs=Permission.CLINIC_EDIT)
def create():
    """Add a kind of room."""
    form = RoomKindForm()
    if not form.validate():
        return again(PAGE, form=form, kind=None)
    try:
        kind = rooms.add_kind(db.session(), by=current.actor, name=form.name.data)
    except Refused as refused:
        return _refused(form, refused, None)
    return changed(then=url_for("staff.rooms.index"), message=_("%(kind)s is added.", kind=kind.name))


@bp.get("/<uuid:room_kind_id>", needs=Permission.CLINIC_EDIT)
def edit(room_kind_id):
    """The form of one kind of room."""
    kind = _kind(room_kind_id)
    return show(PAGE, form=RoomKindForm(obj=kind), kind=kind)


@bp.post("/<uuid:room_kind_id>", needs=Permission.CLINIC_EDIT)
def update(room_kind_id):
    """Call a kind of room something else."""
    kind, form = _kind(room_kind_id), RoomKindForm()
    if not form.validate():
        return again(PAGE, form=form, kind=kind)
    try:
        rooms.rename_kind(kind, by=current.actor, name=form.name.data)
    except Refused as refused:
        return _refused(form, refused, room_kind_id)
    return changed(then=url_for("staff.rooms.index"), message=_("Saved."))


def _kind(room_kind_id) -> RoomKind:
    return db.session.get(RoomKind, (current.clinic.id, room_kind_id)) or abort(404)


def _refused(form, refused, room_kind_id):
    db.session.rollback()
    form.blame(said(refused), refused.field)
    return again(PAGE, status=409, form=form, kind=room_kind_id and _kind(room_kind_id))
