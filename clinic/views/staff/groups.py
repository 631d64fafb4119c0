"""Times for groups: the desk publishes them, sees who sits in one, changes, closes and calls them off."""

from datetime import date
from zoneinfo import ZoneInfo

from flask import abort, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import groups
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.groups import GroupForm, SeatsForm
from clinic.forms.visits import CancelForm, UndoForm
from clinic.htmx import again, changed, moved_on
from clinic.htmx import show as show_page
from clinic.models.groups import CalledOffGroup
from clinic.models.schedule import Slot, SlotKind
from clinic.openings import listed
from clinic.queries import groups as asked
from clinic.queries import providers
from clinic.views.asked import Page, page_number
from clinic.views.staff import own_patients

bp = GuardedBlueprint("groups", __name__, face="staff", url_prefix="/groups")
P = Permission
LIST, NEW, ONE, EDIT = (f"staff/groups/{name}.html" for name in ("index", "new", "show", "edit"))


@bp.get("", needs=P.SCHEDULE_SEE)
def index():
    """The times for groups that are to come, and how full they are."""
    number = page_number()
    page = Page.of(asked.coming(db.session(), number), number, asked.PAGE)
    return show_page(LIST, "staff/groups/_list.html", found=page)


@bp.get("/new", needs=P.GROUPS_EDIT)
def new():
    """An empty form for a time, or for the same time again and again."""
    return show_page(NEW, form=_offering(GroupForm(current.clinic, formdata=None)), occasions=None)


@bp.post("/new", needs=P.GROUPS_EDIT)
def create():
    """Publish the time; of several first show which dates are free."""
    form = _offering(GroupForm(current.clinic))
    if not form.validate():
        return again(NEW, form=form, occasions=None)
    try:
        return _published(form) if not form.repeats or "chosen" in request.form else _looked_at(form)
    except Refused as refused:
        db.session.rollback()
        form.blame(said(refused), "first_on" if refused.field == "on_date" else refused.field)
        return again(NEW, form=_offering(form), status=409, occasions=None)


@bp.get("/<uuid:group_id>", needs=P.VISITS_SEE, shows="visits")
def show(group_id):
    """One time: how full it is, and who sits in it."""
    return show_page(ONE, "staff/groups/_group.html", **_page(group_id))


@bp.route("/<uuid:group_id>/edit", methods=["GET", "POST"], needs=P.GROUPS_EDIT)
def edit(group_id):
    """More or fewer places, another title, another place."""
    slot = _slot(group_id)
    form = _places(SeatsForm(obj=slot))
    if not form.is_submitted():
        return show_page(EDIT, form=form, group=asked.shown(db.session(), group_id))
    if not form.validate():
        return again(EDIT, form=form, group=asked.shown(db.session(), group_id))
    return _updated(slot, form)


@bp.post("/<uuid:group_id>/close", needs=P.GROUPS_EDIT, shows="visits")
def close(group_id):
    """Take nobody new."""
    groups.close(_slot(group_id), by=current.actor)
    return _changed(group_id, _("Closed for booking. Whoever is in it stays."))


@bp.post("/<uuid:group_id>/reopen", needs=P.GROUPS_EDIT, shows="visits")
def reopen(group_id):
    """Let it be booked again."""
    groups.reopen(_slot(group_id), by=current.actor)
    return _changed(group_id, _("Open for booking again."))


@bp.route("/<uuid:group_id>/call-off", methods=["GET", "POST"], needs=P.GROUPS_EDIT)
def call_off(group_id):
    """Ask why, then cancel every visit in it and free the doctor's time."""
    slot, form = _slot(group_id), CancelForm()
    page = {"form": form, "group": asked.shown(db.session(), group_id)}
    if not form.is_submitted():
        return show_page("staff/groups/call_off.html", **page)
    if not form.validate():
        return again("staff/groups/call_off.html", **page)
    return _called_off(slot, **page)


@bp.route("/<uuid:group_id>/restore", methods=["GET", "POST"], needs=P.GROUPS_EDIT)
def restore(group_id):
    """Let it take place after all; after a quarter of an hour the answer is the form that asks why."""
    gone = db.session.get(CalledOffGroup, (current.clinic.id, group_id)) or abort(404)
    form, page = UndoForm(), {"group": asked.shown(db.session(), group_id)}
    if not form.is_submitted():
        return show_page("staff/groups/restore.html", form=form, **page)
    if "reason" in request.form and not form.validate():
        return again("staff/groups/restore.html", form=form, **page)
    if not _restored(gone, form.reason.data):
        return moved_on(url_for(".restore", group_id=group_id))
    return changed(then=url_for(".show", group_id=group_id), message=_("It takes place after all."))


