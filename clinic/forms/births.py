"""Dates as somebody types them, and whoever is known by the day they were born."""

from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import InputRequired, ValidationError

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


class ByBirth(Form):
    """A form that knows a patient by a ``date_of_birth``, read and shown the way the clinic writes dates."""

    def __init__(self, clinic, **given):
        self.clinic = clinic
        super().__init__(**given)
        self.date_of_birth.locale = clinic.locale

    @property
    def example_date(self):
        """A date the way this clinic writes them."""
        return typed_dates.example(self.clinic.locale)


class BirthForm(ByBirth):
    """The patient's date of birth, written the clinic's way."""

    date_of_birth = TypedDate(
        _l("The patient’s date of birth"), [InputRequired(_l("Write the date of birth."))], filters=[tidy]
    )
