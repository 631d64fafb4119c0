"""Inviting a colleague, and giving one a role."""

from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Email

from clinic.forms.fields import NOT_OFFERED, Form, words
from clinic.models.accounts import Role

# What each role is for, in the words an administrator decides by.
DOES = {
    Role.RECEPTIONIST: _l("Receptionist: the day, patients, booking"),
    Role.DOCTOR: _l("Doctor: their own day and patients"),
    Role.MEDICAL_ASSISTANT: _l("Medical assistant: like the front desk"),
    Role.ADMIN: _l("Administrator: the clinic, doctors, hours, colleagues"),
    Role.SUPPORT: _l("Support: sees nothing until you let them look"),
    Role.REFERRER: _l("Referrer: signs in, no pages yet"),
}


def role_choice(label):
    """One of the roles of those who work in a clinic."""
    return SelectField(
        label, coerce=lambda value: Role(value) if value else None,
        choices=[SelectChoice(role.value, text) for role, text in DOES.items()],
        invalid_value_message=NOT_OFFERED, invalid_choice_message=NOT_OFFERED,
    )  # fmt: skip


class InviteForm(Form):
    """Who is invited, and as what."""

    first_name = words(_l("First name"), most=80, required=_l("Type the first name."))
    last_name = words(_l("Last name"), most=80, required=_l("Type the last name."))
    email = words(
        _l("Email"), most=200, required=_l("Type the email address."),
        validators=[Email(message=_l("Enter an email address, such as name@example.org."))],
        description=_l("They sign in with it."),
    )  # fmt: skip
    role = role_choice(_l("Role"))


class RoleForm(Form):
    """One more role."""

    role = role_choice(_l("Role"))
