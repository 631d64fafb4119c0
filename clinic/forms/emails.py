"""Another email address."""

from flask_babel import lazy_gettext as _l
from wtforms import EmailField
from wtforms.validators import ValidationError

from clinic.actions.emails import normal
from clinic.forms.fields import Form, words


def kept_address(form, field):
    """An email address, as it is kept from here on."""
    field.data = normal(field.data) or field.data
    if normal(field.data) is None:
        raise ValidationError(_l("Write an email address like name@example.org."))


class EmailForm(Form):
    """The address to sign in with from now on."""

    email = words(_l("New email address"), most=254, required=_l("Write the new email address."), kind=EmailField,
                  validators=[kept_address])  # fmt: skip
