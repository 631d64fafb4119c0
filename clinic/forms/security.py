"""The clinic's security rules, as an administrator sets them."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from clinic.forms.fields import Form, WholeNumber

SHORTEST, LONGEST = 5, 60


class SecurityForm(Form):
    """Whether staff need a second step, and after how many minutes without a touch a screen signs out."""

    factor_required = BooleanField(
        _l("Everybody who works here signs in with a second step"),
        description=_l("A code from an app or a passkey, after the password. Whoever has none is led to set one up."),
    )
    idle_minutes = WholeNumber(
        _l("Sign out an unused screen after"), lowest=SHORTEST, highest=LONGEST,
        description=_l("Shorter is safer where patients can reach a screen."),
    )  # fmt: skip
