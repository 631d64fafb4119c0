"""Who had more rights than usual, why and how long: records opened in an emergency, support, standing in."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import grants
from clinic.current import current
from clinic.db import db
from clinic.htmx import changed, moved_on, show, wants_part
from clinic.models.grants import AccessGrant
from clinic.queries import grants as asked
from clinic.views.asked import Page, page_number

bp = GuardedBlueprint("grants", __name__, face="staff", url_prefix="/grants")


@bp.get("", needs=Permission.GRANTS_REVIEW)
def index():
    """What waits for a review, who is let in now, and everything there was."""
    session, number = db.session(), page_number()
    past = Page.of(asked.listed(session, number), number, asked.ON_A_PAGE)
    return show("staff/grants/index.html", waiting=asked.to_review(session), past=past)


@bp.get("/waiting", needs=Permission.GRANTS_REVIEW, extends=False)
def waiting():
    """The line on every page that tells an administrator how many openings wait for a review."""
    return show("staff/grants/_waiting.html") if wants_part() else moved_on(url_for(".index"))


@bp.post("/<uuid:grant_id>/review", needs=Permission.GRANTS_REVIEW)
def review(grant_id):
    """Note that somebody has looked why the record was opened."""
    grants.review(_grant(grant_id), by=current.actor)
    return changed(then=url_for(".index"), message=_("Noted as reviewed."))


@bp.post("/<uuid:grant_id>/end", needs=Permission.GRANTS_REVIEW)
def end(grant_id):
    """End the right of somebody else, or one's own, at once."""
    grants.end(_grant(grant_id), by=current.actor)
    return changed(then=url_for(".index"), message=_("It has ended, at once."))


def count_waiting():
    """How many openings this person is to review."""
    return asked.count_to_review(db.session(), current.user.id)


def _grant(grant_id):
    return db.session.get(AccessGrant, (current.clinic.id, grant_id)) or abort(404)


bp.record(lambda state: state.app.jinja_env.globals.update(openings_to_review=count_waiting))
