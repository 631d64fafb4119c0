"""How the portal's pages divide a calendar into words: weekdays, months, and the parts of a day."""

from itertools import groupby

from babel import dates
from flask_babel import gettext as _

from clinic import filters
from clinic.access import GuardedBlueprint

bp = GuardedBlueprint("calendar", __name__, face="portal")


def weekday_name(day):
    """The day of the week in short: Tue."""
    return dates.format_date(day, "EEE", locale=filters.locale())


def month_name(moment):
    """The month in short, of a day or of an instant on the clinic's calendar: Sep."""
    return dates.format_date(_on_the_wall(moment), "MMM", locale=filters.locale())


def day_of_month(moment):
    """The number of the day of an instant on the clinic's calendar."""
    return _on_the_wall(moment).day


def parts_of_day(times):
    """Times in their order, divided into (words, times): morning, afternoon, evening."""
    return [(words, list(inside)) for words, inside in groupby(times, key=_part)]


def zone_if_twice(moment):
    """The short name of the clinic's time where its clock shows this reading twice that day, else nothing."""
    local = moment.astimezone(filters.zone())
    if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset():
        return ""
    return dates.get_timezone_name(local, "short", locale=filters.locale())


def _part(time):
    hour = time.starts_at.astimezone(filters.zone()).hour
    return _("Morning") if hour < 12 else _("Afternoon") if hour < 17 else _("Evening")


def _on_the_wall(moment):
    return moment.astimezone(filters.zone()).date() if hasattr(moment, "astimezone") else moment


FILTERS = {each.__name__: each for each in (weekday_name, month_name, day_of_month, parts_of_day, zone_if_twice)}
bp.record(lambda state: state.app.jinja_env.filters.update(FILTERS))
