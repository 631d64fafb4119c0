"""A block that comes again and again, as an administrator types it: lunch on every working day."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from wtforms import SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from clinic.forms.fields import NOT_OFFERED, Form, needed, words
from clinic.forms.hours import WEEK, Clock, Day
from clinic.walltime import instants

LONGEST = timedelta(days=366)


class RepeatedBlockForm(Form):
    """Which weekdays, from when to when, from a first to a last day."""

    weekdays = SelectMultipleField(
        _l("On"), coerce=int, choices=[SelectChoice(str(number), label) for number, label in WEEK],
        default=[1, 2, 3, 4, 5], widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(),
        validators=[needed(_l("Tick at least one weekday."))],
    )  # fmt: skip
    start_time = Clock(_l("From"), [needed(_l("Say when it begins."))])
    end_time = Clock(_l("To"), [needed(_l("Say when it ends."))])
    first_on = Day(_l("First day"), [needed(_l("Say from which day on."))])
    until_on = Day(_l("Last day"), [needed(_l("Say until which day."))])
    why = words(_l("Reason"), most=200, description=_l("For colleagues only; patients never see it."))

    def __init__(self, *given, **more):
        super().__init__(*given, **more)
        self.weekdays.invalid_choice_message = NOT_OFFERED

    def validate_weekdays(self, field):
        """At least one."""
        if not field.data:
            raise ValidationError(_l("Tick at least one weekday."))

    def validate_end_time(self, field):
        """It ends on the day it begins."""
        if self.start_time.data and field.data and field.data <= self.start_time.data:
            raise ValidationError(_l("The end has to be later than the beginning, on the same day."))

    def validate_until_on(self, field):
        """The last day comes after the first, and not years later."""
        if self.first_on.data and field.data and not timedelta(0) <= field.data - self.first_on.data <= LONGEST:
            raise ValidationError(_l("Choose a last day within a year of the first."))

    def spans(self, zone: str):
        """The (from, until) of each day, as instants; with a sentence where there is no such day.

        A day on which the clock never shows one of the times has none.
        """
        days = (
            self.first_on.data + timedelta(days=n) for n in range((self.until_on.data - self.first_on.data).days + 1)
        )
        found = []
        for day in days:
            if day.isoweekday() % 7 in self.weekdays.data:
                begins = instants(day, self.start_time.data, ZoneInfo(zone))
                ends = instants(day, self.end_time.data, ZoneInfo(zone))
                found += [(begins[0], ends[-1])] if begins and ends else []
        if not found:
            self.blame(str(_l("None of these weekdays lies between the two days.")), "until_on")
        return found
