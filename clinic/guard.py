"""Who may pass: every request is held against what its route needs, and sent to sign in or to prove itself."""

from urllib.parse import unquote, urlsplit

from flask import Flask, abort, current_app, g, make_response, redirect, request, session, url_for
from werkzeug.exceptions import Forbidden, HTTPException
from werkzeug.routing.exceptions import RoutingException

from clinic import webhooks
from clinic.access import AS_ONESELF, Permission
from clinic.actions import kept_forms
from clinic.actions.tokens import hash_token
from clinic.current import TOKEN, current
from clinic.db import db, word
from clinic.htmx import asked_by_itself, moved_on, page_on_screen, wants_part
from clinic.scope import Scope

# What somebody who stands in for a colleague may still do as themselves.
IN_ANOTHERS_NAME = {"staff.standing_in.end", "public.accounts.sign_out", "public.sessions.stay"}


def _guard():
    """Before every view: is there a route, does it say what it needs, and does this person hold it?"""
    db.session().scope = db.session().scope or Scope.person()
    if request.endpoint is None or request.endpoint in current_app.extensions["open"]:
        return None
    need = current_app.extensions["needs"].get(request.endpoint)
    if need is None:
        abort(404)
    # Asked on public pages too, and before anything else is: it opens the transaction.
    known = current.is_authenticated
    if known and current.subject and _is_ones_own(need):
        raise InAnothersName
    if need.permission == Permission.PUBLIC:
        return None
    if not known:
        return current_app.login_manager.unauthorized()
    if need.permission != Permission.SIGNED_IN and current.factor_missing:
        # What a page fetches by itself leaves it where it is, with all that is typed on it.
        return make_response("", 204) if asked_by_itself() else moved_on(url_for("public.factors.index"))
    if need.permission != Permission.SIGNED_IN and not current.may(need.permission):
        abort(403)
    return None if current.proved_lately or not need.fresh else _ask_to_prove()


def _ask_for_a_signature():
    """What only an outside service may call bears its signature, or nobody looks at it."""
    need = current_app.extensions["needs"].get(request.endpoint)
    if need and need.signed and not webhooks.is_signed(need.signed):
        return make_response("", 401, {"Content-Type": "text/plain"})
    return None


class InAnothersName(Forbidden):
    """Somebody who stands in for a colleague asked for what everybody does as themselves only."""

    sentence = word("Not while you stand in for somebody else. End that first; the button is on top of the page.")


def _is_ones_own(need):
    """Whether nobody uses the route in another's name: everything about accounts, and all that asks for proof."""
    if request.endpoint in IN_ANOTHERS_NAME:
        return False
    if need.face == "staff":
        return need.fresh or need.permission in AS_ONESELF
    return need.permission != Permission.PUBLIC or request.method not in ("GET", "HEAD")


def _ask_to_prove():
    """Who sits there is asked for a password or a factor once more, and then goes on where they were."""
    if _keep_what_was_sent(session[TOKEN]):
        here = url_for("public.sessions.sent_too_late")
    elif request.method in ("GET", "HEAD") and not wants_part():
        here = request.full_path.rstrip("?")
    else:
        here = page_on_screen()
    return moved_on(url_for("public.proving.prove", next=own_address(here)))


def own_address(address) -> str | None:
    """The address if it is a page of ours that a GET opens, as a path from the root; None for anything else."""
    if not address or len(address) > 2000 or not address.startswith("/") or address.startswith("//"):
        return None
    if "\\" in address or any(ord(character) < 33 or ord(character) == 127 for character in address):
        return None
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return None
    try:
        endpoint, _values = current_app.create_url_adapter(request).match(unquote(parts.path), method="GET")
    except (HTTPException, RoutingException):
        return None
    return address if endpoint in current_app.extensions["needs"] else None


def _ask_to_sign_in():
    """Nobody is signed in: browsers go and sign in, and come back; htmx takes the whole page there; others hear 401."""
    accepts = request.headers.get("Accept", "*/*")
    back_to = url_for("public.sessions.sent_too_late") if _keep_what_was_sent(g.get("former_token")) else None
    if wants_part():
        response = make_response("", 401)
        # What the page fetched by itself leaves the page where it is, with all that is typed on it.
        if not asked_by_itself():
            response.headers["HX-Redirect"] = _sign_in(back_to or page_on_screen())
        return response
    if "text/html" not in accepts and "*/*" not in accepts:
        return make_response("", 401)
    if request.method in ("GET", "HEAD"):
        return redirect(_sign_in(request.full_path.rstrip("?")), 302)
    return redirect(_sign_in(back_to), 303)


def _keep_what_was_sent(token):
    """Keep the form of somebody whose sign-in ran out, or grew old, while they typed; True if it waits for them."""
    need = current_app.extensions["needs"].get(request.endpoint)
    # A search is asked again sooner than it is found again; what is about accounts may hold a password.
    if request.method != "POST" or not token or need.face == "public" or not need.once:
        return False
    fields = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]
    return kept_forms.keep(db.session(), hash_token(token), request.path, fields)


def _sign_in(back_to):
    back_to = own_address(back_to)
    return url_for("public.accounts.sign_in", next=back_to if back_to != "/" else None)


def init_app(app: Flask):
    """Put the guard before every view."""
    app.extensions["needs"] = {}
    app.extensions["open"] = {"static", "bootstrap.static"}
    app.login_manager.unauthorized_handler(_ask_to_sign_in)
    app.before_request(_ask_for_a_signature)
    app.before_request(_guard)
