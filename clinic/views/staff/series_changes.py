"""Changing a series at the desk: one of its visits, that and the later ones, or all; looked at first."""

from types import SimpleNamespace
from zoneinfo import ZoneInfo

from flask import abort, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import series
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.series import CancelSeriesForm, ChangeForm
from clinic.forms.visits import UndoForm
from clinic.htmx import again, changed, moved_on, show
from clinic.openings import listed
from clinic.queries import providers
from clinic.queries import series as asked
from clinic.views.asked import a_moment, an_id
from clinic.views.staff.series import load

bp = GuardedBlueprint("series_changes", __name__, face="staff", url_prefix="/series/<uuid:series_id>")
P = Permission
CHANGE, CANCEL, RESTORE = (f"staff/series/{name}.html" for name in ("change", "cancel", "restore"))


@bp.get("/change", needs=P.VISITS_BOOK, shows="visits")
def change(series_id):
    """Where the visits are to go and, once that is typed, what stands in the way of each."""
    page = _page(series_id)
    if "at_time" not in request.args:
        return show(CHANGE, form=_prefilled(page), occasions=None, **vars(page))
    form = _offering(ChangeForm(current.clinic, formdata=request.args, meta={"csrf": False}))
    return _looked_at(page, form) if form.validate() else again(CHANGE, form=form, occasions=None, **vars(page))


@bp.post("/move", needs=P.VISITS_BOOK, shows="visits")
def move(series_id):
    """Move what was picked, all of it or nothing; refused, the page shows the dates as they are now."""
    page, form = _page(series_id), _offering(ChangeForm(current.clinic))
    if not form.validate():
        return again(CHANGE, form=form, occasions=None, **vars(page))
    members = page.among[form.scope.data]
    picks = form.picks({f"visit-{visit.id}": visit.id for visit in members}, request.form)
    if form.errors:
        return _looked_at(page, form, 422)
    return _moved(page, form, members, {key: series.Pick(*pick) for key, pick in picks.items()})


@bp.route("/cancel", methods=["GET", "POST"], needs=P.VISITS_BOOK, shows="visits")
def cancel(series_id):
    """Ask which and why, then call them off."""
    page, form = _page(series_id), CancelSeriesForm()
    listed(visit.id for visit in page.among["all"])
    if not form.is_submitted():
        return show(CANCEL, form=form, **vars(page))
    if not form.validate():
        return again(CANCEL, form=form, **vars(page))
    return _cancelled(page, form)


@bp.route("/restore", methods=["GET", "POST"], needs=P.VISITS_BOOK, shows="visits")
def restore(series_id):
    """Take a calling off back, the last one or that of a moment; after a quarter of an hour a form asks why."""
    found, form, at = load(series_id), UndoForm(), a_moment("called_off_at")
    page = {"form": form, "series": found, "called_off_at": at and at.isoformat()}
    if not form.is_submitted():
        return show(RESTORE, **page)
    if "reason" in request.form and not form.validate():
        return again(RESTORE, **page)
    if not _restored(found, at, form.reason.data):
        return moved_on(url_for(".restore", series_id=series_id, called_off_at=at and at.isoformat()))
    return changed(then=url_for("staff.series.show", series_id=series_id), message=_("Taken back."))


def _cancelled(page, form):
    members = page.among[form.scope.data]
    series.cancel(page.series, members, form.reason.data, note=form.note.data or None, by=current.actor)
    many = ngettext("%(num)d visit is cancelled.", "%(num)d visits are cancelled.", len(members))
    undo = url_for(".restore", series_id=page.series.id, called_off_at=members[0].cancelled_at.isoformat())
    return changed(then=url_for("staff.series.show", series_id=page.series.id), message=many, undo=undo)


def _restored(found, at, reason):
    """Whether it was taken back; False where that needs a reason first."""
    try:
        series.restore(found, at, reason=reason or None, by=current.actor)
    except Refused as refused:
        if refused.field != "reason":
            raise
        # What was done before it was refused must not be kept by an answer that only moves on.
        db.session.rollback()
        return False
    return True


def _page(series_id):
    """The series, the visit it is changed from, and which visits each scope means."""
    found = load(series_id)
    members = asked.visits_of(db.session(), series_id)
    coming = asked.changeable(members)
    wanted = an_id("visit_id")
    first = next((visit for visit in coming if visit.id == wanted), None) if wanted else next(iter(coming), None)
    if first is None:
        abort(404)
    among = {"this": [first], "later": asked.changeable(members, first), "all": coming}
    return SimpleNamespace(series=found, members=members, first=first, among=among,
                           zone=ZoneInfo(found.timezone))  # fmt: skip


def _prefilled(page):
    local = page.first.starts_at.astimezone(page.zone)
    return _offering(ChangeForm(current.clinic, formdata=None, first_on=local.date(), at_time=local.time(),
                                provider_id=page.first.provider_id))  # fmt: skip


def _offering(form):
    form.provider_id.offer(providers.names(db.session(), bookable=True), _("Choose a doctor"))
    return form


def _shift(page, form):
    days = (form.first_on.data - page.first.starts_at.astimezone(page.zone).date()).days
    return series.Shift(days, form.at_time.data, form.provider_id.data)


def _looked_at(page, form, status=200):
    """The page with every visit's new date as a move would find it now."""
    members = page.among[form.scope.data]
    listed(visit.id for visit in members)
    try:
        occasions = series.preview_change(db.session(), page.series, members, _shift(page, form), by=current.actor)
    except Refused as refused:
        form.blame(said(refused), refused.field)
        return _again(page, form)
    return show(CHANGE, status=status, form=_offering(form), occasions=occasions, said=said, chosen=request.form,
                **vars(_page(page.series.id)))  # fmt: skip


def _moved(page, form, members, picks):
    whole = form.scope.data == "all" and len(picks) == len(members)
    try:
        series.change(page.series, members, picks, _shift(page, form), overbook=form.overbook_reason.data, whole=whole,
                      by=current.actor)  # fmt: skip
    except Refused as refused:
        db.session.rollback()
        form.blame(said(refused), refused.field)
        return _looked_at(_page(page.series.id), form, 409)
    many = ngettext("%(num)d visit is moved.", "%(num)d visits are moved.", len(picks))
    return changed(then=url_for("staff.series.show", series_id=page.series.id), message=many)


def _again(page, form):
    series_id = page.series.id
    db.session.rollback()
    return again(CHANGE, status=409, form=_offering(form), occasions=None, **vars(_page(series_id)))
