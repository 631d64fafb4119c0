"""Inviting somebody to see a record in the portal, taking that up, and how somebody's identity was checked."""

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, PasswordField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional

from clinic.forms.accounts import HINT, NEW_PASSWORD, Named
from clinic.forms.fields import NOT_OFFERED, Form, words
from clinic.forms.hours import Day
from clinic.forms.patients import address
from clinic.models.people import IdentityCheck, Relation

# What each relation lets somebody be, in the words the desk decides by.
MEANS = {
    Relation.SELF: _l("The patient themself"),
    Relation.PARENT: _l("A parent: until the child is of age"),
    Relation.GUARDIAN: _l("A guardian: of a child until it is of age, of others for up to a year"),
    Relation.CARER: _l("A carer: for up to a year"),
}


def invited_address(description):
    """The address of whoever is invited."""
    return words(
        _l("Email"), most=254, required=_l("Write the email address."), kind=EmailField, validators=[address],
        description=description,
    )  # fmt: skip


class InviteForm(Form):
    """Whom the desk invites, as what, and until when."""

    email = invited_address(_l("The link is sent there, and they sign in with this address."))
    relation = RadioField(
        _l("Who are they to the patient?"), coerce=lambda value: Relation(value) if value else None,
        choices=[SelectChoice(relation.value, text) for relation, text in MEANS.items()],
        validators=[InputRequired(_l("Choose who they are to the patient."))], invalid_value_message=NOT_OFFERED,
    )  # fmt: skip
    until_on = Day(
        _l("Last day"), [Optional()],
        description=_l("Leave it empty for the longest time. The patient’s own access has no end."),
    )  # fmt: skip


class CarerForm(Form):
    """Whom a patient lets see their own record, and until when."""

    email = invited_address(_l("We send a link there."))
    until_on = Day(_l("Last day"), [Optional()], description=_l("At most a year from now. Leave it empty for a year."))


class AccountForm(Named):
    """A name and a first password, for an address that has no account yet."""

    password = PasswordField(_l("Choose a password"), NEW_PASSWORD, description=HINT)


class SameForm(Form):
    """How the desk made sure that two records are of one person."""

    checked = RadioField(
        _l("How do you know who they are?"), coerce=lambda value: IdentityCheck(value) if value else None,
        choices=[SelectChoice(each.value, _l(each.label)) for each in IdentityCheck],
        validators=[InputRequired(_l("Say how you checked who they are."))], invalid_value_message=NOT_OFFERED,
    )  # fmt: skip
