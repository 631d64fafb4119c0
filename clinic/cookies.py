"""The cookie: signed, and of no age. How long a sign-in lasts says the database, whose clock is the same for all."""

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadSignature


class AgelessCookies(SecureCookieSessionInterface):
    """Flask's own cookies, but one signed on a web server whose clock runs ahead is not thrown away by the others."""

    def open_session(self, app, request):
        """What the cookie holds, or nothing where its signature is not ours."""
        signed = request.cookies.get(self.get_cookie_name(app))
        try:
            return self.session_class(self.get_signing_serializer(app).loads(signed) if signed else None)
        except BadSignature:
            return self.session_class()


def init_app(app: Flask):
    """Keep the cookie so."""
    app.session_interface = AgelessCookies()
