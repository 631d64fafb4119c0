"""A doctor's hours, as an administrator types them: every week on some weekdays, or on one date."""

from datetime import date

from flask_babel import lazy_gettext as _l
from wtforms import DateField, RadioField, SelectField, SelectMultipleField, TimeField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from clinic.forms.fields import NOT_OFFERED, Form, RowChoice, mode_choice, needed
from clinic.walltime import instants

# Monday first, as a week is read; the table counts from Sunday, which is 0.
WEEK = [
    (1, _l("Monday")),
    (2, _l("Tuesday")),
    (3, _l("Wednesday")),
    (4, _l("Thursday")),
    (5, _l("Friday")),
    (6, _l("Saturday")),
    (0, _l("Sunday")),
]


class Day(DateField):
    """A date of this century, or nothing."""

    def process_formdata(self, values):
        """Read the date; say in plain words where there is none."""
        text = values[0].strip() if values else ""
        if not text:
            self.data = None
            return
        try:
            self.data = date.fromisoformat(text)
            if not 2000 <= self.data.year < 2100:
                raise ValueError
        except ValueError:
            self.data = None
            raise ValueError(str(_l("Enter a date of the calendar."))) from None


class Clock(TimeField):
    """A time of day, or nothing."""

    def process_formdata(self, values):
        """Read the time; say in plain words where there is none."""
        if not values or not values[0].strip():
            self.data = None
            return
        try:
            super().process_formdata([values[0].strip()])
        except ValueError:
            self.data = None
            raise ValueError(str(_l("Enter a time such as 09:00."))) from None


def which(label):
    """Which of two, where the clocks go back and show a time twice."""
    choices = [
        SelectChoice("first", _l("The first time, before the clocks go back")),
        SelectChoice("second", _l("The second time, after it")),
    ]
    return RadioField(label, [Optional()], choices=choices, validate_choice=False)


class HoursForm(Form):
    """From when to when, how and where; the same for weekly hours and those of one date."""

    start_time = Clock(_l("From"), [needed(_l("Say when the hours begin."))])
    end_time = Clock(_l("To"), [needed(_l("Say when the hours end."))])
    visit_mode = mode_choice(_l("For visits"), _l("In person or by video"))
    location_id = RowChoice(_l("Place"))

    def validate_end_time(self, field):
        """Hours end on the day they begin."""
        if self.start_time.data and field.data and field.data <= self.start_time.data:
            raise ValidationError(_l("The end has to be later than the beginning, on the same day."))

    @property
    def hours(self):
        """What an action needs to know, apart from the day."""
        return {name: self[name].data for name in ("start_time", "end_time", "visit_mode", "location_id")}


class WeekdayForm(HoursForm):
    """Hours of one weekday, from a first to a last day or for good."""

    weekday = SelectField(
        _l("On"), coerce=int, choices=[SelectChoice(str(number), label) for number, label in WEEK],
        invalid_value_message=NOT_OFFERED, invalid_choice_message=NOT_OFFERED,
    )  # fmt: skip
    valid_from = Day(_l("First day"), [Optional()])
    valid_until = Day(_l("Last day"), [Optional()])

    def validate_valid_until(self, field):
        """The last day comes after the first."""
        if self.valid_from.data and field.data and field.data < self.valid_from.data:
            raise ValidationError(_l("The last day has to be after the first."))

    @property
    def details(self):
        """What an action needs to know."""
        return {**self.hours, **{name: self[name].data for name in ("weekday", "valid_from", "valid_until")}}


class WeeklyForm(HoursForm):
    """Hours that come back every week, on several weekdays."""

    weekdays = SelectMultipleField(
        _l("On"), coerce=int, choices=[SelectChoice(str(number), label) for number, label in WEEK],
        invalid_value_message=NOT_OFFERED, invalid_choice_message=NOT_OFFERED, widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )  # fmt: skip
    valid_from = Day(_l("First day"), [Optional()])
    valid_until = Day(_l("Last day"), [Optional()])

    def validate_weekdays(self, field):
        """At least one day of the week."""
        if not field.data:
            raise ValidationError(_l("Tick at least one day."))

    def validate_valid_until(self, field):
        """The last day comes after the first."""
        if self.valid_from.data and field.data and field.data < self.valid_from.data:
            raise ValidationError(_l("The last day has to be after the first."))


class DatedForm(HoursForm):
    """Hours of one date, in place of that weekday's or beside them."""

    on_date = Day(_l("Date"), [needed(_l("Say on which date."))])
    in_addition = RadioField(
        _l("That day"), default="only", validate_choice=False,
        choices=[
            SelectChoice("only", _l("Only these hours, in place of the weekly ones")),
            SelectChoice("also", _l("These hours and the weekly ones")),
        ],
    )  # fmt: skip
    start_which = which(_l("Which one at the beginning?"))
    end_which = which(_l("Which one at the end?"))
    # The questions the page has to ask, because a time that was typed comes twice that day.
    asks = ()
    # The date on the clinic's calendar right now and its zone; the view says which.
    today = zone = None

    def validate_on_date(self, field):
        """A day that is over needs no hours."""
        if self.today and field.data and field.data < self.today:
            raise ValidationError(_l("This day is over."))

    def validate(self, extra_validators=None):
        """Read every field, then ask which of two times is meant where the clock shows one twice that day."""
        fine = super().validate(extra_validators)
        if not (fine and self.zone):
            return fine
        begins, ends = self._moment("start_time", "start_which"), self._moment("end_time", "end_which")
        if begins and ends and begins >= ends:
            self.blame(str(_l("The end has to be later than the beginning, on the same day.")), "end_time")
        return not self.errors

    def _moment(self, name, question):
        """The instant a time means, or None with the sentence on the field to blame."""
        found = instants(self.on_date.data, self[name].data, self.zone)
        if not found:
            self.blame(str(_l("The clock goes forward that day and never shows this time.")), name)
            return None
        if len(found) == 1:
            self[question].data = None
            return found[0]
        self.asks = (*self.asks, question)
        answers = dict(zip(("first", "second"), found, strict=True))
        if self[question].data not in answers:
            self.blame(str(_l("The clocks go back that day: this time comes twice. Choose which one.")), question)
        return answers.get(self[question].data)

    def show(self, row):
        """Fill in what a stored row says in other words than the form; for a form that is opened, not one sent."""
        self.in_addition.data = "also" if row.in_addition else "only"
        for time, question, first in (
            ("start_time", "start_which", row.start_first), ("end_time", "end_which", row.end_first),
        ):  # fmt: skip
            if len(instants(row.on_date, getattr(row, time), self.zone)) > 1:
                self[question].data, self.asks = "first" if first else "second", (*self.asks, question)
        return self

    @property
    def details(self):
        """What an action needs to know."""
        which = {"start_first": self.start_which.data == "first", "end_first": self.end_which.data == "first"}
        return {**self.hours, **which, "on_date": self.on_date.data, "in_addition": self.in_addition.data == "also"}
