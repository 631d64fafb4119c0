"""Which languages the product speaks, where, and in which of them somebody is spoken to."""

from functools import lru_cache

from babel import Locale, UnknownLocaleError

# Every page is in each of these, wholly.
LANGUAGES = ["en"]
# In each of these is all that a patient and a clinic say to each other by message: the mails and text messages, the
# words that answer them, the pages behind their links, and the screens they check in on and are called by. Nothing else
# is shown in one that is not above as well.
CONVERSATION = ["en", "de"]


def spoken(patient, clinic) -> str | None:
    """The patient's language where we can talk in it, else the clinic's; None where we can talk in neither."""
    return first_of(CONVERSATION, patient.language, clinic.locale)


def first_of(offered, *wanted) -> str | None:
    """The first of the wanted languages that is offered; each may also be a locale, such as de_DE or de-AT, or None."""
    plain = ((each or "").replace("-", "_").partition("_")[0].lower() for each in wanted)
    return next((each for each in plain if each in offered), None)


@lru_cache
def locale_of(language: str, clinic_locale: str) -> Locale:
    """How dates and numbers are written in this language where the clinic is."""
    # English of nowhere would be American; most of the world puts the day first and counts 24 hours.
    otherwise = "en_150" if language == "en" else language
    try:
        return Locale.parse(f"{language}_{clinic_locale.partition('_')[2]}")
    except (UnknownLocaleError, ValueError):
        return Locale.parse(otherwise)
