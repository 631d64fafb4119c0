"""A patient answers what the clinic asks before a visit; until they are here they may change it."""

from flask import url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint
from clinic.actions import intake
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.intake import answers_form
from clinic.htmx import again, changed, show
from clinic.queries.intake import asked_of, open_questions
from clinic.views.portal.visits import USE, own_visit_or_404, told

bp = GuardedBlueprint("intake", __name__, face="portal", url_prefix="/visits/<uuid:visit_id>/questions")
PAGE = "portal/intake/questions.html"


@bp.get("", needs=USE, shows="visits")
def edit(visit_id):
    """The questions with what was answered so far."""
    visit = own_visit_or_404(visit_id)
    return show(PAGE, form=form_of(visit, current.clinic, formdata=None), **_page(visit))


@bp.post("", needs=USE)
def update(visit_id):
    """Keep the answers."""
    visit = own_visit_or_404(visit_id)
    return answered(visit, form_of(visit, current.clinic), current.actor, _page)


def _page(visit):
    here = url_for(".edit", visit_id=visit.id)
    return {**told(visit), "here": here, "back_to": url_for("portal.visits.show", visit_id=visit.id)}


def form_of(visit, clinic, **given):
    """The form of a visit's questions, filled with what was answered so far."""
    return answers_form(open_questions(asked_of(db.session(), visit)), clinic, **given)


def answered(visit, form, by, page):
    """Keep what was typed, or show it again; ``page`` gives what the page shows besides the form."""
    if not form.validate():
        return again(PAGE, form=form, **page(visit))
    try:
        intake.answer(visit, form.answers, by=by)
    except Refused as error:
        db.session.rollback()
        form.blame(said(error))
        return again(PAGE, status=409, form=form, **page(visit))
    return changed(
        then=page(visit)["back_to"], message=_("Thank you. Your doctor reads your answers before the visit.")
    )
