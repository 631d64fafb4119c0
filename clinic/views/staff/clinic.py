"""The clinic's profile: what it says of itself, its colour and its logo."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import organizations
from clinic.current import current
from clinic.db import db
from clinic.forms.organizations import ClinicForm, LogoForm, zones
from clinic.htmx import again, changed, show
from clinic.models.organizations import Clinic

bp = GuardedBlueprint("clinic", __name__, face="staff", url_prefix="/clinic")
PAGE = "staff/clinic/edit.html"
LARGEST_LOGO = 4 * 1024 * 1024


@bp.get("", needs=Permission.CLINIC_EDIT)
def edit():
    """The profile as it is."""
    clinic = _clinic()
    return show(PAGE, **_page(clinic, ClinicForm(obj=clinic).show_colour(clinic.colour)))


@bp.post("", needs=Permission.CLINIC_EDIT)
def update():
    """Change the profile."""
    clinic, form = _clinic(), ClinicForm()
    if not form.validate():
        return again(PAGE, **_page(clinic, form))
    organizations.update(clinic, by=current.actor, colour=form.chosen_colour, **form.facts)
    return changed(then=url_for(".edit"), message=_("Saved."))


@bp.post("/logo", needs=Permission.CLINIC_EDIT, takes=LARGEST_LOGO + 64 * 1024)
def set_logo():
    """Show another logo."""
    clinic, form = _clinic(), LogoForm()
    if not form.validate_on_arrival():
        profile = ClinicForm(formdata=None, obj=clinic).show_colour(clinic.colour)
        return again(PAGE, **_page(clinic, profile, form))
    organizations.set_logo(clinic, form.picture, form.media_type, by=current.actor)
    return changed(then=url_for(".edit"), message=_("The new logo is shown."))


@bp.post("/logo/remove", needs=Permission.CLINIC_EDIT)
def remove_logo():
    """Show no logo."""
    organizations.remove_logo(_clinic(), by=current.actor)
    return changed(then=url_for(".edit"), message=_("The logo is removed."))


def _clinic():
    return db.session.get(Clinic, current.clinic.id) or abort(404)


def _page(clinic, form, logo_form=None):
    return {"clinic": clinic, "form": form, "logo_form": logo_form or LogoForm(formdata=None), "zones": zones()}
