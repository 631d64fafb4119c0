"""The same form sent twice acts once: the second sending gets the answer of the first, for a day."""

import hashlib
import re
import zlib
from copy import deepcopy

import sqlalchemy as sa
from flask import Flask, current_app, make_response, request, session
from flask.json.tag import TaggedJSONSerializer
from flask_babel import lazy_gettext as _l
from uuid_utils.compat import uuid7

from clinic import keyring
from clinic.access import Permission
from clinic.current import TOKEN, current
from clinic.db import db
from clinic.htmx import ANSWERS, unsay

FIELD = "idempotency_key"
# One of ours, or the one of a line on a screen: the screen's and the visit's.
KEY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?")
LARGEST_KEPT = 256 * 1024  # bytes of an answer; of a larger one only that it was given
KEPT_HEADERS = ("Content-Type", "Location", *ANSWERS)
FLASHES = "_flashes"
# What a replayed answer leaves alone in the cookie: who is signed in, and the token of forms drawn since.
NOT_REPLAYED = {TOKEN, "csrf_token", FLASHES}

# An expired key that was not purged yet is as good as none. Whoever comes second waits here for the first to commit.
CLAIM = sa.text(
    """INSERT INTO idempotency_keys AS k (id, user_id, key, method, path, request_hash, expires_at)
    VALUES (:id, :user_id, :key, :method, :path, :request_hash, now() + interval '24 hours')
    ON CONFLICT (user_id, key) DO UPDATE SET id = excluded.id, method = excluded.method, path = excluded.path,
       request_hash = excluded.request_hash, status_code = NULL, answer_encrypted = NULL,
       expires_at = excluded.expires_at WHERE k.expires_at <= now()
    RETURNING id"""
)
# The whole row again, because a view that was refused something may have undone the claim with all it did before.
KEEP = sa.text(
    """INSERT INTO idempotency_keys AS k (id, user_id, key, method, path, request_hash, status_code, answer_encrypted,
                                          expires_at)
    VALUES (:id, :user_id, :key, :method, :path, :request_hash, :status_code, :answer, now() + interval '24 hours')
    ON CONFLICT (user_id, key) DO UPDATE SET status_code = excluded.status_code,
       answer_encrypted = excluded.answer_encrypted WHERE k.id = excluded.id
    RETURNING id"""
)
FORGET = sa.text("DELETE FROM idempotency_keys WHERE user_id = :user_id AND key = :key AND id = :id")
FORMER = sa.text(
    """SELECT id, request_hash, status_code, answer_encrypted FROM idempotency_keys
        WHERE user_id = :user_id AND key = :key"""
)
_words = TaggedJSONSerializer()


class NotSentAgain(Exception):
    """A form was sent with a key that does not let it be done; ``code`` and ``sentence`` are the answer."""

    def __init__(self, code, sentence):
        super().__init__(str(sentence))
        self.code, self.sentence = code, sentence


NO_KEY = _l("This form cannot be read. Load the page again and fill it in once more.")
OTHER_FORM = _l(
    "This form was sent already, and what it says now is different. Load the page again, look what was saved, and send "
    "what is missing."
)
DONE = _l("This was done when you sent it the first time. Load the page again to see it.")


