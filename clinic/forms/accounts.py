"""What people type to sign in, to join and to choose a password."""

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, HiddenField, PasswordField
from wtforms.validators import EqualTo, InputRequired, ValidationError

from clinic.actions.passwords import MAX_BYTES, MIN_LENGTH, is_easy_to_guess
from clinic.forms.dated import TypedDate, WithDates
from clinic.forms.emails import kept_address
from clinic.forms.fields import Form, readable, tidy, words
from clinic.forms.patients import Phone


def _long_enough(form, field):
    if len(field.data or "") < MIN_LENGTH:
        raise ValidationError(_l("Use at least 12 characters for the password."))
    if len(field.data.encode()) > MAX_BYTES:
        raise ValidationError(_l("This password is too long."))


def _not_the_address(form, field):
    email = getattr(form, "email", None)
    if email is not None and email.data and email.data.lower() in field.data.lower():
        raise ValidationError(_l("Choose a password without your email address in it."))


def _hard_to_guess(form, field):
    typed = [form[name].data for name in ("email", "first_name", "last_name") if name in form]
    if not field.errors and is_easy_to_guess(field.data, *typed, *form.about):
        raise ValidationError(_l("This password is easy to guess. Use a few words that do not belong together."))


NEW_PASSWORD = [InputRequired(_l("Choose a password.")), _long_enough, _not_the_address, _hard_to_guess]
HINT = _l("At least 12 characters. A few words in a row are easy to remember; a password manager may fill it in.")


class SignInForm(Form):
    """Email and password; what is wrong with either is never said apart."""

    email = words(_l("Email"), most=254, required=_l("Write your email address."), kind=EmailField)
    password = PasswordField(_l("Password"), [InputRequired(_l("Write your password."))])
    next = HiddenField()


class OfSomebody(Form):
    """A form whose password is judged by what is known ``about`` the person: their address and names."""

    def __init__(self, *given, about=(), **more):
        self.about = about
        super().__init__(*given, **more)


class Named(OfSomebody):
    """First and last name."""

    first_name = words(_l("First name"), most=100, required=_l("Write your first name."))
    last_name = words(_l("Last name"), most=100, required=_l("Write your last name."))


class JoinForm(Named):
    """A colleague's name and first password."""

    password = PasswordField(_l("Choose a password"), NEW_PASSWORD, description=HINT)


class PasswordForm(OfSomebody):
    """A new password, with the old one and the new one again."""

    old_password = PasswordField(_l("Present password"), [InputRequired(_l("Write your present password."))])
    password = PasswordField(_l("New password"), NEW_PASSWORD, description=HINT)
    again = PasswordField(
        _l("New password, once more"), [EqualTo("password", _l("The two new passwords are not the same."))]
    )


class SignUpForm(WithDates, Named):
    """What a clinic asks of a new patient, written the clinic's way."""

    date_of_birth = TypedDate(_l("Date of birth"), filters=[tidy])
    phone = Phone(
        _l("Phone"), [InputRequired(_l("Write a phone number.")), readable], filters=[tidy],
        description=_l("The clinic calls you if something changes."),
    )  # fmt: skip
    email = words(
        _l("Email"), most=254, required=_l("Write your email address."), kind=EmailField, validators=[kept_address],
        description=_l("You sign in with it."),
    )  # fmt: skip
    password = PasswordField(_l("Choose a password"), NEW_PASSWORD, description=HINT)
    next = HiddenField()

    @property
    def person(self):
        """The account's columns, but for the password."""
        kept = ("first_name", "last_name", "date_of_birth", "phone")
        return {**{name: self.data[name] for name in kept}, "email": self.email.data.lower()}
