"""The queue: who waits and how long, calling whoever is next, and how true our estimates were."""

from types import SimpleNamespace

from flask import abort, request, session, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import queue
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.queue import ALL, CallForm, LimitsForm, QueueFilter, TriageForm
from clinic.htmx import again, changed, show, wants_part
from clinic.models.organizations import Clinic
from clinic.queries import queue as asked
from clinic.queries import waits
from clinic.queries.day import Day, doctors_of
from clinic.views.asked import own_path
from clinic.views.staff import own_patients
from clinic.views.staff.queue_rows import shown

bp = GuardedBlueprint("queue", __name__, face="staff", url_prefix="/queue")
PAGE, PART, LIMITS = "staff/queue/index.html", "staff/queue/_queue.html", "staff/queue/limits.html"
# The queue with where people are called to: only a call takes its place, so that the bell leaves alone what is typed.
CALLING = "staff/queue/_calling.html"
P = Permission
# Where this person last called somebody to: a room's id or words of a place, kept in their cookie.
ROOM, PLACE = "queue_room", "queue_place"


@bp.get("", needs=P.VISITS_SEE, shows="visits")
def index():
    """Everybody who is here: called, waiting in the order of the queue, with a doctor."""
    return show(PAGE, PART, **_page())


@bp.post("/call-next", needs=P.VISITS_CHECK_IN, shows="visits")
def call_next():
    """Call whoever is next."""
    form = _form_of_calls()
    if not form.validate():
        return _again(form)
    provider_id = _whose_next()
    return _called(
        lambda: queue.call_next(db.session(), provider_id=provider_id, by=current.actor, **_where(form)), form
    )


@bp.post("/<uuid:visit_id>/call", needs=P.VISITS_CHECK_IN, shows="visits")
def call(visit_id):
    """Call this one, whoever would be next."""
    visit, form = own_patients.visit(visit_id), _form_of_calls()
    if not form.validate():
        return _again(form)
    return _called(lambda: queue.call(visit, by=current.actor, **_where(form)), form)


@bp.post("/<uuid:visit_id>/call-again", needs=P.VISITS_CHECK_IN, shows="visits")
def call_again(visit_id):
    """Call somebody once more who did not come."""
    visit = queue.call_again(own_patients.visit(visit_id), by=current.actor)
    return _done(_("Number %(number)s is called again.", number=visit.ticket_number))


@bp.post("/<uuid:visit_id>/uncall", needs=P.VISITS_CHECK_IN, shows="visits")
def uncall(visit_id):
    """Take a call back."""
    visit = queue.uncall(own_patients.visit(visit_id), by=current.actor)
    return _done(_("Number %(number)s waits again.", number=visit.ticket_number))


@bp.post("/<uuid:visit_id>/triage", needs=P.VISITS_CHECK_IN, shows="visits")
def triage(visit_id):
    """Say how urgent somebody is."""
    visit, form = own_patients.visit(visit_id), TriageForm()
    if not form.validate():
        abort(422)
    queue.triage(visit, form.severity.data, by=current.actor)
    words = _(visit.severity.label) if visit.severity else _("no urgency said")
    return _done(_("Number %(number)s: %(words)s.", number=visit.ticket_number, words=words))


@bp.get("/estimates", needs=P.VISITS_SEE)
def estimates():
    """What people were told about their wait beside what became of it."""
    return show("staff/queue/estimates.html", rows=waits.how_true(db.session(), current.clinic.id), few=waits.FEWEST)


@bp.get("/limits", needs=P.CLINIC_EDIT)
def limits():
    """After how many minutes it is long, as it is set."""
    kept = asked.limits_of(db.session(), current.clinic.id)
    form = LimitsForm(formdata=None, waiting=kept.waiting, called=kept.called, seen=kept.seen)
    return show(LIMITS, form=form)


@bp.post("/limits", needs=P.CLINIC_EDIT)
def set_limits():
    """Set after how many minutes it is long."""
    form = LimitsForm()
    if not form.validate():
        return again(LIMITS, form=form)
    queue.set_limits(db.session.get(Clinic, current.clinic.id) or abort(404), by=current.actor, **form.facts)
    return changed(then=url_for(".limits"), message=_("Saved."))


def _called(verb, form):
    """Take the call; where it is refused, say so on the same page, with what was typed."""
    try:
        visit = verb()
    except Refused as refused:
        db.session.rollback()
        form.blame(said(refused), refused.field)
        return _again(form, status=409)
    session[ROOM], session[PLACE] = str(form.room_id.data or ""), form.place.data or ""
    words = _("Number %(number)s: %(place)s.", number=visit.ticket_number, place=visit.called_to)
    return _done(words, CALLING, undo=url_for(".uncall", visit_id=visit.id, next=own_path()))


def _again(form, status=422):
    return again(CALLING if wants_part() else PAGE, status=status, **_page(form))


def _whose_next():
    """Whose patients are called: the desk's choice; a doctor calls their own and those who wait for anybody."""
    if own_patients.reach() is None:
        return _provider(_filter())
    return current.provider_id or abort(403)


def _done(message, part=PART, undo=None):
    db.session.flush()
    then = own_path() or url_for(".index", **request.args)
    return changed(part, then=then, message=message, undo=undo, **_page())


def _where(form):
    return {"room_id": form.room_id.data, "place": form.place.data}


def _form_of_calls(**given):
    form = CallForm(**given)
    rooms = [(room.id, room.name) for room in asked.rooms(db.session())]
    form.room_id.offer(rooms, _("The visit’s own room, if it has one"))
    return form


def last_place():
    """The form that says where people are called to, as this person filled it last."""
    return _form_of_calls(formdata=None, room_id=session.get(ROOM) or None, place=session.get(PLACE) or None)


def _filter(doctors=None, day=None):
    form = QueueFilter(request.args)
    if "provider" not in request.args:
        form.provider.data = str(current.provider_id) if current.provider_id else ALL
    day = day or Day.today(current.clinic.timezone)
    known = form.offer(doctors_of(db.session(), current.clinic.id, day) if doctors is None else doctors)
    return form if form.validate() and known else abort(404)


def _provider(form):
    return None if form.provider.data == ALL else form.provider.data


def _page(form=None):
    day = Day.today(current.clinic.timezone)
    chosen = _filter(day=day)
    number = chosen.page.data
    rows = asked.people(db.session(), current.clinic.id, day, _provider(chosen), number)
    total = rows[0].total if rows else 0
    address = url_for("staff.queue.index", provider=chosen.provider.data)
    pages = SimpleNamespace(
        number=number, has_prev=number > 1, has_next=number * asked.PER_PAGE < total,
        url=lambda other: f"{address}&page={other}",
    )  # fmt: skip
    return {
        "filter": chosen, "form": form or last_place(), "day": day, "pages": pages, "total": total,
        "query": f"?provider={chosen.provider.data}&page={number}", "may_call": current.may(P.VISITS_CHECK_IN),
        **shown(rows, asked.limits_of(db.session(), current.clinic.id)),
    }  # fmt: skip
