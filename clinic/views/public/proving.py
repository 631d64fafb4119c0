"""Proving again that it is oneself, before something that matters; then on where one was going."""

from flask import abort, request, session, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import factors, passkeys, proving, sign_ins
from clinic.actions.throttles import TooManyTries
from clinic.actions.tokens import hash_token, new_token
from clinic.current import TOKEN, current
from clinic.db import db
from clinic.errors import wait
from clinic.forms.factors import CodeForm, PasskeyForm
from clinic.forms.proving import ProveForm
from clinic.guard import own_address
from clinic.htmx import again, moved_on, show
from clinic.queries.factors import held
from clinic.views.public import known_devices
from clinic.views.public.passkeys import as_json, site

bp = GuardedBlueprint("proving", __name__, face="public", url_prefix="/prove")
PAGE = "public/proving/prove.html"


@bp.route("", methods=["GET", "POST"], needs=Permission.SIGNED_IN)
def prove():
    """Ask for the password once more, or for what one has besides it; a right answer is good for ten minutes."""
    form = ProveForm(next=own_address(request.args.get("next")))
    if request.method != "POST":
        return show(PAGE, **_page(form))
    return _taken(form, _knows_password, "password", _("This is not your password."))


@bp.post("/code", needs=Permission.SIGNED_IN)
def code():
    """Take the code of one's app as proof."""
    return _taken(CodeForm(), _shows_code, "code", _(factors.WRONG_CODE))


@bp.post("/passkey", needs=Permission.SIGNED_IN)
def passkey():
    """Take a passkey's answer as proof."""
    return _taken(PasskeyForm(), _has_passkey, "answer", _(passkeys.NOT_TAKEN))


@bp.post("/passkey/options", needs=Permission.SIGNED_IN)
def options():
    """What the browser needs to sign with a passkey."""
    return as_json(passkeys.ask_to_sign(db.session(), current.session_id, current.user.id, site()))


def _taken(form, check, field, sentence):
    """Go on where a form's proof is right, else show it again with what is wrong."""
    if not form.validate():
        return again(PAGE, **_page(form))
    try:
        right = check(form)
    except TooManyTries as error:
        return wait(PAGE, error, **_page(form))
    if not right:
        form.blame(sentence, field)
        return again(PAGE, **_page(form))
    return _proved(form.next.data)


def _knows_password(form):
    return proving.by_password(db.session(), current.user.id, form.password.data, by=current.actor)


def _shows_code(form):
    with _throttled() as tried:
        tried.right = factors.use_code(db.session(), current.user.id, form.code.data, by=current.actor)
    return tried.right


def _has_passkey(form):
    with _throttled() as tried:
        challenge = passkeys.take_challenge(db.session(), current.session_id)
        tried.right = passkeys.use(
            db.session(), current.user.id, form.answer.data, by=current.actor, challenge=challenge, site=site()
        )
    return tried.right


def _throttled():
    device = known_devices.bucket_of(current.user.email)
    return factors.throttled(db.session(), current.user.id, device, by=current.actor)


def _proved(back_to):
    signed_in = sign_ins.live_session(db.session(), hash_token(session[TOKEN])) or abort(401)
    token = new_token()
    proving.prove(signed_in, hash_token(token), by=current.actor)
    session[TOKEN] = token
    return moved_on(own_address(back_to) or url_for("public.home.index"))


def _page(form):
    """The page's forms: the one that was sent, and the others as they are at first."""
    back_to = own_address(form.next.data)
    kinds = {"form": ProveForm, "code": CodeForm, "sign": PasskeyForm}
    forms = {name: form if type(form) is kind else kind(formdata=None, next=back_to) for name, kind in kinds.items()}
    return {**forms, "held": held(db.session(), current.user.id)}
