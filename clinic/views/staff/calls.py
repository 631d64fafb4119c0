"""Calls: what patients have to be told by phone, what they answer, and text messages that somebody has to read."""

from flask import abort, request, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import call_answers, calls, texts
from clinic.current import current
from clinic.db import db
from clinic.filters import moment
from clinic.forms.calls import AnswerForm, CallForm
from clinic.htmx import again, changed, show
from clinic.models.notifications import Notification, NotificationKind
from clinic.models.texts import TextReply
from clinic.openings import listed
from clinic.queries import calls as asked
from clinic.views import told
from clinic.views.asked import Page, an_id, page_number
from clinic.views.staff import own_patients

bp = GuardedBlueprint("calls", __name__, face="staff", url_prefix="/calls")
PAGE, PART = "staff/calls/index.html", "staff/calls/_calls.html"
# Whoever books visits for patients tells them about them.
DESK = Permission.VISITS_BOOK


@bp.get("", needs=DESK, shows="patients")
def index():
    """Who has to be called, what is over soonest first, and the answers nobody has read."""
    return show(PAGE, PART, **_page())


@bp.post("/<uuid:notification_id>/record", needs=DESK)
def record(notification_id):
    """Note what came of a call."""
    line, form = _line(notification_id), CallForm()
    if not form.validate():
        return _once_more(line, form)
    calls.record(line, form.outcome.data, note=form.note.data, by=current.actor)
    name, undo = line.patient.full_name, url_for(".undo", notification_id=line.id)
    said = _("%(name)s: %(outcome)s.", name=name, outcome=_(form.outcome.data.label).lower())
    return changed(then=_back(line), message=said, undo=undo)


@bp.post("/<uuid:notification_id>/accept", needs=DESK)
def accept(notification_id):
    """The patient takes the time that is offered."""
    line, form = _line(notification_id, NotificationKind.OFFER), AnswerForm()
    if not form.validate():
        return _once_more(line, form)
    offer = call_answers.accept(line, note=form.note.data, reply=_answered(), by=current.actor)
    words = _("Booked: %(name)s, %(time)s", name=line.patient.full_name, time=moment(offer.starts_at))
    return changed(then=_back(line), message=words)


@bp.post("/<uuid:notification_id>/decline", needs=DESK)
def decline(notification_id):
    """The time that is offered does not suit the patient."""
    line, form = _line(notification_id, NotificationKind.OFFER), AnswerForm()
    if not form.validate():
        return _once_more(line, form)
    call_answers.decline(line, note=form.note.data, reply=_answered(), by=current.actor)
    return changed(then=_back(line), message=_("Noted: the time does not suit."))


@bp.post("/<uuid:notification_id>/confirm", needs=DESK)
def confirm(notification_id):
    """The patient says that they come to the visit they are reminded of."""
    line, form = _line(notification_id, NotificationKind.REMINDER), AnswerForm()
    if not form.validate():
        return _once_more(line, form)
    visit = call_answers.confirm(line, note=form.note.data, by=current.actor)
    words = _("%(name)s comes: %(time)s.", name=line.patient.full_name, time=moment(visit.starts_at))
    return changed(then=_back(line), message=words)


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
    return {
        "calls": page, "replies": replies, "answerable": asked.answerable(db.session(), replies),
        "why": told.why_of, "kind": told.kind_of,
    }  # fmt: skip


def _once_more(line, form):
    return again(PAGE, form=form, form_of=line.id, **_page())


def _line(notification_id, kind=None):
    line = db.session.get(Notification, (current.clinic.id, notification_id)) or abort(404)
    own_patients.patient(line.patient_id)
    return line if kind in (None, line.kind) else abort(404)


def _reply(reply_id):
    return db.session.get(TextReply, (current.clinic.id, reply_id)) or abort(404)


def _answered():
    """The text message that the answer came by, where it came by one."""
    reply_id = an_id("reply_id")
    return _reply(reply_id) if reply_id else None


def _back(line):
    """The visit's page for a call noted there, else the list."""
    on_visit = request.args.get("on") == "visit" and line.visit_id
    return url_for("staff.visits.show", visit_id=line.visit_id) if on_visit else url_for(".index")
