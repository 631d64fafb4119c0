"""A doctor's hours: the desk and the doctor read them, the administrator changes them."""

from uuid import UUID
from zoneinfo import ZoneInfo

from flask import abort, request, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import hours
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.hours import WEEK, DatedForm, WeekdayForm, WeeklyForm
from clinic.htmx import again, changed, show, wants_part
from clinic.models.schedule import Availability
from clinic.queries import closures
from clinic.queries import hours as asked
from clinic.queries.providers import locations
from clinic.views.staff import taken_away
from clinic.views.staff.providers import load
from clinic.views.staff.stranded import opened
from clinic.walltime import today

bp = GuardedBlueprint("hours", __name__, face="staff", url_prefix="/providers/<uuid:provider_id>/hours")
PAGE, PART, FORM = "staff/hours/index.html", "staff/hours/_hours.html", "staff/hours/edit.html"
# Rows that one address can name: it is kept in a cookie until it is shown.
MOST_NAMED = 40


@bp.get("", needs=Permission.SCHEDULE_SEE)
def index(provider_id):
    """The doctor's week and the days that differ from it."""
    return show(PAGE, PART, **_page(load(provider_id)))


@bp.post("/weekly", needs=Permission.SCHEDULE_EDIT)
def add_weekly(provider_id):
    """Add the same hours to every ticked weekday."""
    provider, form = load(provider_id), _weekly()
    if not form.validate():
        return _again(provider, weekly_form=form)
    try:
        valid = {"valid_from": form.valid_from.data, "valid_until": form.valid_until.data}
        for weekday in form.weekdays.data:
            hours.add(db.session(), provider, by=current.actor, weekday=weekday, **form.hours, **valid)
    except Refused as refused:
        return _refused(provider_id, refused, weekly_form=form)
    return _changed(provider, _("The hours are added."))


@bp.post("/dated", needs=Permission.SCHEDULE_EDIT)
def add_dated(provider_id):
    """Add hours of one date."""
    provider, form = load(provider_id), _dated()
    if not form.validate():
        return _again(provider, dated_form=form)
    try:
        hours.add(db.session(), provider, by=current.actor, **form.details)
    except Refused as refused:
        return _refused(provider_id, refused, dated_form=form)
    return _changed(provider, _("The hours of that day are added."))


@bp.get("/<uuid:row_id>", needs=Permission.SCHEDULE_EDIT)
def edit(provider_id, row_id):
    """The form of hours that are there already."""
    provider = load(provider_id)
    row = _row(provider, row_id)
    return show(FORM, provider=provider, row=row, form=_form_of(row, obj=row))


@bp.post("/<uuid:row_id>", needs=Permission.SCHEDULE_EDIT)
def update(provider_id, row_id):
    """Change hours where they stand."""
    provider = load(provider_id)
    row = _row(provider, row_id)
    form = _form_of(row)
    if not form.validate():
        return again(FORM, provider=provider, row=row, form=form)
    try:
        hours.update(row, provider, by=current.actor, **form.details)
    except Refused as refused:
        return _not_changed(provider_id, row_id, form, refused)
    return opened(_("Saved.")) or _saved(provider_id)


@bp.post("/<uuid:row_id>/pause", needs=Permission.SCHEDULE_EDIT)
def pause(provider_id, row_id):
    """Offer nothing in these hours for a while."""
    provider = load(provider_id)
    hours.pause(_row(provider, row_id), provider, by=current.actor)
    undo = url_for(".resume", provider_id=provider.id, row_id=row_id)
    return _changed(provider, _("These hours are paused: nothing new can be booked in them."), undo)


@bp.post("/<uuid:row_id>/resume", needs=Permission.SCHEDULE_EDIT)
def resume(provider_id, row_id):
    """Offer times in them again."""
    provider = load(provider_id)
    hours.resume(_row(provider, row_id), provider, by=current.actor)
    undo = url_for(".pause", provider_id=provider.id, row_id=row_id)
    return _changed(provider, _("These hours count again."), undo)


@bp.post("/pause-all", needs=Permission.SCHEDULE_EDIT)
def pause_all(provider_id):
    """Offer nothing in any of the doctor's hours for a while; ?row= for some of them."""
    provider = load(provider_id)
    rows = hours.pause_all(provider, _named(), by=current.actor)
    message = _("All hours are paused: nothing new can be booked in them.")
    return _changed(provider, message, _back(".resume_all", provider, rows))


