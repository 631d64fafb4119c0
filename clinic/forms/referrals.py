"""A referral: what the letter says, who was given it, and what came of it."""

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional

from clinic.actions.referrals import Letter
from clinic.forms.fields import NOT_OFFERED, Form, paragraphs, words
from clinic.forms.portal_booking import IdField
from clinic.forms.seen import WithSeen
from clinic.models.referrals import Priority, SentTo


def _one_of(label, kind, sentence, **more):
    return RadioField(
        label, [InputRequired(sentence)], choices=[SelectChoice(each.value, _l(each.label)) for each in kind],
        coerce=lambda value: kind(value) if value else None, invalid_value_message=NOT_OFFERED, **more,
    )  # fmt: skip


class ReferralForm(WithSeen):
    """What the letter says, and at which visit it was written."""

    visit_id = IdField(validators=[Optional()])
    referred_to = words(
        _l("To"), most=500, kind=TextAreaField, required=_l("Say to whom the patient is referred."),
        description=_l("Name and address as on the envelope; the name on the first line."),
    )  # fmt: skip
    specialty = words(_l("Specialty"), most=120, description=_l("Such as cardiology."))
    priority = _one_of(
        _l("How soon"), Priority, _l("Say how soon the patient is to be seen."), default=Priority.ROUTINE
    )
    reason = words(
        _l("Why, and what you ask of them"), most=4000, kind=TextAreaField,
        required=_l("Say why the patient is referred."),
    )  # fmt: skip
    notes = paragraphs(
        _l("What else they should know"), most=4000, description=_l("Findings, treatment so far, medicines.")
    )

    @property
    def letter(self):
        """The same as an action knows it."""
        return Letter(**{name: self[name].data for name in Letter.__slots__})


class SendForm(Form):
    """Who was given the letter."""

    sent_to = _one_of(_l("Given to"), SentTo, _l("Say who was given the letter."))


class OutcomeForm(Form):
    """What came of it."""

    outcome = words(
        _l("What came of it"), most=4000, kind=TextAreaField, required=_l("Say in a sentence what came of it."),
        description=_l("The patient reads it too."),
    )  # fmt: skip


class CallOffForm(Form):
    """Why a referral is not needed any more."""

    note = paragraphs(_l("Why"), most=300, description=_l("If it was sent, the patient reads it too."))
