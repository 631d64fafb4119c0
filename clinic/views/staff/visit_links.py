"""The patient's link to a visit, as the desk gives it, ends it and gives another one."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import visit_links
from clinic.current import current
from clinic.db import db
from clinic.htmx import changed
from clinic.htmx import show as show_page
from clinic.views.staff import own_patients

bp = GuardedBlueprint("visit_links", __name__, face="staff", url_prefix="/visits/<uuid:visit_id>/link")
BOOK = Permission.VISITS_BOOK


@bp.get("", needs=BOOK, shows="visits")
def show(visit_id):
    """The link, to copy for somebody who has lost theirs."""
    visit = own_patients.visit(visit_id)
    link = visit_links.live_link(db.session(), visit)
    address = visit_links.address_now(db.session(), visit)
    return show_page("staff/visit_links/show.html", visit=visit, link=link, address=address)


@bp.post("/make", needs=BOOK)
def make(visit_id):
    """Make the visit's link, if it has none yet."""
    visit_links.address(db.session(), own_patients.visit(visit_id), by=current.actor)
    return changed(then=url_for(".show", visit_id=visit_id))


@bp.post("/revoke", needs=BOOK)
def revoke(visit_id):
    """End the link."""
    visit, undo = _with_undo(visit_id)
    visit_links.revoke(visit, by=current.actor)
    return changed(then=url_for(".show", visit_id=visit_id), message=_("The link no longer works."), undo=undo)


@bp.post("/renew", needs=BOOK)
def renew(visit_id):
    """End the link and make another one."""
    visit, undo = _with_undo(visit_id)
    visit_links.renew(visit, by=current.actor)
    message = _("There is a new link; the former one no longer works.")
    return changed(then=url_for(".show", visit_id=visit_id), message=message, undo=undo)


@bp.post("/restore/<uuid:former_link_id>", needs=BOOK)
def restore(visit_id, former_link_id):
    """Let a link that was ended work again."""
    visit = own_patients.visit(visit_id)
    visit_links.known(visit, former_link_id) or abort(404)
    visit_links.restore(visit, former_link_id, by=current.actor)
    return changed(then=url_for(".show", visit_id=visit_id), message=_("The former link works again."))


def _with_undo(visit_id):
    """The visit, and the address that brings back the link it has now."""
    visit = own_patients.visit(visit_id)
    live = visit_links.live_link(db.session(), visit)
    return visit, url_for(".restore", visit_id=visit_id, former_link_id=live.id) if live else None
