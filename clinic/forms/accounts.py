"""What people type to sign in, to join and to choose a password."""

from flask_babel import lazy_gettext as _l
from wtforms import DateField, EmailField, HiddenField, PasswordField, TelField
from wtforms.validators import Email, EqualTo, InputRequired, Optional, ValidationError

from clinic.actions.passwords import MAX_BYTES, MIN_LENGTH
from clinic.forms.fields import Form, words


def _long_enough(form, field):
    if len(field.data or "") < MIN_LENGTH:
        raise ValidationError(_l("Use at least 12 characters for the password."))
    if len(field.data.encode()) > MAX_BYTES:
        raise ValidationError(_l("This password is too long."))


def _not_the_address(form, field):
    email = getattr(form, "email", None)
    if email is not None and email.data and email.data.lower() in field.data.lower():
        raise ValidationError(_l("Choose a password without your email address in it."))


NEW_PASSWORD = [InputRequired(_l("Choose a password.")), _long_enough, _not_the_address]
HINT = _l("At least 12 characters. A few words in a row are easy to remember; a password manager may fill it in.")


class SignInForm(Form):
    """Email and password; what is wrong with either is never said apart."""

    email = words(_l("Email"), most=254, required=_l("Write your email address."), kind=EmailField)
    password = PasswordField(_l("Password"), [InputRequired(_l("Write your password."))])
    next = HiddenField()


class Named(Form):
    """First and last name."""

    first_name = words(_l("First name"), most=100, required=_l("Write your first name."))
    last_name = words(_l("Last name"), most=100, required=_l("Write your last name."))


class JoinForm(Named):
    """A colleague's name and first password."""

    password = PasswordField(_l("Choose a password"), NEW_PASSWORD, description=HINT)


class PasswordForm(Form):
    """A new password, with the old one and the new one again."""

    old_password = PasswordField(_l("Present password"), [InputRequired(_l("Write your present password."))])
    password = PasswordField(_l("New password"), NEW_PASSWORD, description=HINT)
    again = PasswordField(
        _l("New password, once more"), [EqualTo("password", _l("The two new passwords are not the same."))]
    )


class SignUpForm(Named):
    """What a clinic asks of a new patient."""

    date_of_birth = DateField(
        _l("Date of birth"), [Optional()], description=_l("It helps the clinic to tell two people of one name apart.")
    )
    phone = words(
        _l("Phone"), most=40, required=_l("Write a phone number."), kind=TelField,
        description=_l("The clinic calls you if something changes."),
    )  # fmt: skip
    email = words(
        _l("Email"), most=254, required=_l("Write your email address."), kind=EmailField,
        description=_l("You sign in with it."),
        validators=[Email(_l("Write the email address in full, like name@example.org."))],
    )  # fmt: skip
    password = PasswordField(_l("Choose a password"), NEW_PASSWORD, description=HINT)
