"""Whoever is known by the day they were born."""

from flask_babel import lazy_gettext as _l
from wtforms.validators import InputRequired

from clinic.forms.dated import TypedDate, WithDates
from clinic.forms.fields import tidy


class BirthForm(WithDates):
    """The patient's date of birth, written the clinic's way."""

    date_of_birth = TypedDate(
        _l("The patient’s date of birth"), [InputRequired(_l("Write the date of birth."))], filters=[tidy]
    )
