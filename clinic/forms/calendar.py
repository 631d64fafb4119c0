"""Which part of the calendar to show, and how closely; read from the address, so it needs no token."""

from datetime import date

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, Form, HiddenField, IntegerField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import AnyOf, Optional, ValidationError

ZOOMS = (15, 30, 60)
FIRST, LAST = date(1901, 1, 1), date(2999, 1, 1)


class CalendarFilter(Form):
    """A date, whose calendar, doctors or rooms side by side, and how many minutes a cell has."""

    date = DateField(_l("Day"), validators=[Optional()])
    provider = SelectField(_l("Doctor"), validators=[Optional()], default="", validate_choice=False)
    by = HiddenField(default="doctor", validators=[AnyOf(("doctor", "room"))])
    zoom = IntegerField(_l("Minutes of a cell"), validators=[Optional(), AnyOf(ZOOMS)])
    whole = BooleanField(_l("All 24 hours"))

    def validate_date(self, field):
        """Only days whose month, with the weeks around it, a calendar and the database can hold."""
        if field.data and not FIRST <= field.data <= LAST:
            raise ValidationError("no such day")

    def offer(self, doctors, everybody=True):
        """Let the clinic's doctors be chosen; returns whether the one asked for is among them."""
        choices = [SelectChoice(each.id, each.name) for each in doctors]
        self.provider.choices = [*([SelectChoice("", _l("All doctors"))] if everybody else []), *choices]
        return self.provider.data in {each.value for each in self.provider.choices}
