"""How the portal's pages divide a calendar into words: weekdays, months, and the parts of a day."""

from bisect import bisect
from itertools import groupby

from babel import dates
from flask_babel import gettext as _

from clinic import filters
from clinic.access import GuardedBlueprint

bp = GuardedBlueprint("calendar", __name__, face="portal")
BEGIN = (12, 17)  # the hours at which afternoon and evening begin


def weekday_name(day):
    """The day of the week in short: Tue."""
    return dates.format_date(day, "EEE", locale=filters.spoken())


def month_name(moment):
    """The month in short, of a day or of an instant on the clinic's calendar: Sep."""
    return dates.format_date(_on_the_wall(moment), "MMM", locale=filters.spoken())


def day_of_month(moment):
    """The number of the day of an instant on the clinic's calendar."""
    return _on_the_wall(moment).day


def parts_of_day(times):
    """Times in their order, divided into (words, times): morning, afternoon, evening."""
    here, words = filters.zone(), (_("Morning"), _("Afternoon"), _("Evening"))
    by_part = groupby(times, key=lambda time: bisect(BEGIN, time.starts_at.astimezone(here).hour))
    return [(words[part], list(inside)) for part, inside in by_part]


def as_shown(times, own):
    """Times as their buttons show them: (time, clinic's clock, the patient's own clock or nothing)."""
    here = filters.zone()
    for time in times:
        clock = filters.clock(time.starts_at, here)
        elsewhere = filters.own_zone(time.starts_at, own)
        twice = _zone_if_twice(time.starts_at, here)
        yield time, f"{clock} {twice}".rstrip(), elsewhere and filters.clock(time.starts_at, elsewhere)


def _zone_if_twice(moment, here):
    """The short name of the clinic's time where its clock shows this reading twice that day, else nothing."""
    local = moment.astimezone(here)
    if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset():
        return ""
    return filters.zone_mark(local)


def _on_the_wall(moment):
    return moment.astimezone(filters.zone()).date() if hasattr(moment, "astimezone") else moment


FILTERS = {each.__name__: each for each in (weekday_name, month_name, day_of_month, parts_of_day, as_shown)}
bp.record(lambda state: state.app.jinja_env.filters.update(FILTERS))