def _called_off(slot, form, group):
    groups.call_off(slot, form.reason.data, note=form.note.data or None, by=current.actor)
    many = ngettext("%(num)d visit was cancelled.", "%(num)d visits were cancelled.", group.taken)
    return changed(then=url_for(".show", group_id=group.id), message=f"{_('Called off.')} {many}",
                   undo=url_for(".restore", group_id=group.id))  # fmt: skip


def _restored(gone, reason):
    """Whether it stands again; False where that needs a reason first."""
    try:
        groups.restore(gone, reason=reason or None, by=current.actor)
    except Refused as refused:
        if refused.field != "reason":
            raise
        # What was done before it was refused must not be kept by an answer that only moves on.
        db.session.rollback()
        return False
    return True


def _published(form):
    """Publish the one time, or every date that was ticked."""
    days = [form.first_on.data] if not form.repeats else _ticked(form)
    for day in days:
        groups.publish(db.session(), form.group, _instant(day, form), by=current.actor)
    many = ngettext("%(num)d time is published.", "%(num)d times are published.", len(days))
    return changed(then=url_for(".index"), message=many)


def _looked_at(form):
    """The page again, with what stands in the way of each date."""
    found = groups.preview(
        db.session(), form.group, form.days, form.at_time.data, form.zone, by=current.actor
    )  # fmt: skip
    return show_page(NEW, form=_offering(form), occasions=found, said=said)


def _ticked(form):
    """The days of the rule that were ticked."""
    sent = set(request.form.getlist("on"))
    days = [day for day in form.days if day.isoformat() in sent]
    if not days:
        raise Refused("Tick at least one date.")
    return days


def _instant(day: date, form):
    moment = form.moment(day)
    if moment is None:
        raise Refused("The clocks go forward that day: there is no such time.", field="at_time")
    return moment


def _updated(slot, form):
    try:
        groups.update(slot, by=current.actor, **form.details)
    except Refused as refused:
        db.session.rollback()
        form.blame(said(refused), refused.field)
        return again(EDIT, status=409, form=_places(form), group=asked.shown(db.session(), slot.id))
    return changed(then=url_for(".show", group_id=slot.id), message=_("Saved."))


def _changed(group_id, message):
    db.session.flush()
    then = url_for(".show", group_id=group_id)
    return changed("staff/groups/_group.html", then=then, message=message, **_page(group_id))


def _page(group_id):
    """One time with its members, where this person may open their records."""
    session = db.session()
    group = asked.shown(session, group_id) or abort(404)
    own = own_patients.reach(P.VISITS_SEE)
    members = None
    if own is None or own.provider_id == group.provider_id:
        gone = group.called_off_at and session.get(CalledOffGroup, (current.clinic.id, group_id))
        members = asked.called_off_visits(session, gone) if gone else asked.members(session, group_id)
        listed(visit.id for visit in members)
    return {"group": group, "members": members, "may_edit": current.may(P.GROUPS_EDIT), "book_url": _book_url(group),
            "may_book": current.may(P.VISITS_BOOK), "wait_url": _wait_url(group),
            "zone": current.clinic.timezone}  # fmt: skip


def _book_url(group):
    """Where a place in it is booked; of any type the desk chooses the type first."""
    at = group.starts_at.isoformat() if group.visit_type_id else None
    return url_for("staff.booking.new", visit_type_id=group.visit_type_id, provider_id=group.provider_id,
                   starts_at=at, date=None if at else _day(group))  # fmt: skip


def _wait_url(group):
    """Where somebody is put on the waiting list for a place that becomes free in it."""
    return url_for("staff.waitlist.new", visit_type_id=group.visit_type_id, provider_id=group.provider_id,
                   date=_day(group))  # fmt: skip


def _day(group):
    return group.starts_at.astimezone(ZoneInfo(current.clinic.timezone)).date()


def _offering(form):
    form.provider_id.offer(providers.names(db.session(), bookable=True), _("Choose a doctor"))
    types = [(each.id, each.name) for each in providers.visit_types(db.session()) if each.is_active]
    form.visit_type_id.offer(types, _("Any type that fits"))
    return _places(form)


def _places(form):
    places = [(each.id, each.name) for each in providers.locations(db.session())]
    form.location_id.offer(places, _("Where the doctor is"))
    return form


def _slot(group_id):
    slot = db.session.get(Slot, (current.clinic.id, group_id))
    return slot if slot and slot.kind == SlotKind.PUBLISHED else abort(404)
