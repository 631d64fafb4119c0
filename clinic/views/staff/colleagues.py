"""Colleagues: who works here as what, inviting somebody, giving and taking roles."""

from flask import abort, request, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission, may_be_stood_in_for
from clinic.actions import accounts, throttles
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said, wait
from clinic.forms.colleagues import InviteForm, RoleForm
from clinic.htmx import again, changed, show
from clinic.links import link
from clinic.models.accounts import Role, UserToken
from clinic.queries import accounts as invitations
from clinic.queries import colleagues as asked
from clinic.queries import providers
from clinic.views.asked import Page, page_number

bp = GuardedBlueprint("colleagues", __name__, face="staff", url_prefix="/colleagues")
NEW, PAGE, SIZE = "staff/colleagues/new.html", "staff/colleagues/edit.html", 25


@bp.get("", needs=Permission.STAFF_EDIT)
def index():
    """Those who work here, or with ?left=1 those who did, and whose invitation is still open."""
    number, left = page_number(), request.args.get("left") == "1"
    found = asked.listed(db.session(), current.clinic.id, left=left, number=number, size=SIZE)
    waiting = invitations.invited(db.session(), current.clinic.id)
    return show("staff/colleagues/index.html", people=Page.of(found, number, SIZE), left=left, waiting=waiting)


@bp.get("/invite", needs=Permission.STAFF_EDIT)
def new():
    """An empty invitation."""
    return show(NEW, form=InviteForm())


@bp.post("/invite", needs=Permission.STAFF_EDIT)
def invite():
    """Invite somebody; their link is on the answer and nowhere else."""
    form = InviteForm()
    if not form.validate():
        return again(NEW, form=form)
    try:
        user, token = _invite(**form.facts)
    except Refused as refused:
        return _refused(NEW, form, refused)
    return _invited(user, token, form.role.data)


@bp.post("/invitations/<uuid:invitation_id>/renew", needs=Permission.STAFF_EDIT)
def renew(invitation_id):
    """Make a new link for somebody who has not joined yet; the old one ends."""
    waiting = {each.id: each for each in invitations.invited(db.session(), current.clinic.id)}
    old: UserToken = waiting.get(invitation_id) or abort(404)
    names = {"first_name": old.user.first_name, "last_name": old.user.last_name}
    user, token = _invite(email=old.user.email, role=old.role, **names)
    return _invited(user, token, old.role)


@bp.get("/<uuid:user_id>", needs=Permission.STAFF_EDIT)
def edit(user_id):
    """One colleague and their roles."""
    return show(PAGE, **_page(_colleague(user_id), RoleForm()))


@bp.post("/<uuid:user_id>/roles", needs=Permission.STAFF_EDIT)
def add_role(user_id):
    """Give one more role."""
    user, form = _colleague(user_id), RoleForm()
    if not form.validate():
        return again(PAGE, **_page(user, form))
    try:
        accounts.add_role(user, form.role.data, by=current.actor)
    except Refused as refused:
        return _refused(PAGE, form, refused, user_id)
    return _changed(user_id, _("The role is given."))


@bp.post("/<uuid:user_id>/roles/<uuid:membership_id>/end", needs=Permission.STAFF_EDIT)
def end_role(user_id, membership_id):
    """Take one role away."""
    held = {each.id: each for each in asked.roles_here(db.session(), _colleague(user_id).id)}
    accounts.end_role(held.get(membership_id) or abort(404), by=current.actor)
    return _changed(user_id, _("The role is taken away, at once."))


@bp.post("/<uuid:user_id>/end", needs=Permission.STAFF_EDIT)
def end(user_id):
    """The person works here no more: every role ends."""
    accounts.end_membership(_colleague(user_id), by=current.actor)
    return _changed(user_id, _("They can no longer sign in to this clinic. Give a role to let them back in."))


def _colleague(user_id):
    return asked.colleague(db.session(), user_id) or abort(404)


def _page(user, form):
    held = asked.roles_here(db.session(), user.id)
    calendar = providers.of_user(db.session(), user.id)
    form.role.choices = [choice for choice in form.role.choices if choice.value not in {each.role for each in held}]
    return {
        "user": user, "form": form, "held": held, "calendar": calendar, "Role": Role,
        "may_be_stood_in_for": may_be_stood_in_for({each.role for each in held}),
    }  # fmt: skip


def _invite(**facts):
    # Each sends a mail to whoever is named.
    throttles.spend(db.session(), throttles.INVITATIONS.of(current.user.id))
    return accounts.invite(db.session(), by=current.actor, **facts)


def _invited(user, token, role):
    if token is None:
        return _changed(user.id, _("They work here already and have the role now."))
    context = {
        "user": user,
        "link": link("public.accounts.join", token=token),
        "role": role,
        "hours": accounts.INVITATION_HOURS,
    }
    return show("staff/colleagues/invited.html", is_doctor=role == Role.DOCTOR, **context)


def _changed(user_id, message):
    return changed(then=url_for(".edit", user_id=user_id), message=message)


def _refused(page, form, refused, user_id=None):
    db.session.rollback()
    if isinstance(refused, throttles.TooManyTries):
        return wait(page, refused, form)
    form.blame(said(refused), refused.field)
    return again(page, status=409, **(_page(_colleague(user_id), form) if user_id else {"form": form}))
