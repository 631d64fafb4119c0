"""The clinic's doctors: who they are, whether they may be booked, and what they offer."""

from uuid import UUID

from flask import abort, request, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission, sees_everybody
from clinic.actions import providers
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.providers import ProviderForm, offered, offers_form
from clinic.htmx import again, changed, show
from clinic.models.providers import Provider
from clinic.queries import providers as asked
from clinic.views.staff.stranded import opened

bp = GuardedBlueprint("providers", __name__, face="staff", url_prefix="/providers")
NEW, PAGE, LEAVING = "staff/providers/new.html", "staff/providers/edit.html", "staff/providers/deactivate.html"


@bp.get("", needs=Permission.SCHEDULE_SEE)
def index():
    """Every doctor; to a doctor only themselves."""
    only = None if sees_all() else current.provider_id
    rows = asked.listed(db.session(), only) if sees_all() or only else []
    return show("staff/providers/index.html", rows=rows)


@bp.get("/new", needs=Permission.CLINIC_EDIT)
def new():
    """An empty profile; ?user_id= fills in a colleague."""
    form = _form(formdata=None).show_colour(None)
    wanted = request.args.get("user_id", "")
    if wanted in {choice.value for choice in form.user_id.choices}:
        form.user_id.data = UUID(wanted) if wanted else None
        form.display_name.data = request.args.get("name", "")[:120]
    return show(NEW, form=form)


@bp.post("/new", needs=Permission.CLINIC_EDIT)
def create():
    """Add a doctor, who is then approved in a second step."""
    form = _form()
    if not form.validate():
        return again(NEW, form=form)
    try:
        made = providers.add(db.session(), by=current.actor, **form.details)
    except Refused as refused:
        return _refused(NEW, form, refused)
    message = _("%(doctor)s is added. Next: visit types, hours, then approve.", doctor=made.display_name)
    return changed(then=url_for(".edit", provider_id=made.id), message=message)


@bp.get("/<uuid:provider_id>", needs=Permission.CLINIC_EDIT)
def edit(provider_id):
    """The profile, what the doctor offers, and where they stand."""
    provider = load(provider_id)
    return show(PAGE, **_page(provider, _form(provider.user_id, obj=provider).show_colour(provider.colour)))


@bp.post("/<uuid:provider_id>", needs=Permission.CLINIC_EDIT)
def update(provider_id):
    """Change the profile."""
    provider = load(provider_id)
    form = _form(provider.user_id)
    if not form.validate() or _moves_visits_unseen(provider, form):
        return again(PAGE, **_page(provider, form))
    try:
        providers.update(provider, by=current.actor, **form.details)
    except Refused as refused:
        return _refused(PAGE, form, refused, provider_id)
    return changed(then=url_for(".edit", provider_id=provider_id), message=_("Saved."))


@bp.post("/<uuid:provider_id>/offer", needs=Permission.CLINIC_EDIT)
def offer(provider_id):
    """Say which visit types the doctor offers."""
    provider, visit_types = load(provider_id), asked.visit_types(db.session())
    form = offers_form(visit_types, (), current.clinic)
    if not form.validate():
        profile = _form(provider.user_id, formdata=None, obj=provider).show_colour(provider.colour)
        return again(PAGE, **_page(provider, profile, form))
    providers.offer(provider, offered(form, visit_types), by=current.actor)
    return changed(then=url_for(".edit", provider_id=provider_id), message=_("Saved."))


@bp.post("/<uuid:provider_id>/approve", needs=Permission.CLINIC_EDIT)
def approve(provider_id):
    """Let the doctor be shown and booked."""
    provider = providers.approve(load(provider_id), by=current.actor)
    return _stands(provider, _("%(doctor)s can be booked now.", doctor=provider.display_name))


@bp.post("/<uuid:provider_id>/withdraw-approval", needs=Permission.CLINIC_EDIT)
def withdraw_approval(provider_id):
    """Hide the doctor again."""
    provider = providers.withdraw_approval(load(provider_id), by=current.actor)
    return _stands(provider, _("%(doctor)s is no longer shown or booked.", doctor=provider.display_name))


@bp.get("/<uuid:provider_id>/deactivate", needs=Permission.CLINIC_EDIT)
def leaving(provider_id):
    """What it means that a doctor leaves: the visits still to come."""
    return show(LEAVING, provider=load(provider_id), **_coming(provider_id))


@bp.post("/<uuid:provider_id>/deactivate", needs=Permission.CLINIC_EDIT)
def deactivate(provider_id):
    """The doctor no longer works here."""
    provider = providers.deactivate(load(provider_id), by=current.actor)
    message = _("%(doctor)s is inactive.", doctor=provider.display_name)
    return opened(message) or _stands(provider, message)


@bp.post("/<uuid:provider_id>/activate", needs=Permission.CLINIC_EDIT)
def activate(provider_id):
    """The doctor works here again."""
    provider = providers.activate(load(provider_id), by=current.actor)
    return _stands(provider, _("%(doctor)s is active again.", doctor=provider.display_name))


def sees_all():
    """Whether this person sees every doctor's hours: the desk, the administrator and support do, a doctor their own."""
    return sees_everybody(current.roles, Permission.SCHEDULE_SEE, current.support_scope)


def load(provider_id) -> Provider:
    """The doctor, or 404 where the person may not see them."""
    found = db.session.get(Provider, (current.clinic.id, provider_id))
    if found is None or not (sees_all() or found.id == current.provider_id):
        abort(404)
    return found


def _stands(provider, message):
    return changed(then=url_for(".edit", provider_id=provider.id), message=message)


def _form(linked=None, **given):
    form = ProviderForm(**given, meta={"place": current.clinic})
    form.location_id.offer([(each.id, each.name) for each in asked.locations(db.session())], _("No place of their own"))
    accounts = asked.doctors_accounts(db.session(), current.clinic.id, linked)
    form.user_id.offer(accounts, _("Does not sign in"))
    return form


def _page(provider, form, offers=None):
    visit_types = asked.visit_types(db.session())
    offers = offers or offers_form(visit_types, provider.offers, current.clinic)
    return {"provider": provider, "form": form, "offers": offers, "visit_types": visit_types,
            "moving": _moving(provider, form), **_coming(provider.id)}  # fmt: skip


def _moving(provider, form):
    """The days of the visits that would be at another place with the one chosen."""
    moved = providers.would_move(provider, form.location_id.data) if form.moves(provider) else ()
    return asked.days_of(db.session(), moved, current.clinic.timezone)


def _moves_visits_unseen(provider, form):
    """Whether somebody has to look first at the visits that would be at another place."""
    if form.place_seen.data or not _moving(provider, form):
        return False
    form.blame(_("Visits are booked at the former place. Look at them below first."), "location_id")
    return True


def _coming(provider_id):
    days = asked.coming_days(db.session(), provider_id, current.clinic.timezone)
    return {"coming": asked.coming_visits(db.session(), provider_id), "days": days}


def _refused(page, form, refused, provider_id=None):
    db.session.rollback()
    form.blame(said(refused), refused.field)
    return again(page, status=409, **(_page(load(provider_id), form) if provider_id else {"form": form}))
