"""The rooms of the clinic: where they are, what they are for, and whether they are in use."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import rooms
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.rooms import RoomForm
from clinic.htmx import again, changed, show
from clinic.models.rooms import Room
from clinic.queries import providers
from clinic.queries import rooms as asked

bp = GuardedBlueprint("rooms", __name__, face="staff", url_prefix="/rooms")
PAGE, LIST = "staff/rooms/edit.html", "staff/rooms/_list.html"


@bp.get("", needs=Permission.CLINIC_EDIT)
def index():
    """Every room and every kind of room."""
    session = db.session()
    return show("staff/rooms/index.html", LIST, rooms=asked.rooms(session), kinds=asked.kinds(session))


@bp.get("/new", needs=Permission.CLINIC_EDIT)
def new():
    """An empty form for a room."""
    return show(PAGE, form=_form(), room=None)


@bp.post("/new", needs=Permission.CLINIC_EDIT)
def create():
    """Add a room."""
    form = _form()
    if not form.validate():
        return again(PAGE, form=form, room=None)
    try:
        room = rooms.add(db.session(), by=current.actor, **form.facts)
    except Refused as refused:
        return _refused(form, refused, None)
    return changed(then=url_for(".index"), message=_("%(room)s is added.", room=room.name))


@bp.get("/<uuid:room_id>", needs=Permission.CLINIC_EDIT)
def edit(room_id):
    """The form of one room."""
    room = load(room_id)
    return show(PAGE, form=_form(obj=room), room=room)


@bp.post("/<uuid:room_id>", needs=Permission.CLINIC_EDIT)
def update(room_id):
    """Change a room."""
    room, form = load(room_id), _form()
    if not form.validate():
        return again(PAGE, form=form, room=room)
    try:
        rooms.update(room, by=current.actor, **form.facts)
    except Refused as refused:
        return _refused(form, refused, room_id)
    return changed(then=url_for(".index"), message=_("Saved."))


@bp.post("/<uuid:room_id>/pause", needs=Permission.CLINIC_EDIT)
def pause(room_id):
    """Put no more visits into the room."""
    room = rooms.pause(load(room_id), by=current.actor)
    message = _("%(room)s takes no more visits; those already in it stay.", room=room.name)
    return _list(message, undo=url_for(".resume", room_id=room.id))


@bp.post("/<uuid:room_id>/resume", needs=Permission.CLINIC_EDIT)
def resume(room_id):
    """Put visits into the room again."""
    room = rooms.resume(load(room_id), by=current.actor)
    return _list(_("%(room)s is in use again.", room=room.name))


def load(room_id) -> Room:
    """The room, or the 404 of one that never existed."""
    return db.session.get(Room, (current.clinic.id, room_id)) or abort(404)


def _list(message, undo=None):
    return changed(LIST, then=url_for(".index"), message=message, undo=undo, rooms=asked.rooms(db.session()))


def _form(**given):
    form = RoomForm(**given)
    form.room_kind_id.offer(asked.kind_names(db.session()), _("Choose a kind"))
    places = [(each.id, each.name) for each in providers.locations(db.session())]
    form.location_id.offer(places, _("No place of its own"))
    return form


def _refused(form, refused, room_id):
    db.session.rollback()
    form.blame(said(refused), refused.field)
    return again(PAGE, status=409, form=form, room=room_id and load(room_id))
