"""How visits were: an administrator reads what patients wrote, a doctor what was said about theirs."""

from flask import abort, request, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import visit_feedback
from clinic.current import current
from clinic.db import db
from clinic.forms.visit_feedback import HideForm
from clinic.htmx import again, changed, show
from clinic.models.providers import Provider
from clinic.models.visit_feedback import VisitFeedback
from clinic.openings import listed
from clinic.queries import visit_feedback as asked
from clinic.views.asked import Page, page_number

bp = GuardedBlueprint("visit_feedback", __name__, face="staff", url_prefix="/feedback")
MODERATE = Permission.FEEDBACK_MODERATE
HIDE = "staff/visit_feedback/hide.html"


@bp.get("", needs=MODERATE, shows="visits")
def index():
    """What patients wrote, that nobody has read yet; or all of it."""
    number, every = page_number(), request.args.get("all") == "yes"
    page = Page.of(asked.written(db.session(), number, waiting=not every), number, asked.ON_A_PAGE)
    if number > 1 and not page.rows:
        abort(404)
    listed(feedback.visit_id for feedback, _doctor in page.rows)
    waiting = asked.count_waiting(db.session())
    return show("staff/visit_feedback/index.html", found=page, every=every, waiting=waiting)


@bp.get("/own", needs=Permission.VISITS_CONDUCT, shows="visits")
def own():
    """What was said about one's own visits, by nobody in particular."""
    number, provider_id = page_number(), current.provider_id
    page = Page.of(asked.of_doctor(db.session(), provider_id, number), number, asked.ON_A_PAGE)
    if number > 1 and not page.rows:
        abort(404)
    listed(row.visit_id for row in page.rows)
    provider = provider_id and db.session.get(Provider, (current.clinic.id, provider_id))
    return show("staff/visit_feedback/own.html", found=page, provider=provider, enough=asked.ENOUGH)


@bp.post("/<uuid:feedback_id>/publish", needs=MODERATE)
def publish(feedback_id):
    """Let the doctor read it."""
    visit_feedback.publish(_feedback(feedback_id), by=current.actor)
    return changed(then=url_for(".index"), message=_("The doctor reads it now."), undo=_undo(feedback_id))


@bp.route("/<uuid:feedback_id>/hide", methods=["GET", "POST"], needs=MODERATE)
def hide(feedback_id):
    """Ask why, then keep it from the doctor."""
    feedback, form = _feedback(feedback_id), HideForm()
    if not form.is_submitted():
        return show(HIDE, feedback=feedback, form=form)
    if not form.validate():
        return again(HIDE, feedback=feedback, form=form)
    visit_feedback.hide(feedback, form.reason.data, by=current.actor)
    return changed(then=url_for(".index"), message=_("It is hidden; the number counts."), undo=_undo(feedback_id))


@bp.post("/<uuid:feedback_id>/reopen", needs=MODERATE)
def reopen(feedback_id):
    """Put it back among those to be read."""
    visit_feedback.reopen(_feedback(feedback_id), by=current.actor)
    return changed(then=url_for(".index"), message=_("It waits to be read again."))


def _undo(feedback_id):
    return url_for(".reopen", feedback_id=feedback_id)


def _feedback(feedback_id):
    found = db.session.get(VisitFeedback, (current.clinic.id, feedback_id))
    return found if found and found.comment else abort(404)
