"""How the visit was, said once by its link; the link is enough, since nothing is shown for it."""

from flask import url_for
from flask_babel import gettext as _

from clinic.actions import visit_feedback
from clinic.actions.acting import Refused
from clinic.forms.visit_feedback import FeedbackForm
from clinic.htmx import again, changed
from clinic.views.public.visit_link import PUBLIC, not_done, told
from clinic.views.public.visit_link import bp as visit_link_bp
from clinic.views.public.visit_link_bearer import bearer_of


@visit_link_bp.post("/<token>/feedback", needs=PUBLIC)
def give_feedback(token):
    """Keep what the patient says."""
    bearer, form = bearer_of(token), FeedbackForm()
    if not form.validate():
        return again("public/visit_link/show.html", **told(bearer, form))
    try:
        visit_feedback.give(bearer.visit, form.rating.data, form.comment.data, by=bearer.actor)
    except Refused as error:
        return not_done(token, error)
    return changed(then=url_for("public.visit_link.show", token=token), message=_("Thank you for telling us."))
