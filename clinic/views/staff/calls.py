"""Calls: what patients have to be told by phone, what they answer, and text messages that somebody has to read."""

from flask import abort, request, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import call_answers, calls, texts
from clinic.current import current
from clinic.db import db
from clinic.filters import moment
from clinic.forms.calls import AnswerForm, CallForm
from clinic.htmx import again, changed, show, wants_part
from clinic.models.notifications import Notification, NotificationKind
from clinic.models.texts import TextReply
from clinic.openings import listed
from clinic.queries import calls as asked
from clinic.views import told
from clinic.views.asked import Page, an_id, page_number
from clinic.views.staff import own_patients
from clinic.views.staff.navigation import waiting_at

bp = GuardedBlueprint("calls", __name__, face="staff", url_prefix="/calls")
PAGE, PART, COUNT = "staff/calls/index.html", "staff/calls/_calls.html", "staff/calls/_count.html"
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
    outcome = _(form.outcome.data.label).lower()
    words = _("%(name)s: %(outcome)s.", name=line.patient.full_name, outcome=outcome)
    return _noted(line, words, undo=_address("undo", line))


@bp.post("/<uuid:notification_id>/accept", needs=DESK)
def accept(notification_id):
    """The patient takes the time that is offered."""
    line, form = _line(notification_id, NotificationKind.OFFER), AnswerForm()
    if not form.validate():
        return _once_more(line, form)
    offer = call_answers.accept(line, note=form.note.data, reply=_answered(), by=current.actor)
    facts = {"name": line.patient.full_name, "time": moment(offer.starts_at)}
    if offer.is_move:
        return _noted(line, _("Moved: %(name)s, %(time)s. If that was wrong, move the visit again.", **facts))
    return _noted(line, _("Booked: %(name)s, %(time)s", **facts), undo=_address("take_back", line))


@bp.post("/<uuid:notification_id>/decline", needs=DESK)
def decline(notification_id):
    """The time that is offered does not suit the patient."""
    line, form = _line(notification_id, NotificationKind.OFFER), AnswerForm()
    if not form.validate():
        return _once_more(line, form)
    call_answers.decline(line, note=form.note.data, reply=_answered(), by=current.actor)
    return _noted(line, _("Noted: the time does not suit."), undo=_address("take_back", line))


@bp.post("/<uuid:notification_id>/confirm", needs=DESK)
def confirm(notification_id):
    """The patient says that they come to the visit they are reminded of."""
    line, form = _line(notification_id, NotificationKind.REMINDER), AnswerForm()
    if not form.validate():
        return _once_more(line, form)
    visit = call_answers.confirm(line, note=form.note.data, by=current.actor)
    words = _("%(name)s comes: %(time)s.", name=line.patient.full_name, time=moment(visit.starts_at))
    return _noted(line, words, undo=_address("take_back", line))


@bp.post("/<uuid:notification_id>/take-back", needs=DESK)
def take_back(notification_id):
    """Take back the answer that was noted by a wrong click."""
    line = _line(notification_id, NotificationKind.OFFER, NotificationKind.REMINDER)
    call_answers.take_back(line, reply=_answered(), by=current.actor)
    return _noted(line, _("Taken back: %(name)s has not answered.", name=line.patient.full_name))


@bp.post("/<uuid:notification_id>/undo", needs=DESK)
def undo(notification_id):
    """Take back the last call that was noted."""
    line = _line(notification_id)
    calls.undo(line, by=current.actor)
    return _noted(line, _("Taken back: the call is on the list as before."))


@bp.post("/replies/<uuid:reply_id>/read", needs=DESK)
def read(reply_id):
    """Note that an answer was read and done with."""
    texts.read(_reply(reply_id), by=current.actor)
    return _listed(_("Done."), undo=url_for(".put_back", reply_id=reply_id))


@bp.post("/replies/<uuid:reply_id>/put-back", needs=DESK)
def put_back(reply_id):
    """Put an answer back on the list."""
    texts.put_back(_reply(reply_id), by=current.actor)
    return _listed(_("It is on the list again."))


def _page():
    page = _waiting(page_number())
    # Its last call was just made: what is left stands on the pages before.
    page = page if page.rows or page.number == 1 else _waiting(1)
    replies = asked.replies(db.session()) if page.number == 1 else []
    listed(each.patient_id for each in (*page.rows, *replies) if each.patient_id)
    return {
        "calls": page, "replies": replies, "answerable": asked.answerable(db.session(), replies),
        "why": told.why_of, "kind": told.kind_of,
    }  # fmt: skip


def _waiting(number):
    return Page.of(asked.waiting(db.session(), current.clinic.id, number), number, asked.ON_A_PAGE)


def _noted(line, message, undo=None):
    """Answer what was noted of a call: the list as it is now, or the page of the visit it was noted on."""
    on_visit = _on() and line.visit_id
    return _listed(message, undo, then=url_for("staff.visits.show", visit_id=line.visit_id) if on_visit else None)


def _listed(message, undo=None, then=None):
    facts = _page() | {"count": waiting_at("staff.calls.index")} if wants_part() else {}
    return changed(PART, COUNT, then=then or url_for(".index"), message=message, undo=undo, into="#calls", **facts)


def _once_more(line, form):
    form.note.id = f"note-{line.id}"
    return again(PART if wants_part() else PAGE, form=form, form_of=line.id, **_page())


def _address(verb, line):
    """Where what was just noted is taken back, on the page and by the text message that it was noted by."""
    more = {"on": _on(), "page": request.args.get("page"), "reply_id": request.args.get("reply_id")}
    return url_for(f".{verb}", notification_id=line.id, **more)


def _on():
    """Whether it is noted on the visit's page, as the address says it; None on the list."""
    return "visit" if request.args.get("on") == "visit" else None


def _line(notification_id, *kinds):
    line = db.session.get(Notification, (current.clinic.id, notification_id)) or abort(404)
    own_patients.patient(line.patient_id)
    return line if not kinds or line.kind in kinds else abort(404)


def _reply(reply_id):
    return db.session.get(TextReply, (current.clinic.id, reply_id)) or abort(404)


def _answered():
    """The text message that the answer came by, where it came by one."""
    reply_id = an_id("reply_id")
    return _reply(reply_id) if reply_id else None
