"""How the clinic tells patients things: quiet hours, what is sent, and every text as patients get it."""

from flask import abort, request, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import telling as verbs
from clinic.current import current
from clinic.db import db
from clinic.forms.telling import TellingForm
from clinic.htmx import again, changed, show
from clinic.languages import CONVERSATION, first_of
from clinic.models.organizations import Clinic
from clinic.models.telling import Telling
from clinic.work.messages import previews

bp = GuardedBlueprint("telling", __name__, face="staff", url_prefix="/telling")
EDIT = Permission.CLINIC_EDIT
PAGE = "staff/telling/edit.html"


@bp.get("", needs=EDIT)
def edit():
    """The rules as they are."""
    return show(PAGE, form=TellingForm.showing(Telling.of(_clinic().settings)))


@bp.post("", needs=EDIT)
def update():
    """Change the rules."""
    form = TellingForm()
    if not form.validate():
        return again(PAGE, form=form)
    verbs.update(_clinic(), form.telling, by=current.actor)
    return changed(then=url_for(".edit"), message=_("Saved. It counts for the next message."))


@bp.get("/texts", needs=EDIT)
def texts():
    """Every message as an invented patient would get it: in the clinic's language, or another one we talk in."""
    clinic = _clinic()
    language = first_of(CONVERSATION, request.args.get("language"), clinic.locale) or CONVERSATION[0]
    shown = previews(clinic, Telling.of(clinic.settings), language)
    return show("staff/telling/texts.html", texts=shown, language=language, languages=CONVERSATION)


def _clinic():
    return db.session.get(Clinic, current.clinic.id) or abort(404)
