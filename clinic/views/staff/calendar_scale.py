"""The calendar's scale: lines of five minutes from its top edge down, and what a clock shows beside them.

A day is measured in minutes that pass, so that a day of 23 or 25 hours is that long on the page. Days side by side are
measured by the clock on the wall, so that ten o'clock is on one height in all of them.
"""

from datetime import datetime, timedelta

from flask_babel import gettext as _

from clinic.filters import clock

LINE = timedelta(minutes=5)
# Minutes of one cell, by the zoom; and how many lines the shortest thing takes, so that a finger can meet it.
ZOOMS = {15: 2, 30: 4, 60: 8}
HOUR = timedelta(hours=1)
# What is shown where nobody is here and nothing is booked.
FROM_HOUR, TO_HOUR = 8, 18
# The lines of the longest day there is.
MOST_LINES = 25 * 12


class DayScale:
    """One day by the minutes that pass; ``edges`` are the first and last instants that must be seen, or nothing."""

    def __init__(self, day, zone, edges=(), whole=False):
        self.day, self.zone = day, zone
        self.begins, self.ends = day.starts_at, day.ends_at
        if not whole:
            wall = [self._at(hour) for hour in (FROM_HOUR, TO_HOUR)]
            seen = [each for each in edges if day.starts_at <= each <= day.ends_at] or wall
            self.begins, self.ends = self._whole_hour(min(seen)), self._whole_hour(max(seen), up=True)
        self.lines = max(1, (self.ends - self.begins) // LINE)

    def place(self, starts_at, ends_at):
        """The line something begins on and the one after its last; None where none of it is seen."""
        if ends_at <= self.begins or starts_at >= self.ends:
            return None
        first = max(0, (starts_at - self.begins) // LINE)
        after = min(self.lines, -((self.begins - ends_at) // LINE))
        return first, max(after, first + 1)

    def inside(self, starts_at, ends_at):
        """The whole lines that lie between, which may be none: (3, 3)."""
        first = max(0, -((self.begins - starts_at) // LINE))
        return first, max(first, min(self.lines, (ends_at - self.begins) // LINE))

    def instant(self, line):
        """The instant at which a line begins."""
        return self.begins + LINE * line

    def labels(self, step):
        """What stands at the edge: (line, time) at full steps of the clock; a time that comes twice says so."""
        found, said = [], set()
        for line in range(self.lines):
            local = self.instant(line).astimezone(self.zone)
            if (local.hour * 60 + local.minute) % step == 0:
                words = clock(local)
                found.append((line, _("%(time)s again", time=words) if words in said else words))
                said.add(words)
        return found

    def _at(self, hour):
        return datetime(self.day.date.year, self.day.date.month, self.day.date.day, hour, tzinfo=self.zone)

    def _whole_hour(self, moment, up=False):
        """The full hour of the clock before a moment, or after it; never another day's."""
        local = moment.astimezone(self.zone)
        past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        edge = moment - past + (HOUR if up and past else timedelta())
        return min(max(edge, self.day.starts_at), self.day.ends_at)


class WallScale:
    """One of several days side by side, by the clock on the wall from one hour of it to another."""

    def __init__(self, day, zone, from_hour, to_hour):
        self.day, self.zone = day, zone
        self.from_line, self.lines = from_hour * 12, (to_hour - from_hour) * 12

    def place(self, starts_at, ends_at):
        """The line something begins on and the one after its last; None where none of it is seen."""
        first, after = self._minutes(starts_at) // 5, -(-self._minutes(ends_at) // 5)
        first, after = max(0, first - self.from_line), min(self.lines, after - self.from_line)
        return (first, max(after, first + 1)) if first < self.lines and after > 0 else None

    def inside(self, starts_at, ends_at):
        """The whole lines that lie between, which may be none."""
        first = max(0, -(-self._minutes(starts_at) // 5) - self.from_line)
        return first, max(first, min(self.lines, self._minutes(ends_at) // 5 - self.from_line))

    def instant(self, line):
        """The instant at which the wall's clock shows a line; the earlier one where it does so twice."""
        minutes = (self.from_line + line) * 5
        # Adding to a time with a zone adds to what its clock shows.
        midnight = datetime(self.day.date.year, self.day.date.month, self.day.date.day, tzinfo=self.zone)
        return midnight + timedelta(minutes=minutes)

    def labels(self, step):
        """What stands at the edge: (line, time)."""
        each = range(0, self.lines * 5, step)
        return [(minutes // 5, clock(self.instant(minutes // 5))) for minutes in each]

    def _minutes(self, moment):
        """Minutes of the wall's clock since the day began; of another day 0 or all of them."""
        local = moment.astimezone(self.zone)
        if local.date() != self.day.date:
            return 0 if local.date() < self.day.date else 24 * 60
        return local.hour * 60 + local.minute
