"""A form with days in it, typed and shown the way the clinic writes dates."""

from datetime import datetime
from zoneinfo import ZoneInfo

from clinic import typed_dates, walltime
from clinic.forms.fields import Form
from clinic.forms.patients import TypedDate


class DatedForm(Form):
    """A form whose days are read and shown as ``clinic`` writes them; none of them lies ahead."""

    def __init__(self, clinic, **given):
        self.clinic = clinic
        super().__init__(**given)
        for field in self:
            if isinstance(field, TypedDate):
                field.locale = clinic.locale

    @property
    def example_date(self):
        """A date the way this clinic writes them."""
        return typed_dates.example(self.clinic.locale)

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
