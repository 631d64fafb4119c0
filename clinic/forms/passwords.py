"""A forgotten password: whose it is, and the new one."""

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, PasswordField

from clinic.forms.accounts import HINT, NEW_PASSWORD, OfSomebody
from clinic.forms.fields import Form, words


class ForgottenForm(Form):
    """The address somebody signs in with."""

    email = words(_l("Email"), most=254, required=_l("Write your email address."), kind=EmailField,
                  description=_l("The one you sign in with."))  # fmt: skip


class ResetForm(OfSomebody):
    """A new password, typed once: it can be looked at, and a mistyped one is reset again."""

    password = PasswordField(_l("New password"), NEW_PASSWORD, description=HINT)
