"""Wall time and instants: what a clock on the clinic's wall shows, turned into the moment it means, said once."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from clinic.clock import now


class NoSuchTime(ValueError):
    """The clock jumps over this wall time: on that day it never shows it."""


class TwiceThatDay(ValueError):
    """The clock shows this wall time twice on that day; ``both`` are the instants in UTC, the earlier first."""

    def __init__(self, both):
        super().__init__("this wall time comes twice")
        self.both = both


@cache
def known_zones() -> frozenset[str]:
    """The name of every zone of the time zone database, looked up once: it means opening some six hundred files."""
    return frozenset(available_timezones())


def instants(day: date, at: time, zone: ZoneInfo) -> list[datetime]:
    """Every instant (UTC) at which the zone's clock shows this day and time: none, one or two, the earlier first."""
    wall = datetime.combine(day, at.replace(tzinfo=None))
    meant = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    # Inside a gap zoneinfo invents a moment; going back to the wall shows that no clock ever read so.
    return sorted(moment for moment in meant if moment.astimezone(zone).replace(tzinfo=None, fold=0) == wall)


def to_instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The one instant (UTC) of this wall time; raises NoSuchTime in a gap and TwiceThatDay where there are two."""
    found = instants(day, at, zone)
    if not found:
        raise NoSuchTime
    if len(found) > 1:
        raise TwiceThatDay(found)
    return found[0]


def today(zone: ZoneInfo) -> date:
    """The date on the zone's calendar right now."""
    return now().astimezone(zone).date()


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first instant (UTC) of the zone's day and the first of the next one; 23, 24 or 25 hours apart."""
    first, after = (datetime.combine(each, time(), zone).astimezone(UTC) for each in (day, day + timedelta(days=1)))
    return first, after


def last_day(begins: datetime, ends: datetime, zone: ZoneInfo) -> date | None:
    """The last day of what lasts whole days of the zone's calendar; None where either end is within a day."""
    first, after = begins.astimezone(zone), ends.astimezone(zone)
    return (after - timedelta(seconds=1)).date() if first.time() == after.time() == time() else None
