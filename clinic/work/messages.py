"""The words of a message to a patient: in their language, on the clinic's clock and theirs, as little as will do."""

import re
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from uuid import UUID
from zoneinfo import ZoneInfo

from babel import Locale, dates
from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from clinic.actions import offer_links, visit_links
from clinic.db import word
from clinic.languages import CONVERSATION, first_of, locale_of, spoken
from clinic.links import link
from clinic.models.notifications import Channel, NotificationKind
from clinic.models.offers import SlotOffer
from clinic.models.people import VisitMode
from clinic.models.requests import VisitRequest
from clinic.models.visits import CancelReason
from clinic.queries.heard import expected_at
from clinic.queries.offers import is_for_a_stranded
from clinic.queries.places import place_of
from clinic.queries.reaching import zone_of
from clinic.queries.telling import told_with
from clinic.work.invitations import attachments
from clinic.work.letters import message_of, written

K = NotificationKind
# The keys in links are for the one who gets the message; the ledger shows it without them.
KEY = re.compile(r"[A-Za-z0-9_-]{32,}")


@dataclass(frozen=True, slots=True)
class Words:
    """A message as it is sent: ``text`` is the whole of a text message, a mail has a subject and paragraphs."""

    language: str
    subject: str | None
    paragraphs: tuple
    link: str | None

    @property
    def text(self):
        """All but the subject."""
        return "\n\n".join(self.paragraphs)

    @property
    def shown(self):
        """The exact text, with the keys in its links left out."""
        return KEY.sub("…", self.text)


def words_of(session, line, clinic, telling, channel, *, by) -> Words:
    """What the line of the ledger says to its patient by this way; a call is read out from the words of a mail."""
    address = _link(session, line, by) if channel != Channel.PHONE else None
    return plain_words(session, line, clinic, telling, channel, address)


def plain_words(session, line, clinic, telling, channel, address=None) -> Words:
    """The same, with the link that is given or without any."""
    language = language_of(line.patient, clinic)
    with force_locale(language):
        facts = _facts(session, line, clinic, telling, locale_of(language, clinic.locale))
    if channel == Channel.PHONE:
        # Whoever hears it is on the telephone with the clinic.
        facts["phone"] = None
    return _written(line.kind, language, channel, address, facts)


# Of some kinds there are several texts: what each is about, and what makes the difference.
OF_OFFERS = (
    (word("instead of a time the doctor cannot keep"), {"purpose": "stranded", "is_move": True, "is_stranded": True}),
    (word("earlier than their visit"), {"purpose": "waitlist", "is_move": True}),
    (word("to who waits for one"), {"purpose": "waitlist"}), (word("to who asked for one"), {"purpose": "request"}),
)  # fmt: skip
VARIANTS = {
    K.BOOKED: (
        (word("when it was booked"), {}), (word("to who texts NO when it is too late to cancel"), {"too_late": True}),
    ),
    K.REMINDER: (
        (word("while it can be cancelled"), {"may_cancel": True}),
        (word("when it is too late to cancel"), {"may_cancel": False}),
        (word("to who has said that they come"), {"may_cancel": True, "has_confirmed": True}),
    ),
    K.TICKET: (
        (word("when we know how long it takes"), {}),
        (word("when we cannot say yet"), {"called_from": None, "called_until": None}),
    ),
    K.CANCELLED: (
        (word("by the clinic"), {}), (word("by the patient"), {"by_patient": True}),
        (word("asked for and not answered in time"), {"unanswered": True}),
    ),
    K.RESTORED: ((word("by the clinic"), {}), (word("by the patient"), {"by_patient": True})),
    K.ACCEPTED: ((word("what was asked for"), {}), (word("the same time at another place"), {"elsewhere": True})),
    K.OFFER: OF_OFFERS, K.OFFER_WITHDRAWN: OF_OFFERS,
}  # fmt: skip


def previews(clinic, telling, language) -> list:
    """Every text as an invented patient would get it: its kind, what it is about, the mail, the text message."""
    with force_locale(language):
        facts = _example(clinic, telling, locale_of(language, clinic.locale))
    address = link("public.home.index") + "v/…"
    return [
        (kind, about, *(_written(kind, language, way, address, facts | more) for way in (Channel.EMAIL, Channel.SMS)))
        for kind in K
        for about, more in VARIANTS.get(kind, (("", {}),))
    ]


def _written(kind, language, channel, address, facts):
    kind = K(kind).value
    if channel == Channel.SMS:
        (text,) = written(f"messages/{kind}.sms.txt", language, link=address, **facts)
        return Words(language, None, (text,), address)
    subject, *paragraphs = written(f"messages/{kind}.txt", language, link=address, **facts)
    return Words(language, subject, tuple(paragraphs), address)


def mail_of(session, line, clinic, telling, words):
    """The words as a mail, with the invitation that its calendar understands; sent again it has the same Message-ID."""
    message = message_of(
        words.subject, words.paragraphs, to=line.sent_to, language=words.language,
        place=telling.sender or clinic.name, link=words.link, message_id=line.id, reply_to=telling.reply_to,
    )  # fmt: skip
    for content, facts in attachments(session, line, clinic, telling, words):
        message.add_attachment(content, **facts)
    return message


def language_of(patient, clinic) -> str:
    """The patient's language where the product speaks it, else the clinic's, else the installation's."""
    return spoken(patient, clinic) or first_of(CONVERSATION, current_app.config["LANGUAGE"]) or CONVERSATION[0]


def _link(session, line, by):
    if line.offer_id:
        token = offer_links.token_of(session.get(SlotOffer, (line.clinic_id, line.offer_id)))
        return link("public.offers.show", token=token) if token else None
    if line.visit is not None:
        return visit_links.address(session, line.visit, by=by)
    return link("portal.home.index")


