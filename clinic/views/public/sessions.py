"""One's sign-ins: which devices, ending them, how long this one lasts, and what was sent after it had ended."""

from flask import abort, current_app, jsonify, session, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import kept_forms, sign_ins
from clinic.actions.tokens import hash_token
from clinic.current import TOKEN, current
from clinic.db import db, now
from clinic.htmx import changed, moved_on, show
from clinic.models.accounts import UserSession
from clinic.queries import sessions

bp = GuardedBlueprint("sessions", __name__, face="public")


@bp.get("/sessions", needs=Permission.SIGNED_IN)
def index():
    """Every device on which this person is signed in."""
    found = sessions.live(db.session(), current.user.id, current_app.config["SESSION_IDLE_MINUTES"])
    return show("public/sessions/index.html", found=found, here=current.session_id)


@bp.post("/sessions/<uuid:session_id>/end", needs=Permission.SIGNED_IN)
def end(session_id):
    """Sign one device out."""
    sign_ins.end(_other(session_id), by=current.actor)
    return changed(then=url_for(".index"), message=_("That device is signed out."))


@bp.post("/sessions/<uuid:session_id>/not-me", needs=Permission.SIGNED_IN)
def not_me(session_id):
    """Somebody else signed in: end that and every other sign-in, and ask for a new password."""
    sign_ins.disown(_other(session_id), by=current.actor, kept_session=hash_token(session[TOKEN]))
    message = _("Every other device is signed out. Choose a new password now, so that nobody comes back.")
    return changed(then=url_for("public.accounts.password"), message=message)


@bp.post("/sessions/end-others", needs=Permission.SIGNED_IN)
def end_others():
    """Sign every other device out."""
    sign_ins.end_elsewhere(db.session.get(UserSession, current.session_id), by=current.actor)
    return changed(then=url_for(".index"), message=_("Every other device is signed out."))


@bp.get("/sessions/left", needs=Permission.PUBLIC, extends=False)
def left():
    """How many seconds this sign-in lasts, for the page's own clock; asking does not extend it."""
    return _left()


@bp.post("/sessions/stay", needs=Permission.SIGNED_IN)
def stay():
    """Somebody is there: the idle limit begins anew."""
    return _left()


@bp.get("/sent-too-late", needs=Permission.SIGNED_IN)
def sent_too_late():
    """What was sent after its sign-in had ended, each ready to be sent again."""
    waiting = kept_forms.waiting(db.session(), current.user.id)
    if not waiting:
        return moved_on(url_for("public.home.index"))
    here = [each for each in waiting if current.clinic and each.clinic_id == current.clinic.id]
    forms = [(each, kept_forms.fields_of(each)) for each in here]
    words = kept_forms.words_among
    return show("public/sessions/sent_too_late.html", forms=forms, words=words, elsewhere=len(waiting) - len(here))


@bp.post("/sent-too-late/forget", needs=Permission.SIGNED_IN)
def forget():
    """Throw it away."""
    kept_forms.forget(db.session(), current.user.id)
    return changed(then=url_for("public.home.index"), message=_("Thrown away. Nothing was saved."))


def _other(session_id):
    """A live sign-in of the person's own, but for this one, locked."""
    found = db.session.get(UserSession, session_id, with_for_update=True)
    if found is None or found.user_id != current.user.id or found.revoked_at or found.id == current.session_id:
        abort(404)
    return found


def _left():
    if not current.user:
        return jsonify(person=None)
    idle, ends = ((until - now()).total_seconds() for until in (current.idle_until, current.expires_at))
    return jsonify(person=str(current.user.id), idle=int(idle), ends=int(ends), csrf=generate_csrf())
