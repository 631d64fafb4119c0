"""The places where the clinic works."""

from uuid import UUID

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import locations
from clinic.current import current
from clinic.db import db
from clinic.forms.locations import LocationForm
from clinic.htmx import again, changed, show
from clinic.models.organizations import Location
from clinic.queries import providers as asked

bp = GuardedBlueprint("locations", __name__, face="staff", url_prefix="/locations")
PAGE = "staff/locations/edit.html"


@bp.get("", needs=Permission.CLINIC_EDIT)
def index():
    """Every place of the clinic."""
    return show("staff/locations/index.html", locations=asked.locations(db.session()))


@bp.get("/new", needs=Permission.CLINIC_EDIT)
def new():
    """An empty form for a place."""
    return show(PAGE, form=LocationForm(), location=None)


@bp.post("/new", needs=Permission.CLINIC_EDIT)
def create():
    """Add a place."""
    form = LocationForm()
    if not form.validate():
        return again(PAGE, form=form, location=None)
    locations.add(db.session(), by=current.actor, **form.facts)
    return changed(then=url_for(".index"), message=_("%(place)s is added.", place=form.name.data))


@bp.get("/<uuid:location_id>", needs=Permission.CLINIC_EDIT)
def edit(location_id):
    """The form of one place."""
    location = _place(location_id)
    return show(PAGE, form=LocationForm(obj=location), location=location)


@bp.post("/<uuid:location_id>", needs=Permission.CLINIC_EDIT)
def update(location_id):
    """Change what is known of a place."""
    location, form = _place(location_id), LocationForm()
    if not form.validate():
        return again(PAGE, form=form, location=location)
    locations.update(location, by=current.actor, **form.facts)
    return changed(then=url_for(".index"), message=_("Saved."))


def _place(location_id: UUID) -> Location:
    return db.session.get(Location, (current.clinic.id, location_id)) or abort(404)
