"""What happens to every request and every answer: its id, how much it may bring, forgery protection, compression."""

import time

import structlog
from flask import Flask, current_app, g, request, session
from flask_compress import Compress
from flask_wtf import CSRFProtect
from uuid_utils.compat import uuid7
from werkzeug.middleware.proxy_fix import ProxyFix

from clinic import headers, logs
from clinic.access import Permission
from clinic.current import TOKEN

log = structlog.get_logger()


def _start():
    g.request_id = request.environ.get(headers.REQUEST_ID) or str(uuid7())
    g.started = time.perf_counter()
    # Said before anything reads what was sent.
    need = current_app.extensions["needs"].get(request.endpoint)
    # Whoever is not signed in has no file to send, and is not listened to for as long as one takes.
    if need and need.takes and (TOKEN in session or need.permission == Permission.PUBLIC):
        request.max_content_length = need.takes


def _finish(response):
    # The endpoint, never the address: anybody may type anything into an address.
    seconds = time.perf_counter() - g.get("started", time.perf_counter())
    log.info(
        "answered",
        endpoint=request.endpoint,
        method=request.method,
        status=response.status_code,
        ms=round(seconds * 1000, 1),
        request_id=g.get("request_id"),
    )
    return response


def init_app(app: Flask):
    """Put what every request needs around the application."""
    logs.init_app(app)
    headers.init_app(app)
    if app.config["PROXIES"]:
        hops = app.config["PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)
    app.before_request(_start)
    app.after_request(_finish)
    CSRFProtect(app)
    Compress(app)
    app.jinja_env.globals["idempotency_key"] = lambda: str(uuid7())
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
