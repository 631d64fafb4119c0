"""In whose language a patient is told, words and dates."""

import pytest
from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from clinic.filters import LANGUAGES


@pytest.fixture
def portuguese(app, tmp_path, monkeypatch):
    """The product speaks some Portuguese."""
    catalogue = Catalog(locale="pt")
    booked = "%(who)s, a sua consulta em %(place)s está marcada:"
    catalogue.add("%(who)s, your visit at %(place)s is booked:", booked)
    catalogue.add("%(place)s: we expect you on %(when)s.", "%(place)s: contamos consigo %(when)s.")
    catalogue.add("Answer YES to confirm or NO to cancel.", "Responda SIM para confirmar ou NAO para cancelar.")
    folder = tmp_path / "translations" / "pt" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "messages.mo").open("wb") as file:
        write_mo(file, catalogue)
    domain = app.extensions["babel"].instance.domain_instance
    monkeypatch.setattr(domain, "_translation_directories", [str(tmp_path / "translations")])
    monkeypatch.setattr(domain, "cache", {})
    LANGUAGES.append("pt")
    yield
    LANGUAGES.remove("pt")


def test_words_and_dates_are_the_patients(telling, session, cast, tom, portuguese):
    tom.language = "pt-PT"
    session.commit()
    visit = cast.booked(cast.tomorrow_at(10, days=5))
    telling.work()
    (letter,) = telling.mails
    day = format_date(visit.starts_at, "EEEE", locale="pt")
    assert "a sua consulta em Rose Street Clinic está marcada:" in letter.text and day in letter.text


def test_a_language_nobody_has_translated_is_the_clinics(telling, session, cast, tom, portuguese):
    tom.language = "fi"
    session.commit()
    cast.booked(cast.tomorrow_at(10, days=5))
    telling.work()
    assert "your visit at Rose Street Clinic is booked" in telling.mails[0].text
