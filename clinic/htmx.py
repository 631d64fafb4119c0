"""A page for browsers, parts for htmx. The only reader of htmx's headers."""

import re
from urllib.parse import urlsplit

from flask import Flask, g, get_flashed_messages, make_response, redirect, render_template, request, session
from flask import flash as _flash
from htmx_flask import Htmx
from htmx_flask import request as htmx_request

# The first attribute of a part's root element is its id; that is where an out-of-band swap finds its place.
ROOT_ID = re.compile(r'<[a-z]+ id="[^"]+" ?')
# How a page begins, and where one goes that htmx is answered: never into the part that asked.
PAGE = re.compile(r"\s*<!doctype", re.IGNORECASE)
INSTEAD = {"HX-Retarget": "body", "HX-Reswap": "innerHTML show:window:top"}
# An answer to htmx is a part of the page that a browser gets at the same address.
VARY = ("HX-Request", "Cookie")
# The headers with which an answer tells htmx what to do.
ANSWERS = ("HX-Redirect", "HX-Location", "HX-Refresh", "HX-Retarget", "HX-Reswap", "HX-Reselect", "HX-Trigger",
           "HX-Push-Url", "HX-Replace-Url")  # fmt: skip
htmx = Htmx()


def wants_part() -> bool:
    """Whether htmx asks, and not for a whole page it is restoring from history."""
    return bool(htmx_request.htmx) and not htmx_request.htmx.history_restore_request


def wants_inside(element_id: str) -> bool:
    """Whether htmx asks for what stands inside the element with this id."""
    return wants_part() and htmx_request.htmx.target == element_id


def asked_by_itself() -> bool:
    """Whether the page asked, rung by the bell or its clock, and not the person before it.

    Believed only to somebody's disadvantage: it never spares a check, it keeps a session from being extended.
    """
    return "Clinic-Live" in request.headers


def page_on_screen():
    """The path of the page htmx asks from, or None where it does not say."""
    address = urlsplit(htmx_request.htmx.current_url or "")
    return f"{address.path}?{address.query}" if address.query else address.path or None


def show(page, part=None, status=200, **context):
    """Answer a GET: the page, or only its part where htmx asks and there is one."""
    template = part if part and wants_part() else page
    return make_response(render_template(template, **context), status)


def changed(*parts, then, message=None, undo=None, into=None, **context):
    """Answer a POST that did something: parts for htmx (the first in place, rest out of band), else a 303 to ``then``.

    ``message`` tells the person what happened; ``undo`` is the address of the POST that takes it back, and ``into`` the
    part (a selector) that the answer to that one takes the place of, where it is on the screen.
    """
    if message:
        g.said = {"text": str(message), "undo": undo, "into": into if wants_part() else None}
        _flash(g.said, "success")
    if not wants_part() or not parts:
        return moved_on(then)
    first, *others = (render_template(part, **context) for part in (*parts, "shared/_messages.html"))
    return first + "".join(_out_of_band(other) for other in others)


def moved_on(then):
    """Send the person to another page, whether htmx asked or the browser."""
    if wants_part():
        response = make_response("", 200)
        response.headers["HX-Redirect"] = then
        return response
    return redirect(then, 303)


def only_moves_on(response) -> bool:
    """Whether the answer shows nothing itself, but sends the person to another page."""
    return "HX-Redirect" in response.headers or 300 <= response.status_code < 400


def again(page_or_part, status=422, **context):
    """The same form with what was typed and what is wrong with it.

    Where htmx asks for a part and only a page can answer, the page takes the place of the one on the screen.
    """
    response = make_response(text := render_template(page_or_part, **context), status)
    if wants_part() and PAGE.match(text):
        response.headers.update(INSTEAD)
    return response


def _out_of_band(part):
    return ROOT_ID.sub(lambda root: root.group(0).rstrip() + ' hx-swap-oob="true" ', part, count=1)


def unsay():
    """Take back what was to be told: it was not done after all."""
    said = g.pop("said", None)
    if said:
        session["_flashes"] = [each for each in session.get("_flashes", ()) if each[1] != said]


def messages():
    """What the last acts want to say, as (kind, {"text", "undo", "into"})."""
    return [
        (
            kind,
            message if isinstance(message, dict) else {"text": message, "undo": None, "into": None},
        )
        for kind, message in get_flashed_messages(with_categories=True)
    ]


def init_app(app: Flask):
    """Give templates the messages, and tell caches that a page and its part share an address."""
    htmx.init_app(app)
    app.jinja_env.globals["messages"] = messages

    @app.after_request
    def vary(response):
        response.vary.update(VARY)
        return response
