"""Reading iCalendar files that people were given: the public holidays of a country, a doctor's own calendar."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from time import monotonic
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from icalendar import Calendar

from clinic.db import word
from clinic.walltime import bounds

MOST_EVENTS, MOST_FOUND = 2000, 400
# Somebody's own calendar of many years, and how often they are busy in half a year.
MOST_KEPT, MOST_BUSY = 20_000, 3000
# A file is small, but one rule in it may mean work without end.
SECONDS = 5
LONGEST = timedelta(days=366)
FREQUENCIES = {"YEARLY", "MONTHLY", "WEEKLY", "DAILY"}
TOO_FINE = {"BYHOUR", "BYMINUTE", "BYSECOND"}


class Unreadable(ValueError):
    """The file cannot be used; its text is the sentence, for translation."""


@dataclass(frozen=True, slots=True)
class Event:
    """One date of an event, as instants in UTC; the uid is the file's own."""

    uid: str
    title: str
    starts_at: datetime
    ends_at: datetime


def read(text: bytes, zone: ZoneInfo, first: date, until: date) -> list[Event]:
    """What the file says happens between two days of the zone's calendar, soonest first; raises Unreadable.

    Whole days are days of the zone, and times without a zone are on its clock.
    """
    found = _found(text, zone, first, until, MOST_EVENTS, MOST_FOUND)
    return sorted(found, key=lambda each: (each.starts_at, each.title))


def busy_times(text: bytes, zone: ZoneInfo, first: date, until: date, *, since: datetime):
    """When somebody is busy by their own calendar: (from, until) as instants, none over by ``since``; or Unreadable.

    What the calendar shows as free, such as a birthday, is left out.
    """
    found = _found(text, zone, first, until, MOST_KEPT, MOST_BUSY, wanted=_is_busy)
    return [(each.starts_at, each.ends_at) for each in found if each.ends_at > since]


def _is_busy(event):
    return str(event.get("TRANSP", "")).upper() != "TRANSPARENT"


def _found(text, zone, first, until, most_events, most_found, wanted=lambda event: True):
    begins, ends, deadline = bounds(first, zone)[0], bounds(until, zone)[0], monotonic() + SECONDS
    found = {}
    try:
        events = Calendar.from_ical(text).walk("VEVENT")
        if len(events) > most_events:
            raise Unreadable(word("This file has too many events to be one of public holidays."))
        moved = _moved(events)
        for event in filter(wanted, events):
            for each in _dates_of(event, moved, zone, ends):
                if each.ends_at > begins and each.starts_at < ends and each.ends_at - each.starts_at <= LONGEST:
                    found[each.uid, each.starts_at] = each
            if len(found) > most_found or monotonic() > deadline:
                raise Unreadable(word("This file has too many days to be one of public holidays."))
    except Unreadable:
        raise
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError) as error:
        raise Unreadable(word("This file is not a calendar we can read.")) from error
    return list(found.values())


def _moved(events):
    """The dates that were moved or cancelled by themselves, as they are written, by the uid of their series."""
    found = {}
    for each in events:
        if "RECURRENCE-ID" in each:
            found.setdefault(_uid(each), []).append(each["RECURRENCE-ID"].dt)
    return found


def _dates_of(event, moved, zone, ends):
    """Every date of the event up to the end; what was moved or cancelled by itself is left out of its series."""
    start = event["DTSTART"].dt
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return
    home, periods = _home(start, zone), {}
    dates, end_of = {_comparable(start, home)}, _ending(event, start, home, zone)
    if "RECURRENCE-ID" not in event:
        dates |= _repeated(event, start, home, ends.astimezone(home or zone).replace(tzinfo=None))
        dates |= {_comparable(each, home) for each in _listed(event, "RDATE")}
        dates -= {_comparable(each, home) for each in (*_listed(event, "EXDATE"), *moved.get(_uid(event), ()))}
        periods = _periods(event, home)
    title = " ".join(str(event.get("SUMMARY", "")).split())[:200]
    for each in dates:
        day = each.astimezone(home).date() if home else each
        begins, stops = each if home else bounds(day, zone)[0], periods.get(each) or end_of(each)
        if stops > begins:
            yield Event(_uid(event), title or str(day), begins, stops)


