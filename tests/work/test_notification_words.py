"""In whose language and on whose clock a patient is told, words and dates."""

import re
from datetime import date, datetime, time, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from babel.dates import format_date, format_skeleton

from clinic.languages import CONVERSATION, LANGUAGES, locale_of
from clinic.models.notifications import Channel, NotificationKind
from clinic.models.organizations import Clinic
from clinic.models.telling import Telling
from clinic.work.letters import written
from clinic.work.messages import Clock, _times, plain_words, previews
from tests.unsaid import listening

LONDON = ZoneInfo("Europe/London")
OTHERS = [each for each in CONVERSATION if each not in LANGUAGES]
# What a German message never has: words that only English has.
ENGLISH = re.compile(r"\b(the|your|you|is|for|with|visit|please)\b", re.IGNORECASE)


@pytest.fixture
def german(session, cast):
    """Rose Street, as if it were a German practice."""
    session.execute(sa.update(Clinic).where(Clinic.id == cast.rose.id).values(locale="de_DE"))
    session.commit()


class TestWhoseLanguage:
    def test_words_dates_and_invitation_are_the_patients(self, telling, session, cast, tom):
        tom.language = "de-AT"
        session.commit()
        visit = cast.booked(cast.tomorrow_at(10, days=5))
        telling.work()
        (letter,) = telling.mails
        day = format_date(visit.starts_at, "EEEE", locale="de")
        assert "Ihr Termin ist gebucht. Rose Street Clinic erwartet Sie:" in letter.text and day in letter.text
        assert telling.line().language == "de"

    def test_a_patient_who_chose_none_is_told_in_the_clinics(self, telling, cast, tom, german):
        cast.booked(cast.tomorrow_at(10, days=5))
        telling.work()
        assert "Ihr Termin ist gebucht" in telling.mails[0].text

    def test_an_english_patient_of_a_german_clinic_reads_english(self, telling, session, cast, tom, german):
        tom.language = "en"
        session.commit()
        visit = cast.booked(cast.tomorrow_at(10, days=5))
        telling.work()
        text = telling.mails[0].text
        assert "your visit at Rose Street Clinic is booked" in text
        assert format_date(visit.starts_at, "EEEE", locale="en") in text and "10:00" in text

    def test_a_language_nobody_has_translated_is_the_clinics(self, telling, session, cast, tom):
        tom.language = "fi"
        session.commit()
        cast.booked(cast.tomorrow_at(10, days=5))
        telling.work()
        assert "your visit at Rose Street Clinic is booked" in telling.mails[0].text

    def test_english_where_nobody_speaks_it_has_european_dates(self):
        assert str(locale_of("en", "ja_JP")) == "en_150" and str(locale_of("de", "en_GB")) == "de"


class TestWhoseClock:
    """London and New York are five hours apart, but for the weeks in spring when only one of them has changed."""

    @pytest.fixture(params=[(-7, "09:30"), (1, "10:30")], ids=["both in winter", "New York ahead"])
    def spring(self, request):
        """Half past two in London in that season, and what a clock in New York shows then."""
        march = date(datetime.now(LONDON).year + 1, 3, 1)
        second_sunday = march + timedelta(days=6 - march.weekday() + 7)
        days, there = request.param
        return datetime.combine(second_sunday + timedelta(days=days), time(14, 30), LONDON), there

    def test_whoever_lives_by_another_clock_reads_both_in_mails_and_texts(self, telling, session, cast, tom, spring):
        starts_at, there = spring
        tom.timezone = "America/New_York"
        session.commit()
        cast.booked(starts_at, overbook="a friend")
        telling.work()
        assert f"14:30 (your time: {there})." in telling.mails[0].text
        assert re.search(rf", 14:30 \(your time: {there}\)\.", text_of(telling, session, cast))
        tom.language = "de"
        assert f", 14:30 (Ihre Zeit: {there})." in text_of(telling, session, cast)

    @pytest.mark.parametrize("zone", ["Europe/London", "Atlantic/Reykjavik", None, "Mars/Olympus"])
    def test_whose_clock_shows_the_same_reads_it_once(self, telling, session, cast, tom, zone, winter):
        tom.timezone = zone
        session.commit()
        cast.booked(winter, overbook="a friend")
        telling.work()
        assert "14:30." in telling.mails[0].text and "your time" not in telling.mails[0].text
        assert ", 14:30." in text_of(telling, session, cast)

    @pytest.fixture
    def winter(self):
        """Half past two on a day when London has no summer time."""
        return datetime(datetime.now(LONDON).year + 1, 1, 20, 14, 30, tzinfo=LONDON)

    def test_where_it_is_another_day_the_own_day_is_told(self, winter):
        clock = Clock(locale_of("en", "en_GB"), LONDON, ZoneInfo("Asia/Tokyo"))
        tomorrow = format_skeleton("MMMEd", winter.date() + timedelta(days=1), locale="en_GB")
        assert clock.says(winter.replace(hour=18), short=True).endswith(f", 18:30 (your time: {tomorrow}, 03:30)")

    def test_until_when_a_time_is_kept_and_what_it_replaces_are_told_so_too(self, app, cast, winter):
        clock = Clock(locale_of("en", "en_GB"), LONDON, ZoneInfo("America/New_York"))
        offer = SimpleNamespace(until=winter, visit_starts_at=winter, starts_at=winter)
        line = SimpleNamespace(visit_starts_at=None, old_starts_at=None)
        with app.test_request_context():
            told = _times(line, offer, offer, clock, winter)
            _subject, *paragraphs = written("messages/offer.txt", "en", purpose="stranded", is_move=True, **told)
        assert all(told[each].endswith("14:30 (your time: 09:30)") for each in ("until", "short_until", "old", "when"))
        assert "of your visit, " in paragraphs[0] and "14:30 (your time: 09:30). We are sorry." in paragraphs[0]


def text_of(telling, session, cast):
    """The text message that the last line would be."""
    with telling.app.test_request_context():
        rose = session.get(Clinic, cast.rose.id)
        return plain_words(session, telling.line(), rose, Telling(), Channel.SMS).text


@pytest.mark.parametrize("language", OTHERS)
def test_every_kind_of_message_is_wholly_in_the_language(app, cast, language):
    with app.test_request_context(), listening(app, language) as english:
        told = previews(cast.rose, Telling(names_type=True), language)
    assert {kind for kind, *_ in told} == set(NotificationKind) and not english
    for kind, about, mail, text in told:
        assert mail.subject and not ENGLISH.findall(f"{mail.subject} {mail.text} {text.text}"), (kind, about)


def test_until_when_a_time_is_kept_is_right_in_german_whatever_the_time_is_called(app, cast):
    with app.test_request_context():
        told = previews(cast.rose, Telling(), "de")
    texts = [mail.text for kind, _about, mail, _text in told if kind == NotificationKind.OFFER]
    assert any("diese Zeit" in text for text in texts) and any("Termin frei" in text for text in texts)
    assert all("Die Reservierung gilt bis" in text for text in texts)
