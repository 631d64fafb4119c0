"""What stands on every answer, whoever made it: security headers, and a last plain answer where all else failed."""

from http import HTTPStatus

from flask import Flask, request
from uuid_utils.compat import uuid7

from clinic.htmx import VARY
from clinic.logs import tell

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
# A page may use its own passkeys, and nothing else a device has.
POLICY = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), "
    "midi=(), payment=(), usb=(), publickey-credentials-create=(self), publickey-credentials-get=(self)"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": POLICY,
    "Cache-Control": "no-store",
    "Vary": ", ".join(VARY),
}
OVER_TLS = {"Strict-Transport-Security": "max-age=31536000"}
# Answers that hold nobody's data and may be kept by the browser.
PUBLIC_FILES = {
    "static",
    "bootstrap.static",
    "assets.htmx",
    "public.clinics.style",
    "public.clinics.logo",
}
# Pages whose very address is a key: no search engine keeps them, and no address of theirs is told to anybody.
KEYS = ("public.visit_link.", "public.offers.", "public.calendar_feeds.")
# What one program reads again and again on somebody's behalf: it may keep it for itself, and asks whether it changed.
READ_AGAIN = {"public.calendar_feeds.show"}
KEPT_QUIET = {"X-Robots-Tag": "noindex, nofollow, noarchive", "Referrer-Policy": "same-origin"}
REQUEST_ID = "clinic.request_id"
SORRY = b"Something broke on our side. Nothing was saved. Try again in a moment.\n"


class BrokenOff(Exception):
    """An answer that had begun could not be finished; says nothing of why, since a web server may log it."""


class Dressed:
    """The application in WSGI's words, with the headers on whatever it answers, and an answer where it has none."""

    def __init__(self, app: Flask):
        self.app = app
        self.inner = app.wsgi_app

    def __call__(self, environ, start_response):
        environ[REQUEST_ID] = str(uuid7())

        def start(status, headers, exc_info=None):
            given = {name.lower() for name, _value in headers}
            added = [each for each in self._headers(environ) if each[0].lower() not in given]
            return start_response(status, [*headers, *added], exc_info)

        try:
            return Watched(self.inner(environ, start))
        except Exception as error:
            if self.app.debug or self.app.config.get("PROPAGATE_EXCEPTIONS"):
                raise
            tell("no answer", error, request_id=environ[REQUEST_ID])
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        start(f"{status.value} {status.phrase}", [("Content-Type", "text/plain; charset=utf-8"),
                                                  ("Content-Length", str(len(SORRY)))])  # fmt: skip
        return [SORRY]

    def _headers(self, environ):
        tls = environ.get("wsgi.url_scheme") == "https" or self.app.config["HTTPS"]
        return ({**HEADERS, **(OVER_TLS if tls else {}), "X-Request-Id": environ[REQUEST_ID]}).items()


class Watched:
    """An answer on its way out; one that breaks off is told of in our words."""

    def __init__(self, answer):
        self.answer = answer
        self.parts = iter(answer)

    def __iter__(self):
        return self

    def __next__(self):
        try:
            return next(self.parts)
        except StopIteration:
            raise
        except Exception as error:
            tell("answer broke off", error)
            raise BrokenOff from None

    def close(self):
        """Let the answer let go of what it holds, whether or not anybody read it."""
        close = getattr(self.answer, "close", None)
        if close:
            close()


def _keep_nothing(response):
    if request.endpoint in READ_AGAIN and response.status_code < 400:
        response.headers["Cache-Control"] = "private, no-cache"
    # A file's own word on how long it may be kept counts for files alone, and only where there is one.
    elif request.endpoint not in PUBLIC_FILES or response.status_code >= 400:
        response.headers["Cache-Control"] = "no-store"
    if (request.endpoint or "").startswith(KEYS):
        response.headers.update(KEPT_QUIET)
    return response


def init_app(app: Flask):
    """Dress every answer. Before whatever learns from a proxy by which scheme people come."""
    app.after_request(_keep_nothing)
    app.wsgi_app = Dressed(app)
