"""Calls: what patients have to be told by phone, and text messages that somebody has to read."""

from flask import abort, request, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import calls, texts
from clinic.current import current
from clinic.db import db
from clinic.forms.calls import CallForm
from clinic.htmx import again, changed, show
from clinic.models.notifications import Notification
from clinic.models.texts import TextReply
from clinic.openings import listed
from clinic.queries import calls as asked
from clinic.views import told
from clinic.views.asked import Page, page_number
from clinic.views.staff import own_patients

bp = GuardedBlueprint("calls", __name__, face="staff", url_prefix="/calls")
PAGE, PART = "staff/calls/index.html", "staff/calls/_calls.html"
# Whoever books visits for patients tells them about them.
DESK = Permission.VISITS_BOOK


@bp.get("", needs=DESK, shows="patients")
def index():
    """Who has to be called, the soonest visit first, and the answers nobody has read."""
    return show(PAGE, PART, **_page())


@bp.post("/<uuid:notification_id>/record", needs=DESK)
def record(notification_id):
    """Note what came of a call."""
    line, form = _line(notification_id), CallForm()
    if not form.validate():
        return again(PAGE, form=form, form_of=line.id, **_page())
    calls.record(line, form.outcome.data, note=form.note.data, by=current.actor)
    name, undo = line.patient.full_name, url_for(".undo", notification_id=line.id)
    said = _("%(name)s: %(outcome)s.", name=name, outcome=_(form.outcome.data.label).lower())
    return changed(then=_back(line), message=said, undo=undo)


@bp.post("/<uuid:notification_id>/undo", needs=DESK)
def undo(notification_id):
    """Take back the last call that was noted."""
    line = _line(notification_id)
    calls.undo(line, by=current.actor)
    return changed(then=_back(line), message=_("Taken back: the call is on the list as before."))


@bp.post("/replies/<uuid:reply_id>/read", needs=DESK)
def read(reply_id):
    """Note that an answer was read and done with."""
    texts.read(_reply(reply_id), by=current.actor)
    return changed(then=url_for(".index"), message=_("Done."), undo=url_for(".put_back", reply_id=reply_id))


@bp.post("/replies/<uuid:reply_id>/put-back", needs=DESK)
def put_back(reply_id):
    """Put an answer back on the list."""
    texts.put_back(_reply(reply_id), by=current.actor)
    return changed(then=url_for(".index"), message=_("It is on the list again."))


def _page():
    number = page_number()
    page = Page.of(asked.waiting(db.session(), current.clinic.id, number), number, asked.ON_A_PAGE)
    replies = asked.replies(db.session()) if number == 1 else []
    listed(each.patient_id for each in (*page.rows, *replies) if each.patient_id)
    return {"calls": page, "replies": replies, "why": told.why_of, "kind": told.kind_of}


def _line(notification_id):
    line = db.session.get(Notification, (current.clinic.id, notification_id)) or abort(404)
    own_patients.patient(line.patient_id)
    return line


def _reply(reply_id):
    return db.session.get(TextReply, (current.clinic.id, reply_id)) or abort(404)


def _back(line):
    """The visit's page for a call noted there, else the list."""
    on_visit = request.args.get("on") == "visit" and line.visit_id
    return url_for("staff.visits.show", visit_id=line.visit_id) if on_visit else url_for(".index")
