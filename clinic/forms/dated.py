"""Dates in forms, typed and shown the way the clinic writes them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from wtforms import StringField
from wtforms.validators import ValidationError

from clinic import typed_dates, walltime
from clinic.forms.fields import Form, tidy


class TypedDate(StringField):
    """A date as the clinic writes it. ``data`` is what was typed until it is validated, a date afterwards."""

    locale = "en_GB"

    def pre_validate(self, form):
        """Read the date in the clinic's order."""
        if isinstance(self.data, str):
            self.data = tidy(self.data)
        if not isinstance(self.data, str):
            return
        today = walltime.today(ZoneInfo(form.clinic.timezone))
        born = typed_dates.read(self.data[:40], form.clinic.locale, today)
        if born is None:
            raise ValidationError(_("Write the date like %(example)s; it cannot lie ahead.", example=form.example_date))
        self.data = born

    def _value(self):
        if self.raw_data:
            return self.raw_data[0][:40]
        return typed_dates.write(self.data, self.locale) if self.data else ""


class WithDates(Form):
    """A form whose dates are read and shown as ``clinic`` writes them."""

    def __init__(self, clinic, **given):
        self.clinic = clinic
        super().__init__(**given)
        for field in self:
            if isinstance(field, TypedDate):
                field.locale = clinic.locale

    @property
    def example_date(self):
        """A date the way this clinic writes them, for the hint."""
        return typed_dates.example(self.clinic.locale)


class DatedForm(WithDates):
    """A form with days of what was done or found; none of them lies ahead."""

    @property
    def zone(self):
        """The clinic's time zone."""
        return ZoneInfo(self.clinic.timezone)

    def beginning(self, day):
        """The first moment of a typed day on the clinic's clock."""
        return day and walltime.bounds(day, self.zone)[0]

    def day_of(self, moment: datetime | None):
        """The day of a moment on the clinic's calendar, for a form that is opened."""
        return moment and moment.astimezone(self.zone).date()

    def same_moment(self, day, before: datetime | None):
        """The moment a typed day stands for: the one it was, where the day has not changed."""
        return before if before and self.day_of(before) == day else self.beginning(day)
