"""What a patient has answered so far on the way to a visit: carried in the address, so that Back always works.

Only the words about the visit are not: an address stays in the browser's history, so they wait in the signed cookie.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from uuid import UUID

from flask import abort, current_app, session, url_for

from clinic.current import current
from clinic.forms.portal_booking import AnswersForm
from clinic.models.people import VisitMode

WORDS = "words_about_the_visit"
REQUEST_WORDS = "words_of_the_request"
LARGEST_COOKIE = 3900  # bytes of its value; browsers take 4096 with its name


@dataclass(frozen=True)
class Answers:
    """The answers given; None where a question is still open."""

    patient_id: UUID | None = None
    visit_type_id: UUID | None = None
    doctor: UUID | str | None = None
    provider_id: UUID | None = None
    starts_at: datetime | None = None
    visit_mode: VisitMode | None = None
    day: date | None = None
    week: date | None = None
    # Which doctors will do, where any of them does.
    specialty: str | None = None
    language: str | None = None

    @classmethod
    def of(cls, address):
        """Read them from an address's query; 400 where one cannot be read."""
        form = AnswersForm(address)
        if not form.validate():
            abort(400)
        return cls(**form.data)

    def url(self, endpoint, **changed):
        """The address of another question with these answers and the changed ones."""
        return url_for(endpoint, **replace(self, **changed).facts)

    def link(self, endpoint):
        """A maker of such addresses."""
        return partial(self.url, endpoint)

    def link_of_time(self, endpoint):
        """A maker of the addresses open times lead to: one address built, the rest of them only written on."""
        rest = self.url(endpoint, provider_id=None, starts_at=None)
        rest += "&" if "?" in rest else "?"
        return lambda time: f"{rest}provider_id={time.provider_id}&starts_at={as_text(time.starts_at)}"

    @property
    def facts(self):
        """The answers given, by name, as an address or a form carries them."""
        return {name: as_text(value) for name, value in vars(self).items() if value is not None}


def as_text(value):
    """An answer as an address carries it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat() if isinstance(value, date) else str(value)


def keep_words(words, name=WORDS):
    """Remember what this person wrote until it is sent, for them alone; False where a cookie cannot hold so much."""
    before = session.get(name)
    session[name] = {"of": str(current.user.id), "words": words or ""}
    if _fits():
        return True
    session.pop(name)
    if before:
        session[name] = before
    return False


def kept_words(name=WORDS):
    """What this person wrote."""
    kept = session.get(name) or {}
    return kept.get("words") or None if kept.get("of") == str(current.user.id) else None


def forget_words(name=WORDS):
    """What was written has been sent: its words are where they belong."""
    session.pop(name, None)


def _fits():
    # A browser throws a longer cookie away, and keeps the one it had.
    serializer = current_app.session_interface.get_signing_serializer(current_app)
    return len(serializer.dumps(dict(session))) <= LARGEST_COOKIE