def _facts(session, line, clinic, telling, locale):
    offer = session.get(SlotOffer, (line.clinic_id, line.offer_id)) if line.offer_id else None
    about, clock = offer or line.visit, Clock(locale, ZoneInfo(clinic.timezone), zone_of(line.patient, clinic))
    doctor = about and about.provider
    kind = line.visit and line.visit.cancel_reason
    return {
        **_times(line, about, offer, clock, _old(session, line, offer)), **_waits(line.visit, clock),
        "who": line.patient.first_name or line.patient.full_name.split()[0],
        "place": telling.sender or clinic.name, "phone": clinic.phone,
        "doctor": doctor.display_name if doctor else None,
        "where": _where(session, about),
        "type": about.visit_type.name if telling.names_type and about and about.visit_type else None,
        "by_patient": kind == CancelReason.PATIENT or (line.kind == K.RESTORED and line.at_once),
        "unanswered": kind == CancelReason.UNANSWERED,
        "purpose": offer.purpose.value if offer else None, "is_move": bool(offer and offer.is_move),
        "is_stranded": bool(offer) and is_for_a_stranded(session, offer),
        "may_cancel": line.visit is not None and line.visit.patient_may_cancel,
        # A reminder is of a visit that is booked or confirmed.
        "has_confirmed": line.kind == K.REMINDER and not line.visit.is_unconfirmed,
        "words": _words_of_closing(session, line),
        "others": [clock.says(each.visit_starts_at) for each in told_with(session, line, telling)],
        **line.facts,
    }  # fmt: skip


def _words_of_closing(session, line):
    """What the desk says of a request that it has closed; where that was taken back, nothing."""
    request_id = line.facts.get("request_id")
    request = session.get(VisitRequest, (line.clinic_id, UUID(request_id))) if request_id else None
    return request and request.cancel_note


def _old(session, line, offer):
    """When the patient would come without this message; None where that is the time it speaks of."""
    if line.kind == K.MOVED:
        old = expected_at(session, line) or line.old_starts_at
        return None if old == line.visit_starts_at else old
    return offer and offer.visit_starts_at


def _times(line, about, offer, clock, old):
    starts_at = line.visit_starts_at or (about and about.starts_at)
    until = offer and offer.until
    return {
        "when": clock.says(starts_at), "short_when": clock.says(starts_at, short=True),
        "day": dates.format_date(starts_at.astimezone(clock.zone), "long", locale=clock.locale) if starts_at else None,
        "old": clock.says(old), "until": clock.says(until), "short_until": clock.says(until, short=True),
    }  # fmt: skip


def _waits(visit, clock):
    """The number of who is here, and between when they will probably be called; they look at the clinic's clock."""
    return {
        "number": visit and visit.ticket_number, "called_from": visit and clock.time(visit.expected_from),
        "called_until": visit and clock.time(visit.expected_until),
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clock:
    """How times are told: as the locale writes them, on the clinic's clock and, where it differs, the patient's."""

    locale: Locale
    zone: ZoneInfo
    own: ZoneInfo

    def says(self, when: datetime | None, short=False) -> str | None:
        """A date and a time in words or, where every letter counts, shorter; None where there is none."""
        if when is None:
            return None
        here, there = when.astimezone(self.zone), when.astimezone(self.own)
        if short:
            told = f"{self._day(here)}, {self._time(here)}"
        else:
            day = dates.format_date(here, "full", locale=self.locale)
            told = _("%(day)s at %(time)s", day=day, time=self._time(here))
        if here.utcoffset() == there.utcoffset():
            return told
        own = self._time(there) if here.date() == there.date() else f"{self._day(there)}, {self._time(there)}"
        return f"{told} ({_('your time: %(time)s', time=own)})"

    def time(self, when: datetime | None) -> str | None:
        """A time of this day at the clinic; None where there is none."""
        return when and self._time(when.astimezone(self.zone))

    def _day(self, local):
        return dates.format_skeleton("MMMEd", local, tzinfo=local.tzinfo, locale=self.locale)

    def _time(self, local):
        at = dates.format_time(local, "short", tzinfo=local.tzinfo, locale=self.locale)
        # Between the hour and AM stands a space that makes a text message twice as dear.
        return at.replace("\u202f", " ").replace("\u00a0", " ")


def _where(session, about):
    """Where to come to: nothing for a visit by video, whose link says it on the day."""
    if about is None or about.visit_mode == VisitMode.VIRTUAL:
        return None
    at = place_of(session, about)
    address = ", ".join(part for part in (at.address_line, at.city) if part)
    return address or (at.name if at.id != about.clinic_id else None)


def _example(clinic, telling, locale):
    zone, begins = ZoneInfo(clinic.timezone), datetime(2027, 3, 9, 10, 30, tzinfo=ZoneInfo(clinic.timezone))
    line = SimpleNamespace(visit_starts_at=begins, old_starts_at=begins.replace(day=8, hour=15))
    offer = SimpleNamespace(until=begins.replace(day=7, hour=12, minute=0), visit_starts_at=None)
    waits = SimpleNamespace(ticket_number=12, expected_from=begins, expected_until=begins.replace(hour=11, minute=5))
    clock = Clock(locale, zone, zone)
    return {
        **_times(line, None, offer, clock, line.old_starts_at), **_waits(waits, clock), "who": _("Alex"),
        "place": telling.sender or clinic.name, "phone": clinic.phone,
        "doctor": _("Dr Example"), "where": clinic.address_line,
        "type": _("Consultation") if telling.names_type else None, "by_patient": False, "unanswered": False,
        "purpose": "waitlist", "is_move": False, "is_stranded": False,
    }  # fmt: skip
