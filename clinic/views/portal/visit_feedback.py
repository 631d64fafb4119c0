"""A patient says, once, how a visit was."""

from flask import url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint
from clinic.actions import visit_feedback
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.forms.visit_feedback import FeedbackForm
from clinic.htmx import again, changed
from clinic.views.portal.visits import USE, before_and_after, not_done, own_visit_or_404, told

bp = GuardedBlueprint("visit_feedback", __name__, face="portal", url_prefix="/visits/<uuid:visit_id>/feedback")


@bp.post("", needs=USE)
def give(visit_id):
    """Keep what the patient says."""
    visit, form = own_visit_or_404(visit_id), FeedbackForm()
    if not form.validate():
        return again("portal/visits/show.html", **told(visit), **before_and_after(visit, form))
    try:
        visit_feedback.give(visit, form.rating.data, form.comment.data, by=current.actor)
    except Refused as error:
        return not_done(visit_id, error)
    return changed(then=url_for("portal.visits.show", visit_id=visit_id), message=_("Thank you for telling us."))