class Sending:
    """One sending of one form by one person."""

    def __init__(self, key):
        self.row = {
            "id": uuid7(), "user_id": current.user.id, "key": key, "method": request.method, "path": request.path,
            "request_hash": _hash_of_request(),
        }  # fmt: skip
        # A copy through and through: a message is put into the list that is there.
        self.before = deepcopy(dict(session))

    def claim(self) -> bool:
        """Take the key for this transaction; False where it was used before. Waits for whoever is using it now."""
        return db.session.connection().execute(CLAIM, self.row).scalar() is not None

    def keep(self, response) -> bool:
        """Keep the answer with what was done; False where another sending was quicker, which then counts."""
        if response.is_streamed or response.headers.get("Content-Disposition", "").startswith("attachment"):
            # A file is made anew each time it is asked for: pressing the button again means to have it again.
            db.session.connection().execute(FORGET, self.row)
            return True
        facts = {**self.row, "status_code": response.status_code, "answer": self._sealed(response)}
        return db.session.connection().execute(KEEP, facts).scalar() is not None

    def former_answer(self):
        """What the first sending was answered; raises NotSentAgain for another form under the same key."""
        former = db.session.connection().execute(FORMER, self.row).one()
        if former.request_hash != self.row["request_hash"]:
            raise NotSentAgain(422, OTHER_FORM)
        try:
            kept = former.answer_encrypted and keyring.open_sealed(former.answer_encrypted, **_place(former.id))
        except keyring.KeyringError:
            kept = None
        if not kept:
            raise NotSentAgain(409, DONE)
        headers, cookie, gone, body = _words.loads(zlib.decompress(kept).decode())
        _remember(cookie, gone)
        response = make_response(body, former.status_code)
        response.headers.update(headers)
        return response

    def _sealed(self, response):
        body = response.get_data()
        if len(body) > LARGEST_KEPT or keyring.ring().current is None:
            return None
        headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        cookie = {name: value for name, value in session.items() if self.before.get(name) != value}
        said = [each for each in session.get(FLASHES, ()) if each not in self.before.get(FLASHES, ())]
        cookie = {name: value for name, value in cookie.items() if name not in NOT_REPLAYED} | {FLASHES: said}
        gone = [name for name in self.before if name not in session and name not in NOT_REPLAYED]
        plain = zlib.compress(_words.dumps([headers, cookie, gone, body]).encode(), 1)
        return keyring.seal(plain, **_place(self.row["id"]))


def once(view):
    """Answer with ``view()``, or with what it answered when the same form was sent before."""
    # Called anew for a victim of a deadlock: what the first try said is not true.
    unsay()
    sending = _sending()
    if sending is None:
        return view()
    if not sending.claim():
        return sending.former_answer()
    response = view()
    if response.status_code < 400 and not sending.keep(response):
        db.session.rollback()
        return sending.former_answer()
    return response


def _sending():
    """The sending to be answered once; None for what may happen as often as it is asked for."""
    need = current_app.extensions["needs"].get(request.endpoint)
    if request.method != "POST" or need is None or need.permission == Permission.PUBLIC or not need.once:
        return None
    key = request.form.get(FIELD)
    if key is None or not current.is_authenticated:
        return None
    if not KEY.fullmatch(key):
        raise NotSentAgain(400, NO_KEY)
    return Sending(key)


def _hash_of_request():
    """SHA-256 over who stands where and all that was sent, but for the tokens that each drawing of a form has anew."""
    hashed = hashlib.sha256()
    place = (current.clinic.id if current.clinic else "", current.subject.id if current.subject else "")
    parts = [("", request.method), ("", request.full_path), *(("", str(each)) for each in place)]
    fields = [(name, value) for name, values in request.form.lists() for value in values]
    parts += sorted(field for field in fields if field[0] not in (FIELD, "csrf_token"))
    for name, files in sorted(request.files.lists()):
        parts += [(name, f"{file.filename} {_hash_of_file(file)}") for file in files]
    for part in parts:
        for text in part:
            # The length first: no two requests are written alike.
            encoded = text.encode("utf-8", "surrogatepass")
            hashed.update(len(encoded).to_bytes(8, "big") + encoded)
    return hashed.digest()


def _hash_of_file(file):
    found = hashlib.file_digest(file.stream, "sha256").hexdigest()
    file.stream.seek(0)
    return found


def _remember(cookie, gone):
    """Do to the cookie what the first answer did, whether or not that one arrived."""
    said = cookie.pop(FLASHES)
    for name in gone:
        session.pop(name, None)
    session.update(cookie)
    waiting = session.get(FLASHES, [])
    new = [each for each in said if each not in waiting]
    if new:
        session[FLASHES] = [*waiting, *new]


def _place(row_id):
    return {"table": "idempotency_keys", "column": "answer_encrypted", "row_id": row_id}


def init_app(app: Flask):
    """Put it around every view, inside the transaction that the view's answer commits."""
    app.around_view = once
