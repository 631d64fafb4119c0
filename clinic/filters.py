"""How templates show times, dates, money and ages: in the clinic's zone and locale, said once."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, dates, numbers
from flask import Flask, g, request
from flask_babel import Babel, get_locale, ngettext, refresh
from flask_babel import gettext as _

from clinic import languages
from clinic.clock import now
from clinic.config import HOME
from clinic.current import current

# The pages behind the links in messages: in the patient's language, and before one is known in the browser's.
CONVERSATION = ("public.visit_link", "public.offers")


def place():
    """The clinic whose clock and formats this page uses: the page's own, else the one signed in to."""
    known = g.get("page_clinic")
    if known is None:
        known = g.page_clinic = current.clinic
    return known


def zone() -> ZoneInfo:
    """The page's time zone."""
    at = place()
    return ZoneInfo(at.timezone if at else "UTC")


def locale() -> Locale:
    """The locale of times of day, numbers and money: the clinic's, as people type them there; to a patient, theirs."""
    if g.get("spoken"):
        return spoken()
    at = place()
    return _parsed(at.locale) if at else _parsed("en_GB")


def spoken() -> Locale:
    """The locale of days and months in words: the page's own language, as it is written where the clinic is."""
    at = place()
    return languages.locale_of(get_locale().language, at.locale if at else "en_GB")


@lru_cache
def _parsed(name):
    return Locale.parse(name)


def clock(moment: datetime, tz=None) -> str:
    """Time of day on the clinic's wall: 14:30 or 2:30 PM."""
    local = moment.astimezone(tz or zone())
    return _clock(local.hour, local.minute, locale())


# A day has few different times, and pages show them over and over.
@lru_cache(maxsize=8192)
def _clock(hour, minute, language):
    return dates.format_time(time(hour, minute), "short", locale=language)


def wall_clock(at: time) -> str:
    """A time of day that comes back, such as a doctor's hours: 14:30 or 2:30 PM."""
    return dates.format_time(at, "short", locale=locale())


def day(when: date | datetime) -> str:
    """A whole date in words: Tuesday 15 September 2026."""
    return dates.format_date(_local_date(when), "full", locale=spoken())


def day_short(when: date | datetime) -> str:
    """A date for a list: 15 Sep 2026."""
    return dates.format_date(_local_date(when), "medium", locale=spoken())


def day_name(when: date | datetime) -> str:
    """Weekday, day and month, for a strip of days: Tue 15 Sep."""
    return dates.format_skeleton("MMMEd", _local_date(when), locale=spoken())


def month_year(when: date | datetime) -> str:
    """A month for what must not tell its day: September 2026."""
    return dates.format_skeleton("yMMMM", _local_date(when), locale=spoken())


def last_day(until: datetime) -> str:
    """The last whole day of what ends at this moment: 15 Sep 2026."""
    return day_short(until - timedelta(seconds=1))


def birthday(when: date | None) -> str:
    """A date of birth in the clinic's own order, in digits."""
    return dates.format_skeleton("yMd", when, locale=locale()) if when else ""


def age(born: date | None, on: date | None = None) -> str:
    """How old somebody is, today or on another day: 34 years; in the first two years 14 months."""
    on = on or now().astimezone(zone()).date()
    if born is None or born > on:
        return ""
    months = (on.year - born.year) * 12 + on.month - born.month - (on.day < born.day)
    if months < 24:
        return ngettext("%(num)d month", "%(num)d months", months)
    return ngettext("%(num)d year", "%(num)d years", months // 12)


def moment(when: datetime, tz=None) -> str:
    """Date and time with the zone's name, for anything a person must turn up for."""
    tz = tz or zone()
    local = when.astimezone(tz)
    return f"{dates.format_date(local, 'full', locale=spoken())}, {clock(when, tz)} ({zone_mark(local)})"


def zone_mark(local: datetime) -> str:
    """Short, which time that is: GMT, CET; where the language has no such name, how far from GMT: GMT+02:00."""
    name = dates.get_timezone_name(local, "short", locale=spoken())
    return name if name[:1].isalpha() else dates.get_timezone_gmt(local, "long", locale=spoken())


def both_clocks(when: datetime, own: str | None = None) -> str:
    """The moment on the clinic's clock and, for somebody whose clock shows another time, on their own too.

    ``own`` is a zone known of the patient; without it the zone of the person who is signed in counts.
    """
    text = moment(when)
    elsewhere = own_zone(when, own)
    if elsewhere:
        text += " · " + _("your time: %(time)s", time=moment(when, elsewhere))
    return text


def own_zone(when: datetime, own: str | None = None) -> ZoneInfo | None:
    """The zone of somebody whose clock shows another time than the clinic's at that moment, else None."""
    name = own or (current.user.timezone if current.user else None)
    try:
        found = ZoneInfo(name) if name else zone()
    except (ZoneInfoNotFoundError, ValueError):
        return None
    return found if when.astimezone(found).utcoffset() != when.astimezone(zone()).utcoffset() else None


def zone_name(tz: ZoneInfo | None = None) -> str:
    """The place whose clock a page shows: London, New York."""
    return dates.get_timezone_location(tz or zone(), locale=spoken(), return_city=True)


def language_name(code: str) -> str:
    """What a language is called in the page's own: de is German, and so is de-AT; one without a name is its code."""
    plain = code.replace("-", "_").partition("_")[0].lower()
    return get_locale().languages.get(plain, code)


def money(amount) -> str:
    """An amount in the clinic's currency and format."""
    at = place()
    return numbers.format_currency(amount, at.currency if at else "GBP", locale=locale())


def ago(when: datetime) -> str:
    """How long since, in minutes or hours: 12 min, 2 h 5 min."""
    minutes = max(0, int((now() - when).total_seconds() // 60))
    if minutes < 60:
        return ngettext("%(num)d min", "%(num)d min", minutes)
    return _("%(hours)d h %(minutes)d min", hours=minutes // 60, minutes=minutes % 60)


def seconds_until(when: datetime) -> int:
    """Whole seconds from now to then; what is over is 0."""
    return max(0, int((when - now()).total_seconds()))


def _local_date(when):
    return when.astimezone(zone()).date() if isinstance(when, datetime) else when


def speak(language: str | None):
    """From here on this answer is in the language of whom it is for; None: in the browser's, as for a stranger."""
    g.spoken = language
    refresh()


def _language():
    if g.get("spoken"):
        return g.spoken
    offered = languages.CONVERSATION if request.blueprint in CONVERSATION else languages.LANGUAGES
    is_known = not g.get("without_database") and current.is_authenticated
    own = current.user.language if is_known else None
    if own in offered:
        return own
    return request.accept_languages.best_match(offered) or offered[0]


def init_app(app: Flask):
    """Give every template the filters and the words' language."""
    Babel(app, locale_selector=_language, default_translation_directories=str(Path(HOME) / "translations"))
    for show in (
        clock,
        wall_clock,
        day,
        day_short,
        day_name,
        month_year,
        last_day,
        birthday,
        age,
        moment,
        both_clocks,
        own_zone,
        language_name,
        money,
        ago,
        seconds_until,
    ):
        app.jinja_env.filters[show.__name__] = show
    app.jinja_env.globals["zone_name"] = zone_name
    app.jinja_env.globals["page_language"] = lambda: str(get_locale() or "en").replace("_", "-")
