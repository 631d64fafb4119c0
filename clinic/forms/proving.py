"""What people type to prove once more who they are."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, PasswordField
from wtforms.validators import InputRequired

from clinic.forms.fields import Form


class ProveForm(Form):
    """One's own password, and where to go on after it."""

    password = PasswordField(_l("Your password"), [InputRequired(_l("Write your password."))])
    next = HiddenField()
