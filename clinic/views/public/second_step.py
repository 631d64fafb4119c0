"""The second step of signing in: a code, a passkey or a recovery code after the right password."""

from dataclasses import replace

from flask import abort, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import factors, passkeys, recovery_codes, second_steps
from clinic.actions.throttles import TooManyTries
from clinic.actions.tokens import hash_token
from clinic.current import current
from clinic.db import db
from clinic.errors import wait
from clinic.forms.factors import CodeForm, PasskeyForm, RecoveryForm
from clinic.guard import own_address
from clinic.htmx import again, changed, show
from clinic.queries.factors import held
from clinic.views.public import known_devices
from clinic.views.public.accounts import WAITING, start
from clinic.views.public.passkeys import as_json, site

bp = GuardedBlueprint("second_step", __name__, face="public", url_prefix="/second-step")
PAGE, RECOVERY = "public/second_step/ask.html", "public/second_step/recovery.html"
WRONG = {
    CodeForm: _l("This code is not right, or was used already. Wait for the next one and type that."),
    PasskeyForm: _l("The passkey could not be checked. Try again, and confirm it on your device."),
    RecoveryForm: _l("This is none of your recovery codes, or it was used already."),
}


@bp.route("", methods=["GET", "POST"], needs=Permission.PUBLIC)
def ask():
    """Ask for the code of one's app, or for a passkey."""
    return _step(PAGE, CodeForm, _shows_code)


@bp.post("/passkey", needs=Permission.PUBLIC)
def passkey():
    """Check what the passkey answered."""
    return _step(PAGE, PasskeyForm, _has_passkey)


@bp.route("/recovery", methods=["GET", "POST"], needs=Permission.PUBLIC)
def recovery():
    """Ask for a recovery code instead."""
    return _step(RECOVERY, RecoveryForm, _has_recovery_code)


@bp.post("/passkey/options", needs=Permission.PUBLIC)
def options():
    """What the browser needs to sign with a passkey."""
    waiting = _waiting() or abort(401)
    return as_json(passkeys.ask_to_sign(db.session(), waiting.id, waiting.user_id, site()))


def _waiting():
    """Whose password was right in this browser a short while ago, as id, user_id and email, or None."""
    token = session.get(WAITING)
    return token and second_steps.waiting(db.session(), hash_token(token))


def _step(page, kind, check):
    """Show the form of one kind of proof, or take it: let in, say what was wrong, or begin again after too long."""
    waiting, form = _waiting(), kind(next=own_address(request.args.get("next")))
    if not waiting:
        return _begin_again()
    if request.method != "POST":
        return show(page, **_shown(waiting, form))
    if not form.validate():
        return again(page, **_shown(waiting, form))
    by = replace(current.actor, user_id=waiting.user_id, clinic_id=None)
    try:
        with factors.throttled(db.session(), waiting.user_id, known_devices.bucket_of(waiting.email), by=by) as tried:
            tried.right = check(waiting, form, by)
    except TooManyTries as error:
        return wait(page, error, **_shown(waiting, form))
    return _let_in(waiting, form) if tried.right else _wrong(page, waiting, form)


def _shows_code(waiting, form, by):
    return factors.use_code(db.session(), waiting.user_id, form.code.data, by=by)


def _has_passkey(waiting, form, by):
    challenge = passkeys.take_challenge(db.session(), waiting.id)
    return passkeys.use(db.session(), waiting.user_id, form.answer.data, by=by, challenge=challenge, site=site())


def _has_recovery_code(waiting, form, by):
    return recovery_codes.use(db.session(), waiting.user_id, form.code.data, by=by)


def _let_in(waiting, form):
    if not second_steps.finish(db.session(), waiting.id):
        return _begin_again()
    known_devices.remember(waiting.email)
    return start(waiting.user_id, own_address(form.next.data))


def _wrong(page, waiting, form):
    form.blame(str(WRONG[type(form)]), "code")
    return again(page, **_shown(waiting, form))


def _shown(waiting, form):
    """The page's two forms: the one that was sent, and the other as it is at first."""
    back_to = own_address(form.next.data)
    code = form if not isinstance(form, PasskeyForm) else CodeForm(formdata=None, next=back_to)
    sign = form if isinstance(form, PasskeyForm) else PasskeyForm(formdata=None, next=back_to)
    return {"form": code, "sign": sign, "held": held(db.session(), waiting.user_id), "back_to": back_to}


def _begin_again():
    session.pop(WAITING, None)
    then = url_for("public.accounts.sign_in", next=own_address(request.args.get("next")))
    return changed(then=then, message=_("That took too long, or was done already. Sign in again."))