@bp.post("/resume-all", needs=Permission.SCHEDULE_EDIT)
def resume_all(provider_id):
    """Offer times in all paused hours again; ?row= for some of them."""
    provider = load(provider_id)
    rows = hours.resume_all(provider, _named(), by=current.actor)
    return _changed(provider, _("All hours count again."), _back(".pause_all", provider, rows))


@bp.post("/<uuid:row_id>/remove", needs=Permission.SCHEDULE_EDIT)
def remove(provider_id, row_id):
    """Take the hours away."""
    provider = load(provider_id)
    row = hours.remove(_row(provider, row_id), provider, by=current.actor)
    taken_away.keep(provider, row_id, hours.kept(row))
    undo = url_for(".restore", provider_id=provider.id, row_id=row_id)
    return _changed(provider, _("The hours are removed; visits booked in them stay."), undo)


@bp.post("/<uuid:row_id>/restore", needs=Permission.SCHEDULE_EDIT)
def restore(provider_id, row_id):
    """Take a removal back."""
    provider = load(provider_id)
    hours.add(db.session(), provider, by=current.actor, **hours.read(taken_away.kept(provider, row_id)))
    return _changed(provider, _("The hours are back."))


def _row(provider, row_id):
    row = db.session.get(Availability, (current.clinic.id, row_id))
    return row if row is not None and row.provider_id == provider.id else abort(404)


def _named():
    """The ids of the rows that the address names, as the undo of all of them does, or None."""
    try:
        return [UUID(each) for each in request.args.getlist("row")] or None
    except ValueError:
        abort(404)


def _back(endpoint, provider, rows):
    """What takes the change of just these rows back, where the address can name them all."""
    named = 0 < len(rows) <= MOST_NAMED
    return url_for(endpoint, provider_id=provider.id, row=[row.id for row in rows]) if named else None


def _page(provider, weekly_form=None, dated_form=None):
    day = today(ZoneInfo(current.clinic.timezone))
    rows, dated = (find(db.session(), provider.id, day) for find in (asked.weekly, asked.dated))
    return {
        "provider": provider, "zone": current.clinic.timezone, "today": day,
        "week": [(label, [row for row in rows if row[0].weekday == number]) for number, label in WEEK],
        "dated": dated, "standing": {row.status.value for row, _place in (*rows, *dated)},
        "usual_place": _usual_place(provider), "may_edit": current.may(Permission.SCHEDULE_EDIT),
        "closures_zone": ZoneInfo(current.clinic.timezone), "closures": closures.coming(db.session(), provider.id),
        "weekly_form": weekly_form or _weekly(formdata=None), "dated_form": dated_form or _dated(formdata=None),
    }  # fmt: skip


def _usual_place(provider):
    """The name of where hours are that say no place of their own; None where nothing says it."""
    places = locations(db.session())
    usual = provider.location or (places[0] if len(places) == 1 else None)
    return usual and usual.name


def _weekly(**given):
    return _with_places(WeeklyForm(prefix="weekly-", **given))


def _dated(**given):
    return _on_the_calendar(_with_places(DatedForm(prefix="dated-", **given)))


def _form_of(row, **given):
    if row.on_date is None:
        return _with_places(WeekdayForm(**given))
    form = _on_the_calendar(_with_places(DatedForm(**given)))
    return form.show(row) if given else form


def _on_the_calendar(form):
    form.zone = ZoneInfo(current.clinic.timezone)
    form.today = today(form.zone)
    return form


def _with_places(form):
    form.location_id.offer([(each.id, each.name) for each in locations(db.session())], _("The usual place"))
    return form


def _changed(provider, message, undo=None):
    db.session.flush()
    workbench = opened(message)
    if workbench is not None:
        return workbench
    then = url_for(".index", provider_id=provider.id)
    return changed(PART, then=then, message=message, undo=undo, **_page(provider))


def _again(provider, status=422, **forms):
    return again(PART if wants_part() else PAGE, status=status, **_page(provider, **forms))


def _saved(provider_id):
    return changed(then=url_for(".index", provider_id=provider_id), message=_("Saved; visits booked before stay."))


def _not_changed(provider_id, row_id, form, refused):
    db.session.rollback()
    form.blame(said(refused), refused.field)
    provider = load(provider_id)
    return again(FORM, status=409, provider=provider, row=_row(provider, row_id), form=form)


def _refused(provider_id, refused, **forms):
    db.session.rollback()
    for form in forms.values():
        form.blame(said(refused), refused.field)
    return _again(load(provider_id), status=409, **forms)
