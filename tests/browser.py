"""A browser over real HTTP: one kept-alive connection, a signed cookie, a forgery token."""

import http.client
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit

from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer

from clinic.current import hash_token, new_token
from clinic.models.accounts import UserSession

CSRF = "00" * 32
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict
    text: str


@dataclass(frozen=True)
class Keys:
    """What a signed-in browser carries: the cookie, and the token its forms repeat; plain text."""

    cookie: str
    csrf: str


def sign_in(app, session, user_id, clinic_id) -> Keys:
    """A session of the person's in the database, and the keys to it; the caller commits."""
    token, moment = new_token(), datetime.now(UTC)
    session.add(
        UserSession(
            user_id=user_id,
            clinic_id=clinic_id,
            token_hash=hash_token(token),
            last_seen_at=moment,
            expires_at=moment + timedelta(hours=6),
        )
    )
    return keys(app, token=token)


def keys(app, **cookie) -> Keys:
    """A cookie signed as the application signs its own, and the forgery token that fits it."""
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    signed = signer.dumps({"csrf_token": CSRF, **cookie})
    name = app.config["SESSION_COOKIE_NAME"]
    return Keys(f"{name}={signed}", URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(CSRF))


class Browser:
    """One person's kept-alive connection to a running server."""

    def __init__(self, url, held: Keys | None = None, timeout=60):
        self.host = urlsplit(url).netloc
        self.keys = held
        self.timeout = timeout
        self.connection = None

    def open(self, path, **headers) -> Answer:
        """GET."""
        return self._ask("GET", path, None, headers)

    def send(self, path, form=None, **headers) -> Answer:
        """POST a form with its forgery token."""
        fields = {**(form or {}), **({"csrf_token": self.keys.csrf} if self.keys else {})}
        return self._ask("POST", path, urlencode(fields), {"Content-Type": FORM, **headers})

    def connect(self):
        """Open the connection now, so that a race measures requests and not handshakes."""
        self.close()
        self.connection = http.client.HTTPConnection(self.host, timeout=self.timeout)
        self.connection.connect()

    def close(self):
        """Let go of the connection."""
        if self.connection:
            self.connection.close()
            self.connection = None

    def _ask(self, method, path, body, headers):
        if self.connection is None:
            self.connect()
        if self.keys:
            headers = {"Cookie": self.keys.cookie, **headers}
        try:
            self.connection.request(method, path, body, headers)
            # Closed here even where the server dies in the middle of it: the answer holds the socket too.
            with self.connection.getresponse() as answer:
                content = answer.read()
        except BaseException:
            self.close()
            raise
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, _text(content))


def _text(content):
    return content.decode("utf-8", "replace")
