"""Screens that nobody signs in to: the administrator gives each a code, and takes it away."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic import links
from clinic.access import GuardedBlueprint, Permission
from clinic.actions import screens
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.screens import ScreenForm
from clinic.htmx import again, changed, show
from clinic.models.screens import Screen, ScreenKind
from clinic.queries.screens import live_screens

bp = GuardedBlueprint("screens", __name__, face="staff", url_prefix="/screens")
PAGE = "staff/screens/index.html"
FACES = {ScreenKind.DISPLAY: "public.displays", ScreenKind.KIOSK: "public.kiosks"}


@bp.get("", needs=Permission.CLINIC_EDIT)
def index():
    """The screens whose code works, and when each was seen last."""
    return show(PAGE, **_page(ScreenForm(formdata=None)))


@bp.post("", needs=Permission.CLINIC_EDIT)
def create():
    """Give a screen a code; it stands on this one answer and nowhere else."""
    form = ScreenForm()
    if not form.validate():
        return again(PAGE, **_page(form))
    return _made(form, screens.new_code())


@bp.post("/<uuid:screen_id>/revoke", needs=Permission.CLINIC_EDIT)
def revoke(screen_id):
    """Take the code away; the screen shows nothing from its next look on."""
    screen = screens.revoke(db.session.get(Screen, (current.clinic.id, screen_id)) or abort(404), by=current.actor)
    return changed(then=url_for(".index"), message=_("%(name)s: its code no longer works.", name=screen.name))


def _made(form, code):
    try:
        made = screens.add(db.session(), by=current.actor, code_hash=screens.hash_code(code), **form.facts)
    except Refused as refused:
        db.session.rollback()
        form.blame(said(refused), refused.field)
        return again(PAGE, status=409, **_page(form))
    face, slug = FACES[made.kind], current.clinic.slug
    words = "-".join(code[at : at + 4] for at in range(0, len(code), 4))
    return show(
        "staff/screens/made.html", screen=made, code=words, address=links.link(f"{face}.ask", slug=slug),
        whole=links.link(f"{face}.show", slug=slug, token=code),
    )  # fmt: skip


def _page(form):
    return {"form": form, "screens": live_screens(db.session())}
