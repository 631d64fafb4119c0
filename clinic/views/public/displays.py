"""The waiting room's display: numbers that were called, and where to. Whoever knows its code sees it, and no name."""

from flask import abort, g, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import throttles
from clinic.actions.screens import hash_code
from clinic.actions.throttles import TooManyTries
from clinic.current import current
from clinic.db import db
from clinic.errors import wait
from clinic.filters import speak
from clinic.forms.screens import CodeForm
from clinic.htmx import again, moved_on, wants_part
from clinic.htmx import show as show_page
from clinic.languages import CONVERSATION, first_of
from clinic.models.screens import ScreenKind
from clinic.queries import queue
from clinic.queries.clinics import open_clinic, was_closed
from clinic.queries.screens import screen_of
from clinic.scope import Scope

bp = GuardedBlueprint("displays", __name__, face="public", url_prefix="/c")
ASK, OFF = "public/displays/ask.html", "public/displays/off.html"
# As many as can be read from five metres; the newest is the largest.
MOST = 7


@bp.route("/<slug>/display", methods=["GET", "POST"], needs=Permission.PUBLIC)
def ask(slug):
    """Ask for the code of the screen, and go on to what it shows."""
    return ask_for_code(slug, ScreenKind.DISPLAY, ".show")


@bp.get("/<slug>/display/<token>", needs=Permission.PUBLIC, extends=False)
def show(slug, token):
    """The numbers called today, the newest first; the page fetches itself anew, with script and without."""
    here = url_for("public.displays.show", slug=slug, token=token)
    clinic, _screen = screen_at(slug, ScreenKind.DISPLAY, token, here)
    called = queue.called(db.session(), clinic.id, MOST)
    return show_page("public/displays/show.html", "public/displays/_called.html", called=called, here=here)


def clinic_of(slug):
    """The open clinic with this address, as the public sees it: nobody's rows; from here on its language is spoken.

    A screen hangs on its wall for everybody, whatever language its browser or who set it up asks for.
    """
    clinic = open_clinic(db.session(), slug) or abort(410 if was_closed(db.session(), slug) else 404)
    db.session().enter(Scope.public(clinic.id))
    g.page_clinic = clinic
    speak(first_of(CONVERSATION, clinic.locale) or CONVERSATION[0])
    return clinic


def screen_at(slug, kind, token, here):
    """The clinic and the id of its live screen with this code; with any other it says that it is off, and no more.

    htmx is sent to the whole page: nothing of what the screen showed stays on it.
    """
    clinic = clinic_of(slug)
    screen_id = screen_of(db.session(), clinic.id, kind, hash_code(token))
    if not screen_id:
        abort(moved_on(here) if wants_part() else show_page(OFF, status=404))
    return clinic, screen_id


def ask_for_code(slug, kind, endpoint):
    """The page that asks for a screen's code; a right one leads to the screen."""
    clinic, form = clinic_of(slug), CodeForm()
    if not form.is_submitted():
        return show_page(ASK, form=form, kind=kind)
    if not form.validate():
        return again(ASK, form=form, kind=kind)
    try:
        throttles.spend(db.session(), throttles.SCREENS.of(throttles.network(current.actor.ip_address)))
    except TooManyTries as error:
        return wait(ASK, error, form, kind=kind)
    return _looked_up(slug, clinic.id, kind, endpoint, form)


def _looked_up(slug, clinic_id, kind, endpoint, form):
    if screen_of(db.session(), clinic_id, kind, hash_code(form.code.data)):
        plain = "".join(letter for letter in form.code.data.upper() if letter.isalnum())
        return moved_on(url_for(endpoint, slug=slug, token=plain))
    form.blame(_("No screen here has this code. An administrator of the clinic can make another."), "code")
    return again(ASK, form=form, kind=kind)
