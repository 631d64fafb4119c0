"""One visit: its page, and every step of its life as an address of its own."""

from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import abort, current_app, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException

from clinic import htmx
from clinic.access import GuardedBlueprint, Permission
from clinic.actions import arrivals
from clinic.actions import visits as verbs
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.visits import CancelForm, MeetingForm, NoteForm, UndoForm
from clinic.models.organizations import Clinic
from clinic.models.telling import Telling
from clinic.models.visits import Visit, VisitStatus
from clinic.queries import intake
from clinic.queries.day import history_of, visit_line
from clinic.queries.day_closing import day_of, is_closed
from clinic.queries.notifications import ledger
from clinic.queries.series import place_of
from clinic.queries.strandings import stranding_of
from clinic.views import told
from clinic.views.asked import own_path
from clinic.views.staff import charts, documents, own_patients
from clinic.views.staff.beside import leads_of
from clinic.views.staff.visit_lines import Lines
from clinic.views.staff.visit_rooms import rooms_in_words
from clinic.views.staff.visit_steps import STEPS

S = VisitStatus
P = Permission
bp = GuardedBlueprint("visits", __name__, face="staff", url_prefix="/visits/<uuid:visit_id>")
# Pages with a visit's buttons; a step taken without script goes back to the one it was taken on.
PAGES = (
    "staff.day.index", "staff.my_day.index", "staff.queue.index", "staff.visits.show", "staff.patients.show",
    "staff.moving.show", "staff.consultations.show",
)  # fmt: skip


@bp.get("", needs=P.VISITS_SEE, shows="visits")
def show(visit_id):
    """Everything about one visit."""
    return htmx.show("staff/visits/show.html", "staff/visits/_visit.html", **_page(own_patients.visit(visit_id)))


@bp.post("/accept", needs=STEPS[S.BOOKED].needs)
def accept(visit_id):
    """Accept what a patient asked for."""
    return _step(verbs.accept, visit_id, _("Accepted: the visit is booked."))


@bp.post("/confirm", needs=STEPS[S.CONFIRMED].needs)
def confirm(visit_id):
    """Note that the patient has said they will come."""
    return _step(verbs.confirm, visit_id, _("Confirmed."))


@bp.post("/check-in", needs=STEPS[S.CHECKED_IN].needs)
def check_in(visit_id):
    """Note that the patient is here."""
    return _step(arrivals.check_in, visit_id, _("Checked in."))


@bp.post("/start", needs=STEPS[S.IN_PROGRESS].needs)
def start(visit_id):
    """Take the patient in."""
    return _step(arrivals.start, visit_id, _("The visit has started."))


@bp.post("/complete", needs=STEPS[S.COMPLETED].needs)
def complete(visit_id):
    """Finish the visit."""
    return _step(verbs.complete, visit_id, _("The visit is completed."))


@bp.post("/mark-no-show", needs=STEPS[S.NO_SHOW].needs)
def mark_no_show(visit_id):
    """Note that the patient did not come."""
    return _step(verbs.mark_no_show, visit_id, _("Marked as not come."))


@bp.route("/cancel", methods=["GET", "POST"], needs=STEPS[S.CANCELLED].needs, shows="visits")
def cancel(visit_id):
    """Ask why, then call the visit off."""
    visit, form = own_patients.visit(visit_id), CancelForm()
    if not form.is_submitted():
        return htmx.show("staff/visits/cancel.html", visit=visit, form=form, then=own_path())
    if not form.validate():
        return htmx.again("staff/visits/cancel.html", visit=visit, form=form, then=own_path())
    verbs.cancel(visit, form.reason.data, note=form.note.data or None, by=current.actor)
    return _taken(visit, _("Cancelled."))


@bp.route("/undo", methods=["GET", "POST"], needs=P.VISITS_SEE, shows="visits")
def undo(visit_id):
    """Take the last step back; after a quarter of an hour the answer is the form that asks why."""
    visit, form = _undoable(visit_id), UndoForm()
    if not form.is_submitted():
        return htmx.show("staff/visits/undo.html", visit=visit, form=form)
    if "reason" in request.form and not form.validate():
        return htmx.again("staff/visits/undo.html", visit=visit, form=form)
    if not _taken_back(visit, form.reason.data):
        return htmx.moved_on(url_for(".undo", visit_id=visit_id))
    return _taken(visit, _("Taken back."), last=True)


