"""Known devices: a browser on which somebody has signed in keeps a cookie, and strangers' guesses count elsewhere."""

import secrets

from flask import after_this_request, current_app, request
from itsdangerous import BadData, URLSafeTimedSerializer

from clinic.actions import throttles
from clinic.blind import blinded

YEAR = 365 * 24 * 3600
# A desk that several people share remembers the last of them.
MOST_PEOPLE = 8


def bucket_of(email):
    """The bucket of this browser and this account, where the person has signed in here before; else None."""
    device, people = _known()
    return throttles.SIGN_IN_DEVICE.of(device, email) if _mark(device, email) in people else None


def remember(email):
    """Have the browser keep that the person with this address has signed in on it."""
    device, people = _known()
    device = device or secrets.token_urlsafe(16)
    mark = _mark(device, email)
    kept = _signed().dumps([device, [mark, *(each for each in people if each != mark)][:MOST_PEOPLE]])
    secure = current_app.config["SESSION_COOKIE_SECURE"]

    @after_this_request
    def keep(response):
        response.set_cookie(_name(), kept, max_age=YEAR, secure=secure, httponly=True, samesite="Lax")
        return response


def _known():
    try:
        device, people = _signed().loads(request.cookies.get(_name(), ""), max_age=YEAR)
    except BadData:
        return "", []
    return device, people


def _mark(device, email):
    # Says nothing to whoever reads it: neither who it is, nor whether the same person uses another device.
    return blinded("known-device", device, email.lower()).hex()[:32]


def _signed():
    return URLSafeTimedSerializer(current_app.secret_key, salt="known-device")


def _name():
    return current_app.config["SESSION_COOKIE_NAME"] + "-device"
