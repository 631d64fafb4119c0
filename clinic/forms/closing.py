"""Closing one's account."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField
from wtforms.validators import InputRequired

from clinic.forms.fields import Form


class CloseForm(Form):
    """That somebody has read what happens."""

    sure = BooleanField(
        _l("I have read this and want to close my account"), [InputRequired(_l("Tick the box if you are sure."))]
    )
