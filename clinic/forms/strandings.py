"""Proposing other times to stranded patients: how long they have to answer, and another time than the one found."""

from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from clinic.forms.booking import Read, pair
from clinic.forms.fields import Form

HOURS = ((4, _l("4 hours")), (12, _l("12 hours")), (24, _l("1 day")), (48, _l("2 days")), (96, _l("4 days")))


class SendForm(Form):
    """How long a proposal is kept once it is sent."""

    hours = SelectField(
        _l("Patients have to answer within"), coerce=int, default=48,
        choices=[SelectChoice(hours, label) for hours, label in HOURS],
    )  # fmt: skip


class ProposeForm(Form):
    """A doctor and a time to propose, as the button of an open time sends them."""

    pick = Read(_l("Time"), pair, _l("Choose a time."), id="times")
