"""What happens to every request and every answer: ids, forgery protection, security headers, compression, logging."""

import logging
import time

import structlog
from flask import Flask, g, request
from flask_compress import Compress
from flask_wtf import CSRFProtect
from uuid_utils.compat import uuid7
from werkzeug.middleware.proxy_fix import ProxyFix

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
# Answers that hold nobody's data and may be kept by the browser.
PUBLIC_FILES = {
    "static",
    "bootstrap.static",
    "assets.htmx",
    "public.clinics.style",
    "public.clinics.logo",
}

log = structlog.get_logger()


def _start():
    g.request_id = str(uuid7())
    g.started = time.perf_counter()


def _finish(response):
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint not in PUBLIC_FILES or response.status_code >= 400:
        response.headers["Cache-Control"] = "no-store"
    response.headers["X-Request-Id"] = g.get("request_id", "")
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


def _configure_logs(app):
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[app.config["LOG_LEVEL"]]),
    )


def init_app(app: Flask):
    """Put what every request needs around the application."""
    _configure_logs(app)
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
