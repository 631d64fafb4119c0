"""In whose language a patient is told, words and dates."""

import re

import pytest
import sqlalchemy as sa
from babel.dates import format_date

from clinic.languages import CONVERSATION, LANGUAGES, locale_of
from clinic.models.notifications import NotificationKind
from clinic.models.organizations import Clinic
from clinic.models.telling import Telling
from clinic.work.messages import previews
from tests.unsaid import listening

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


@pytest.mark.parametrize("language", OTHERS)
def test_every_kind_of_message_is_wholly_in_the_language(app, cast, language):
    with app.test_request_context(), listening(app, language) as english:
        told = previews(cast.rose, Telling(names_type=True), language)
    assert {kind for kind, *_ in told} == set(NotificationKind) and not english
    for kind, about, mail, text in told:
        assert mail.subject and not ENGLISH.findall(f"{mail.subject} {mail.text} {text.text}"), (kind, about)