@bp.post("/write-note", needs=P.VISITS_NOTE)
def write_note(visit_id):
    """Change the administrative note."""
    visit, form = own_patients.visit(visit_id), NoteForm()
    if not form.validate():
        return htmx.again("staff/visits/show.html", **_page(visit, note=form))
    verbs.write_note(visit, form.notes.data, by=current.actor)
    return htmx.changed(then=url_for(".show", visit_id=visit_id), message=_("Note saved."))


@bp.post("/set-meeting-url", needs=P.VISITS_NOTE)
def set_meeting_url(visit_id):
    """Change where a visit by video meets."""
    visit, form = own_patients.visit(visit_id), MeetingForm()
    if not form.validate():
        return htmx.again("staff/visits/show.html", **_page(visit, meeting=form))
    verbs.set_meeting_url(visit, form.meeting_url.data, by=current.actor)
    return htmx.changed(then=url_for(".show", visit_id=visit_id), message=_("Link saved."))


def _undoable(visit_id):
    """The visit, for one who may take the step that would be taken back."""
    visit = own_patients.visit(visit_id)
    if not current.may(STEPS.get(visit.status, STEPS[S.CHECKED_IN]).needs) and not _is_admins(visit):
        abort(403)
    return visit


def _is_admins(visit):
    """Whether taking a step back is the administrator's, because the visit's day is closed."""
    return current.may(P.DAYS_REOPEN) and is_closed(db.session(), day_of(visit))


def _taken_back(visit, reason):
    """Whether the step was taken back; False where that needs a reason first."""
    try:
        verbs.undo(visit, reason=reason or None, by=current.actor)
    except Refused as refused:
        if refused.field != "reason":
            raise
        return False
    return True


def _step(verb, visit_id, message):
    """Take the step; where it is refused, htmx gets the visit's line as it is now, with the reason."""
    visit = own_patients.visit(visit_id)
    try:
        verb(visit, by=current.actor)
    except Refused as refused:
        if not htmx.wants_part():
            raise
        db.session.rollback()
        lines = _line_of(own_patients.visit(visit_id))
        return htmx.again("staff/visits/_refused.html", status=409, lines=lines, reason=said(refused))
    return _taken(visit, message)


def _taken(visit, message, last=False):
    """Answer a step: the visit's own line, and a way to take the step back."""
    lines = _line_of(visit)
    undo = None if last or visit.status not in Visit.undoable else url_for(".undo", visit_id=visit.id)
    return htmx.changed("staff/visits/_lines.html", then=_back(visit), message=message, undo=undo, lines=lines)


def _line_of(visit):
    return Lines(leads=leads_of(visit)).of([visit_line(db.session(), visit)])


def _back(visit):
    """The page of ours the form names, or the step was taken on, where it has such buttons; else the visit's day."""
    if then := own_path():
        return then
    came = urlsplit(request.referrer or "")
    try:
        endpoint, _values = current_app.url_map.bind(request.host).match(came.path, method="GET")
    except HTTPException:
        endpoint = None
    if came.netloc == request.host and endpoint in PAGES:
        return came.path + ("?" + came.query if came.query else "")
    return _day_url(visit)


def _day_url(visit):
    zone = ZoneInfo(current.clinic.timezone)
    return url_for("staff.day.index", date=visit.starts_at.astimezone(zone).date())


def _intake(session, visit):
    """What the patient answered beforehand, for whoever may read it; for others only how much of it is there."""
    asked = intake.asked_of(session, visit)
    return {"asked": asked if current.may(P.CONDITIONS_SEE) else [], "count": intake.counted(asked)}


def _ledger(session, visit):
    """What the visit's patient was told, and when they are told something next."""
    clinic = session.get(Clinic, visit.clinic_id)
    return ledger(session, visit, clinic, Telling.of(clinic.settings))


def _page(visit, note=None, meeting=None):
    """What the page of a visit shows."""
    session, patient = db.session(), own_patients.patient_of(visit)
    return {
        "chart": patient and charts.of(patient),
        "ledger": _ledger(session, visit), "ledger_words": told, "in_series": place_of(session, visit),
        "visit": visit, "events": history_of(session, visit), "lines": Lines().of([visit_line(session, visit)]),
        "intake": _intake(session, visit),
        "note": note or NoteForm(formdata=None, notes=visit.notes),
        "meeting": meeting or MeetingForm(formdata=None, meeting_url=visit.meeting_url),
        "may_undo_closed": visit.status in Visit.undoable and _is_admins(visit),
        "stranding_id": stranding_of(session, visit), "day_url": _day_url(visit), "rooms": rooms_in_words(visit),
        "files": documents.listed_on(visit.patient_id, visit_id=visit.id) if current.may(P.DOCUMENTS_SEE) else None,
    }  # fmt: skip
