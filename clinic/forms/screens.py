"""Letting a screen show the queue or check patients in, and what is typed on it."""

import re

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from clinic.forms.fields import NOT_OFFERED, Form, words
from clinic.models.screens import ScreenKind


class ScreenForm(Form):
    """What a screen is for, and what colleagues call it."""

    name = words(_l("Name"), most=60, required=_l("Say where the screen is."))
    kind = RadioField(
        _l("What is it for?"), coerce=lambda value: ScreenKind(value) if value else None,
        choices=[SelectChoice(each.value, _l(each.label)) for each in ScreenKind],
        validators=[InputRequired(_l("Choose what the screen is for."))], invalid_value_message=NOT_OFFERED,
    )  # fmt: skip


class CodeForm(Form):
    """The code of a screen, typed on it."""

    code = words(_l("Code of this screen"), most=40, required=_l("Type the code that the clinic made for this screen."))


CODE, YEAR = 6, 4
TYPED_CODE, TYPED_YEAR = re.compile(rf"[0-9]{{{CODE}}}"), re.compile(r"(?:19|20)[0-9]{2}")


class KioskForm(Form):
    """What a patient types to check in: the visit's code and the year of birth, by keyboard or by the keys shown."""

    code = StringField(_l("Your check-in code"), [Length(max=20)], description=_l("Six digits"))
    year = StringField(_l("The year you were born"), [Length(max=20)], description=_l("Four digits"))

    @property
    def typed(self):
        """Every digit so far, of the code and then of the year."""
        return _digits(self.code.data)[:CODE], _digits(self.year.data)[:YEAR]

    def press(self, key):
        """Add the digit of a key, or take the last one off."""
        code, year = self.typed
        if key == "back":
            code, year = (code, year[:-1]) if year else (code[:-1], year)
        elif key == "clear":
            code = year = ""
        elif re.fullmatch("[0-9]", key):
            code, year = (code, year + key) if len(code) == CODE else (code + key, year)
        self.code.data, self.year.data = code[:CODE], year[:YEAR]

    def read(self):
        """Code and year as they are looked up, or None with what is wrong said on the form."""
        code, year = self.typed
        if not TYPED_CODE.fullmatch(code):
            self.blame(_l("Type all six digits of your code."), "code")
        if not TYPED_YEAR.fullmatch(year):
            self.blame(_l("Type the year you were born, such as 1958."), "year")
        return None if self.errors else (code, int(year))


def _digits(text):
    return re.sub("[^0-9]", "", text or "")
