"""Closing the day: what is still open, what became of every visit, the signature; and what tomorrow needs."""

from datetime import datetime, timedelta
from uuid import UUID

from flask import abort, current_app, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import day_closing
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.day_closing import CloseForm, OutcomesForm, ReopenForm, WhichDay
from clinic.htmx import again, changed, show
from clinic.models.day_closings import ClosingStep
from clinic.openings import listed
from clinic.queries import day_checks
from clinic.queries import day_closing as asked
from clinic.queries.day import Day
from clinic.views.asked import Page
from clinic.views.staff import own_patients

bp = GuardedBlueprint("day_closing", __name__, face="staff", url_prefix="/day-closing")
PAGE, OUTCOMES = "staff/day_closing/index.html", "staff/day_closing/outcomes.html"
P = Permission
PER_PAGE = 50


@bp.get("", needs=P.DAYS_CLOSE, shows="visits")
def index():
    """What is still open on the day, who signed it, and what the day after needs; a doctor sees their own part."""
    return show(PAGE, **_page(_day()))


@bp.get("/settle", needs=P.DAYS_CLOSE, shows="visits")
def outcomes():
    """Ask what became of each visit whose time is over."""
    return show(OUTCOMES, **_outcomes(_day(), OutcomesForm(formdata=None)))


@bp.post("/settle", needs=P.DAYS_CLOSE)
def settle():
    """Write down what was answered, of one visit or of many."""
    day, form = _day(), OutcomesForm()
    if not form.validate():
        return again(OUTCOMES, **_outcomes(day, form))
    answers = form.answers(request.form, _ids_on_page())
    visits = {visit_id: own_patients.visit(visit_id) for visit_id in answers}
    told = [(visits[visit_id], *answer) for visit_id, answer in answers.items()]
    said = [(visit, outcome) for visit, outcome, is_said in told if is_said or not asked.is_here(visit, day)]
    return _settled(day, said, form.note.data)


@bp.post("/<uuid:visit_id>/unsettle", needs=P.DAYS_CLOSE)
def unsettle(visit_id):
    """Take back what was said of one visit."""
    visit = day_closing.unsettle(own_patients.visit(visit_id), by=current.actor)
    return changed(then=url_for(".index", date=asked.day_of(visit).isoformat()), message=_("Taken back."))


@bp.post("/unsettle-all", needs=P.DAYS_CLOSE)
def unsettle_all():
    """Take back what this person said at once of several visits."""
    day, since, until = _day(), _moment("since"), _moment("until")
    which = asked.Asked(current.clinic.id, day)
    for visit_id in day_checks.said_by(db.session(), which, current.user.id, since, until):
        day_closing.unsettle(own_patients.visit(visit_id), by=current.actor)
    return changed(then=url_for(".outcomes", date=day.date.isoformat()), message=_("Taken back."))


@bp.post("/close", needs=P.DAYS_CLOSE)
def close():
    """Sign the day off; a doctor signs their own part."""
    day, form = _day(), CloseForm()
    if not form.validate():
        return again(PAGE, **_page(day, close=form))
    try:
        day_closing.close(db.session(), day.date, by=current.actor, notes=form.notes.data, provider_id=_whose_part())
    except Refused as refused:
        return _refused(day, form, refused, "close")
    return changed(then=url_for(".index", date=day.date.isoformat()), message=_("The day is closed."))


@bp.post("/reopen", needs=P.DAYS_REOPEN)
def reopen():
    """Open the day again, with a reason."""
    day, form = _day(), ReopenForm()
    if not form.validate():
        return again(PAGE, **_page(day, reopen=form))
    try:
        day_closing.reopen(db.session(), day.date, form.reason.data, by=current.actor)
    except Refused as refused:
        return _refused(day, form, refused, "reopen")
    return changed(then=url_for(".index", date=day.date.isoformat()), message=_("The day is open again."))


def _settled(day, answers, note):
    since = day_checks.moment(db.session())
    for visit, outcome in answers:
        day_closing.settle(visit, outcome, by=current.actor, note=note or _("Said when the day was closed."))
    said = {"since": since.isoformat(), "until": day_checks.moment(db.session()).isoformat()}
    words = ngettext("%(num)d visit has its outcome.", "%(num)d visits have their outcome.", len(answers))
    undo = url_for(".unsettle_all", date=day.date.isoformat(), **said) if answers else None
    return changed(then=url_for(".outcomes", date=day.date.isoformat()), message=words, undo=undo)


def _refused(day, form, refused, name):
    db.session.rollback()
    form.blame(said(refused), refused.field)
    return again(PAGE, status=409, **_page(day, **{name: form}))


def _day():
    form = WhichDay(request.args)
    if not form.validate():
        abort(404)
    zone = current.clinic.timezone
    return Day.on(form.date.data, zone) if form.date.data else Day.today(zone)


def _moment(name):
    try:
        found = datetime.fromisoformat(request.args.get(name, ""))
    except ValueError:
        abort(404)
    return found if found.tzinfo else abort(404)


def _whose_part():
    """None for the whole clinic's; else the doctor whose part alone this person sees and signs."""
    if own_patients.reach() is None:
        return None
    return current.provider_id or abort(403)


def _may_open(endpoint):
    need = current_app.extensions["needs"].get(endpoint)
    return need is not None and current.may(need.permission)


def _page(day, **forms):
    session, part, zone = db.session(), _whose_part(), current.clinic.timezone
    which = asked.Asked(current.clinic.id, day, part)
    ahead = Day.on(asked.next_day(session, which), zone)
    open_ones = asked.find(session, asked.CLOSING, which)
    coming = asked.find(session, asked.READINESS, asked.Asked(current.clinic.id, ahead, part))
    listed(line.visit_id for each in (*open_ones, *coming) for line in each.lines if line.visit_id)
    last = asked.last_closing(session, day.date, part)
    return {
        "day": day, "before": day.date - timedelta(days=1), "after": day.date + timedelta(days=1), "ahead": ahead,
        "today": Day.today(zone).date,
        "open_ones": open_ones, "coming": coming,
        "own_part": part, "last": last, "is_closed": last is not None and last.step == ClosingStep.CLOSED,
        "closed_parts": asked.closed_parts(session, day.date), "signatures": asked.history(session, day.date),
        "labels": {n: c.label for n, c in asked.CLOSING.items()},
        "more_to_come": asked.has_more_to_come(session, which),
        "reachable": {name for name, check in asked.every_check() if _may_open(check.where)},
        "close": CloseForm(formdata=None), "reopen": ReopenForm(formdata=None), **forms,
    }  # fmt: skip


def _outcomes(day, form):
    number = WhichDay(request.args).page.data or 1
    which = asked.Asked(current.clinic.id, day, _whose_part())
    rows = day_checks.without_outcome(db.session(), which, (number - 1) * PER_PAGE, PER_PAGE + 1)
    page = Page.of(rows, number, PER_PAGE)
    listed(row.visit_id for row in page.rows)
    return {"day": day, "form": form, "found": page, "given": request.form}


def _ids_on_page():
    """The visits that were on the page that was sent; whatever is no id is no visit."""
    found = set()
    for text in request.form.getlist("visit")[: PER_PAGE * 2]:
        try:
            found.add(UUID(text))
        except ValueError:
            abort(404)
    return found
