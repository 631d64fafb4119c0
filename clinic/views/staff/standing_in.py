"""Standing in for a colleague: an administrator sees the clinic as they do, named as both, for half an hour."""

from flask import abort, session, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission, may_be_stood_in_for
from clinic.actions import grants, sign_ins
from clinic.actions.acting import Refused
from clinic.actions.tokens import hash_token, new_token
from clinic.current import TOKEN, current
from clinic.db import db
from clinic.errors import said
from clinic.forms.grants import StandInForm
from clinic.htmx import again, changed, show
from clinic.queries import colleagues
from clinic.views.public.accounts import keep

bp = GuardedBlueprint("standing_in", __name__, face="staff", url_prefix="/standing-in")
PAGE = "staff/standing_in/new.html"


@bp.get("/<uuid:user_id>", needs=Permission.STAFF_IMPERSONATE, fresh=True)
def new(user_id):
    """Say why."""
    return show(PAGE, form=StandInForm(formdata=None), user=_colleague(user_id))


@bp.post("/<uuid:user_id>", needs=Permission.STAFF_IMPERSONATE, fresh=True)
def create(user_id):
    """Begin; the session goes on under a new token."""
    user, form = _colleague(user_id), StandInForm()
    if not form.validate():
        return again(PAGE, form=form, user=user)
    try:
        return _begun(user, form)
    except Refused as refused:
        db.session.rollback()
        form.blame(said(refused), refused.field)
        return again(PAGE, status=409, form=form, user=_colleague(user_id))


@bp.post("/end", needs=Permission.SIGNED_IN)
def end():
    """Be oneself again; where the half hour was over already, that is so anyway."""
    signed_in, token = _own_session(), new_token()
    if signed_in.impersonates_id is None:
        abort(404)
    grants.stop_standing_in(signed_in, hash_token(token), by=current.actor)
    keep(token)
    return changed(then=url_for("staff.home.index"), message=_("You are yourself again."))


def _begun(user, form):
    token = new_token()
    grants.stand_in(
        user, _own_session(), form.reason.data, hash_token(token), by=current.actor, allowed=may_be_stood_in_for
    )
    keep(token)
    message = _("You stand in for %(name)s now, for half an hour.", name=user.name)
    return changed(then=url_for("staff.home.index"), message=message)


def _colleague(user_id):
    """The colleague, if somebody may stand in for them."""
    user = colleagues.colleague(db.session(), user_id)
    if user is None or user.id == current.user.id or not may_be_stood_in_for(grants.roles_of(user, current.clinic.id)):
        abort(404)
    return user


def _own_session():
    return sign_ins.live_session(db.session(), hash_token(session[TOKEN])) or abort(401)
