"""The room of a visit: which are free at its time, and seeing the patient in another one."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import visit_rooms
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.rooms import VisitRoomForm
from clinic.htmx import again, changed, show
from clinic.models.people import VisitMode
from clinic.models.rooms import Room
from clinic.queries import rooms as asked
from clinic.views.staff import own_patients

bp = GuardedBlueprint("visit_rooms", __name__, face="staff", url_prefix="/visits/<uuid:visit_id>/room")
PAGE = "staff/visits/room.html"


@bp.get("", needs=Permission.VISITS_CHECK_IN, shows="visits")
def edit(visit_id):
    """The rooms the visit could be in."""
    visit = own_patients.visit(visit_id)
    return show(PAGE, visit=visit, form=_form(visit, formdata=None, room_id=visit.room_id))


@bp.post("", needs=Permission.VISITS_CHECK_IN)
def update(visit_id):
    """See the patient in this room, or in none."""
    visit = own_patients.visit(visit_id)
    form = _form(visit)
    if not form.validate():
        return again(PAGE, visit=visit, form=form)
    try:
        visit_rooms.choose(visit, room_or_404(form.room_id.data), by=current.actor)
    except Refused as refused:
        return _refused(form, refused, visit_id)
    return changed(then=url_for("staff.visits.show", visit_id=visit_id), message=_("Room saved."))


def rooms_in_words(visit):
    """Where the patient is seen and what else is kept for the visit, or why nothing is; None for a visit by video."""
    if visit.visit_mode == VisitMode.VIRTUAL:
        return None
    kept = asked.rooms_of(db.session(), visit.slot_id)
    first = [visit.room] if visit.room else []
    names = [room.name for room in first + [room for room in kept if room.id != visit.room_id]]
    if names:
        return ", ".join(names)
    return _("None is kept: the visit is overbooked") if visit.slot and visit.slot.overbooked else _("No room")


def _form(visit, **given):
    form = VisitRoomForm(**given)
    form.room_id.offer(
        [(row.id, _words(row)) for row in asked.choices(db.session(), visit, current.user.id)], _("No room")
    )
    return form


def _words(row):
    """The room as one line of the list: what it is, where, and whether something else is in it."""
    words = " · ".join(filter(None, (row.name, row.kind, row.place)))
    return _("%(room)s (taken at that time)", room=words) if row.taken else words


def room_or_404(room_id):
    """The clinic's room of this id; None where none is named."""
    return room_id and (db.session.get(Room, (current.clinic.id, room_id)) or abort(404))


def _refused(form, refused, visit_id):
    db.session.rollback()
    form.blame(said(refused), refused.field)
    return again(PAGE, status=409, visit=own_patients.visit(visit_id), form=form)
