"""Time from a date and time of the clinic's clock to another, as an administrator types it: a block or a closure."""

from datetime import time, timedelta
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from wtforms.validators import Optional

from clinic.forms.fields import Form, needed, words
from clinic.forms.hours import Clock, Day, which
from clinic.walltime import instants


class SpanForm(Form):
    """Both times may be left empty: then it lasts whole days."""

    from_date = Day(_l("From"), [needed(_l("Say on which day it begins."))])
    from_time = Clock(_l("From what time"), [Optional()])
    until_date = Day(_l("To"), [Optional()])
    until_time = Clock(_l("To what time"), [Optional()])
    from_which = which(_l("Which one at the beginning?"))
    until_which = which(_l("Which one at the end?"))
    # The questions the page has to ask, because a time that was typed comes twice that day.
    asks = ()

    def instants(self, zone: str):
        """The two instants meant in the zone, or None with the sentence on the field to blame.

        A time that comes twice that day is asked about; a midnight that nobody typed covers both.
        """
        last_day = self.until_date.data or self.from_date.data
        begins = self._instant("from_time", self.from_date.data, self.from_time.data or time(), zone, 0)
        if self.until_time.data:
            ends = self._instant("until_time", last_day, self.until_time.data, zone, -1)
        else:
            ends = self._instant("until_date", last_day + timedelta(days=1), time(), zone, 0)
        return (begins, ends) if begins and ends else None

    def _instant(self, field, day, clock, zone, which):
        found = instants(day, clock, ZoneInfo(zone))
        if not found and clock == time():
            # Where the clock jumps over midnight the day begins at the first minute it shows.
            found = instants(day, time(1), ZoneInfo(zone))
        if not found:
            self.blame(str(_l("The clock goes forward that day and never shows this time.")), field)
            return None
        question = field.replace("_time", "_which")
        if len(found) == 1 or not self[field].data or question == field:
            return found[which]
        return self._chosen(question, found)

    def _chosen(self, question, found):
        self.asks = (*self.asks, question)
        answers = {"first": found[0], "second": found[1]}
        if self[question].data not in answers:
            self.blame(str(_l("The clocks go back that day: this time comes twice. Choose which one.")), question)
        return answers.get(self[question].data)


class BlockForm(SpanForm):
    """A block of one doctor's time."""

    reason = words(_l("Reason"), most=200, description=_l("For colleagues only; patients never see it."))
