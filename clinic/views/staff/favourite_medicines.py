"""A doctor's favourites: the medicines they often prescribe, kept with how they usually prescribe them."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import favourite_medicines as verbs
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.prescriptions import FavouriteForm
from clinic.htmx import again, changed, show
from clinic.models.drugs import FavouriteMedicine
from clinic.models.providers import Provider
from clinic.queries import drugs
from clinic.views.asked import own_path

bp = GuardedBlueprint("favourite_medicines", __name__, face="staff", url_prefix="/favourite-medicines")
PRESCRIBE = Permission.PRESCRIBE
INDEX = "staff/favourite_medicines/index.html"


@bp.get("", needs=PRESCRIBE)
def index():
    """All of them, the form for another one, and which lists of medicines there are."""
    return show(INDEX, form=FavouriteForm(formdata=None), **_facts())


@bp.post("/keep", needs=PRESCRIBE)
def keep():
    """Keep one; the same medicine in the same strength takes the new directions."""
    form, doctor = FavouriteForm(), _doctor()
    if not form.validate():
        return again(INDEX, form=form, **_facts())
    try:
        verbs.keep(doctor, by=current.actor, **form.facts)
    except Refused as refused:
        form.blame(said(refused))
        return again(INDEX, status=409, form=form, **_facts())
    message = _("%(name)s is a favourite now.", name=form.medicine_name.data)
    return changed(then=own_path() or url_for(".index"), message=message)


@bp.post("/<uuid:favourite_id>/remove", needs=PRESCRIBE)
def remove(favourite_id):
    """Take one off."""
    found = db.session.get(FavouriteMedicine, (current.clinic.id, favourite_id))
    if found is None or found.provider_id != current.provider_id:
        abort(404)
    verbs.remove(found, by=current.actor)
    return changed(then=url_for(".index"), message=_("It is no favourite any more."))


def _doctor():
    """The doctor on the calendar who is signed in."""
    own = current.provider_id and db.session.get(Provider, (current.clinic.id, current.provider_id))
    return own or abort(404)


def _facts():
    session = db.session()
    return {"favourites": drugs.favourites(session, current.provider_id),
            "lists": drugs.lists(session, current.clinic.id)}  # fmt: skip
