"""The questions before a visit, answered by its link: the portal's own page, after the date of birth."""

from flask import url_for

from clinic.htmx import show
from clinic.views.portal.intake import PAGE, answered, form_of
from clinic.views.public.visit_link import PUBLIC, told
from clinic.views.public.visit_link import bp as visit_link_bp
from clinic.views.public.visit_link_bearer import bearer_of, known_bearer_of


@visit_link_bp.get("/<token>/questions", needs=PUBLIC)
def questions(token):
    """The questions with what was answered so far."""
    bearer = known_bearer_of(token, "questions")
    return show(PAGE, form=form_of(bearer.visit, bearer.clinic, formdata=None), **_facts(bearer))


@visit_link_bp.post("/<token>/questions", needs=PUBLIC)
def answer(token):
    """Keep the answers."""
    bearer = known_bearer_of(token, "questions")
    form = form_of(bearer.visit, bearer.clinic)
    return answered(bearer.visit, form, bearer.actor, lambda visit: _facts(bearer_of(token)))


def _facts(bearer):
    here, back_to = (url_for(f"public.visit_link.{end}", token=bearer.token) for end in ("questions", "show"))
    return {**told(bearer), "layout": "layouts/public.html", "here": here, "back_to": back_to}