def _ending(event, start, home, zone):
    """What tells the end of each date of the event, as RFC 5545 has it (3.3.6, 3.8.5.3).

    Where the file names the end of the first, all last exactly as long; of a length the days are days of the calendar.
    """
    if home is None:
        days = _end(event, start) - start
        return lambda day: bounds(day + days, zone)[0]
    if "DTEND" not in event and "DURATION" in event:
        return lambda begins: _after(begins, event["DURATION"].dt, home)
    # As instants: between two times of one zone Python counts what the wall shows.
    length = _comparable(_end(event, start), home) - _comparable(start, home)
    return lambda begins: begins + length


def _after(begins, length, home):
    """The instant that lies so many days of the calendar, and then so much time, after another."""
    same_hour = begins.astimezone(home) + timedelta(days=length.days)
    return same_hour.astimezone(UTC) + timedelta(seconds=length.seconds)


def _periods(event, home):
    """The ends of the dates that were added with a length of their own, by their beginnings."""
    ends = {}
    # An event of whole days has none.
    for begins, end in (each for each in _values(event, "RDATE") if home and isinstance(each, tuple)):
        first = _comparable(begins, home)
        ends[first] = _after(first, end, home) if isinstance(end, timedelta) else _comparable(end, home)
    return ends


def _end(event, start):
    """When the first date of the event ends, as it is written."""
    if "DTEND" in event:
        return event["DTEND"].dt
    if "DURATION" in event:
        return start + event["DURATION"].dt
    return start if isinstance(start, datetime) else start + timedelta(days=1)


def _repeated(event, start, home, last):
    """The dates by the event's own rules, to an end that the clock of its series shows."""
    first = _wall(start)
    rules = event.get("RRULE", [])
    found = set()
    for rule in rules if isinstance(rules, list) else [rules]:
        if not FREQUENCIES & {str(each).upper() for each in rule["FREQ"]} or TOO_FINE & set(rule):
            raise Unreadable(word("An event in this file repeats more often than daily."))
        if rule.get("INTERVAL", [1])[0] < 1 or first.year < 1900:
            raise Unreadable(word("This file is not a calendar we can read."))
        # "For ever" is written as the year 9999, which no zone can be counted in; what ends after all that is asked
        # about ends with it.
        stops = [_last_of(each, home) for each in rule.get("UNTIL", []) if each.year <= last.year + 1]
        # An instant may be earlier than its place on the wall where the clock is turned; a day more finds it anyhow.
        until = min([last, *(_wall(each.astimezone(home) if home else each) + timedelta(days=1) for each in stops)])
        parts = {name: value for name, value in rule.items() if name != "UNTIL"}
        written = type(rule)(parts).to_ical().decode()
        dates = {_comparable(wall, home) for wall in rrulestr(written, dtstart=first).between(first, until, inc=True)}
        found |= {each for each in dates if all(each <= stop for stop in stops)}
    return found


def _listed(event, name):
    return [value[0] if isinstance(value, tuple) else value for value in _values(event, name)]


def _values(event, name):
    """What the lists of that name hold: dates, moments, or pairs of a beginning and an end or a length."""
    lists = event.get(name, [])
    return [each.dt for some in (lists if isinstance(lists, list) else [lists]) for each in some.dts]


def _home(start, zone):
    """The zone by whose clock a series repeats, its start's or else the clinic's; None where it has whole days."""
    return (start.tzinfo or zone) if isinstance(start, datetime) else None


def _comparable(value, home):
    """A date of a series, whatever zone it is written in, as all are compared: an instant in UTC, or a whole day."""
    if home is None:
        return date(value.year, value.month, value.day)
    moment = value if isinstance(value, datetime) else _wall(value)
    return (moment if moment.tzinfo else moment.replace(tzinfo=home)).astimezone(UTC)


def _last_of(until, home):
    """The last that the end of a rule lets in: the instant it names, or the whole day."""
    whole = home and not isinstance(until, datetime)
    return _comparable(datetime.combine(until, time.max) if whole else until, home)


def _wall(value):
    """A date or a moment as its calendar shows it, without a zone."""
    return value.replace(tzinfo=None) if isinstance(value, datetime) else datetime.combine(value, time())


def _uid(event):
    return str(event.get("UID") or f"{event.get('SUMMARY', '')} {event['DTSTART'].dt}")[:255]
