"""Registering a patient and changing their details, and pinning a tag."""

from functools import cache

import phonenumbers
from babel import Locale
from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional, ValidationError

from clinic.forms.dated import TypedDate, WithDates
from clinic.forms.fields import Form, paragraphs, readable, tidy, words
from clinic.forms.seen import WithTheirs
from clinic.models.patients import TagKind
from clinic.models.people import ContactMethod, Gender
from clinic.walltime import known_zones

NOT_OFFERED = _l("Choose one from the list.")
# What clinics are asked for most; a record that came with another language keeps it.
LANGUAGES = """
    en ar bn bg zh hr cs da nl fi fr de el gu he hi hu id it ja ko lv lt ms ne no fa pl pt pa ro ru sr sk sl so es
    sw sv tl ta te th ti tr uk ur vi yo zu
"""
NO_COUNTRY = {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"}


@cache
def _countries(language):
    names = Locale.parse(language).territories
    real = {code: name for code, name in names.items() if len(code) == 2 and code.isalpha() and code not in NO_COUNTRY}
    return sorted(real.items(), key=lambda each: each[1])


class Phone(StringField):
    """A phone number of the clinic's country, or an international one; kept in international form."""

    def pre_validate(self, form):
        """Read the number as somebody in the clinic's country dials it."""
        if not self.data:
            return
        try:
            number = phonenumbers.parse(self.data[:40], form.clinic.country)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_possible_number(number):
            raise ValidationError(_("This is not a whole phone number. One from abroad begins with + and its country."))
        self.data = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)

    def _value(self):
        return self.raw_data[0][:40] if self.raw_data else self.data or ""


def address(form, field):
    """An email address that could exist; nobody is asked whether it does."""
    try:
        field.data = validate_email(field.data, check_deliverability=False).normalized
    except EmailNotValidError:
        raise ValidationError(_("Write an email address like name@example.org.")) from None


def known_zone(form, field):
    """A time zone of the IANA list."""
    if field.data not in known_zones():
        raise ValidationError(_("Write a time zone like Europe/London."))


def pick(label, choice):
    """One of a closed set, or nothing."""
    options = [SelectChoice("", _l("Not asked")), *(SelectChoice(each.value, _l(each.label)) for each in choice)]
    return SelectField(label, [Optional()], choices=options, invalid_value_message=NOT_OFFERED)


def line(label, most=120, **more):
    """A short line that may be left out."""
    return words(label, most=most, **more)


class PatientForm(WithDates):
    """What the desk writes down about a patient. Only the name must be known."""

    full_name = words(_l("Name"), most=200, required=_l("Write the patient’s name."))
    date_of_birth = TypedDate(_l("Date of birth"))
    gender = pick(_l("Gender"), Gender)
    phone = Phone(_l("Phone"), [Optional(), readable], filters=[tidy])
    email = line(_l("Email"), most=254, validators=[address])
    preferred_contact_method = pick(_l("Likes to be reached by"), ContactMethod)
    address_line = line(_l("Street and number"), most=200)
    city = line(_l("Town"))
    state = line(_l("State or county"))
    postal_code = line(_l("Postal code"), most=20)
    country = SelectField(_l("Country"), [Optional()], invalid_value_message=NOT_OFFERED)
    language = SelectField(_l("Language"), [Optional()], invalid_value_message=NOT_OFFERED)
    timezone = line(
        _l("Time zone"), most=64, validators=[known_zone],
        description=_l("Only if they live in another one: Europe/London"),
    )  # fmt: skip
    emergency_contact_name = line(_l("Emergency contact"), most=200)
    emergency_contact_phone = Phone(_l("Emergency contact’s phone"), [Optional(), readable], filters=[tidy])
    notes = paragraphs(_l("Note for the desk"), description=_l("Administrative, such as “needs a ground-floor room”."))

    def __init__(self, clinic, **given):
        super().__init__(clinic, **given)
        self.country.choices = self._with_own(self.country, _countries("en"))
        named = Locale.parse("en").languages
        self.language.choices = self._with_own(self.language, [(code, named[code]) for code in LANGUAGES.split()])

    def _with_own(self, field, choices):
        """The choices, and whatever the record already holds, so that saving never changes it by itself."""
        own = field.object_data
        own = [(own, own)] if own and own not in dict(choices) else []
        return [SelectChoice(*each) for each in (("", _("Not asked")), *own, *choices)]

    @property
    def facts(self):
        """What is known of the patient, by column; what was left empty is None."""
        return {name: value or None for name, value in super().facts.items()}

    @property
    def more_is_needed(self):
        """Whether the folded part of the form holds something to see or to mend."""
        folded = ("address_line", "city", "state", "postal_code", "country", "language", "timezone",
                  "preferred_contact_method", "emergency_contact_name", "emergency_contact_phone", "notes")  # fmt: skip
        return any(self[name].data or self[name].errors for name in folded)


class DetailsForm(WithTheirs, PatientForm):
    """The details of a patient who is known."""


class TagForm(Form):
    """A word pinned to a patient."""

    tag = words(_l("Tag or flag"), most=40, required=_l("Write a word or two."), validators=[Length(min=2)])
    kind = RadioField(_l("Kind"), choices=[SelectChoice(each.value, _l(each.label)) for each in TagKind],
                      default=TagKind.TAG.value, invalid_value_message=NOT_OFFERED)  # fmt: skip
