"""A browser without a screen: signed in as somebody, with a forgery token, checking every page it opens."""

import re
from contextvars import Context
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import sqlalchemy as sa
from itsdangerous import URLSafeTimedSerializer

from clinic.current import hash_token, new_token
from clinic.db import db
from clinic.models.accounts import UserSession

CSRF = "00" * 32


class Visitor:
    """One person's browser."""

    def __init__(self, app, person):
        self.app = app
        self.person = person
        self.client = app.test_client()
        with self.client.session_transaction() as cookie:
            cookie["csrf_token"] = CSRF
            if person:
                cookie["token"] = self._session_token(person)
        self.csrf = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(CSRF)

    def _session_token(self, person):
        token = new_token()
        session = db.session()
        session.add(
            UserSession(
                user_id=person.user.id,
                clinic_id=person.clinic.id,
                token_hash=hash_token(token),
                last_seen_at=datetime.now(UTC),
                expires_at=datetime.now(UTC) + timedelta(hours=1),
            )
        )
        session.commit()
        return token

    def left_alone(self, minutes=11):
        """As though the person had last proved so many minutes ago who they are; a new visitor has just done so."""
        with self.client.session_transaction() as cookie:
            own = UserSession.token_hash == hash_token(cookie["token"])
        proved = sa.func.now() - timedelta(minutes=minutes)
        db.session().execute(sa.update(UserSession).where(own).values(proved_at=proved))
        db.session().commit()

    def url(self, endpoint, **values):
        """The address of an endpoint."""
        with self.app.test_request_context():
            from flask import url_for

            return url_for(endpoint, **values)

    @staticmethod
    def _ask(method, *args, **options):
        # In a context of its own: a request must find nothing of the test's, nor of the request before it.
        return Context().run(method, *args, **options)

    def open(self, endpoint, htmx=False, live=False, **values):
        """GET a page or, with ``htmx``, a part, with ``live`` as the page fetches it by itself; pages are checked."""
        address = endpoint if endpoint.startswith("/") else self.url(endpoint, **values)
        headers = ({"HX-Request": "true"} if htmx else {}) | ({"Clinic-Live": "1"} if live else {})
        answer = self._ask(self.client.get, address, headers=headers)
        if answer.mimetype == "text/html" and not htmx and answer.status_code != 302:
            check_page(answer.text)
        return answer

    def send(self, endpoint, data=None, htmx=False, csrf=True, **values):
        """POST a form as the page would; ``htmx`` asks for parts."""
        address = endpoint if endpoint.startswith("/") else self.url(endpoint, **values)
        # As a page just opened would: signing in has started the cookie afresh.
        with self.client.session_transaction() as cookie:
            cookie["csrf_token"] = CSRF
        form = {**(data or {}), **({"csrf_token": self.csrf} if csrf else {})}
        answer = self._ask(self.client.post, address, data=form, headers={"HX-Request": "true"} if htmx else {})
        if answer.mimetype == "text/html" and not htmx and answer.status_code >= 400:
            check_page(answer.text)
        return answer


def seen_on(page):
    """When the record on the page had last changed, as its form sends it back."""
    return re.search(r'name="seen" value="([^"]+)"', page.text)[1]


class _Outline(HTMLParser):
    def __init__(self):
        super().__init__()
        self.headings, self.ids, self.inputs, self.labels = 0, [], [], set()
        self.targets, self.posts, self.forms = [], [], []
        self.inside_label = 0

    def handle_starttag(self, tag, attributes):
        facts = dict(attributes)
        if tag == "h1":
            self.headings += 1
        if "id" in facts:
            self.ids.append(facts["id"])
        if tag == "label":
            self.inside_label += 1
            self.labels.add(facts.get("for"))
        if tag in ("input", "select", "textarea") and facts.get("type") not in ("hidden", "submit", "button"):
            named = self.inside_label or "aria-label" in facts or "aria-labelledby" in facts
            self.inputs.append((facts.get("id"), bool(named)))
        if facts.get("hx-target", "").startswith("#"):
            self.targets.append(facts["hx-target"][1:])
        if "hx-post" in facts:
            self.posts.append((tag, facts))

    def handle_endtag(self, tag):
        if tag == "label":
            self.inside_label -= 1


def check_page(html):
    """What is true of every page: a title, one h1, unique ids, labelled inputs, targets that exist, real forms."""
    outline = _Outline()
    outline.feed(html)
    assert re.search(r"<title>\s*\S", html), "a page without a title"
    assert outline.headings == 1, f"{outline.headings} h1 on one page"
    twice = {each for each in outline.ids if outline.ids.count(each) > 1}
    assert not twice, f"ids used twice: {twice}"
    unlabelled = [name for name, named in outline.inputs if not named and name not in outline.labels]
    assert not unlabelled, f"inputs without a label: {unlabelled}"
    lost = set(outline.targets) - set(outline.ids)
    assert not lost, f"hx-target without an element: {lost}"
    for tag, facts in outline.posts:
        assert tag != "form" or facts.get("action"), "an hx-post form that does nothing without script"
    assert ">None<" not in html, "an unescaped None"
