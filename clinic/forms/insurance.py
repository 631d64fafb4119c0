"""An insurance policy as the desk and the patient write it down, and what came of verifying it."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional

from clinic.forms.fields import NOT_OFFERED, Form, readable, tidy, words
from clinic.forms.patients import Phone
from clinic.forms.seen import WithSeen
from clinic.models.insurance import MOST, Eligibility, VerifiedHow

# An outside service says so by itself; people find out by one of these.
BY_HAND = [each for each in VerifiedHow if each != VerifiedHow.SERVICE]
FOUND_OUT = [each for each in Eligibility if each != Eligibility.UNKNOWN]


def _some(label, choice, members, sentence):
    """One of these, as radio buttons; the sentence where none is chosen."""
    return RadioField(
        label, [InputRequired(sentence)], coerce=lambda value: choice(value) if value else None,
        choices=[SelectChoice(each.value, _l(each.label)) for each in members], invalid_value_message=NOT_OFFERED,
    )  # fmt: skip


class OwnPolicyForm(Form):
    """A policy as it stands on its card."""

    insurer_name = words(_l("Insurance company"), most=200, required=_l("Write the name of the insurance company."))
    plan_name = words(_l("Plan"), most=200)
    member_id = words(_l("Member number"), most=80, description=_l("As it stands on the card."))
    group_id = words(_l("Group number"), most=80)
    policy_holder_name = words(
        _l("Whose policy it is"), most=200, description=_l("Only if it is somebody else’s: a parent’s, a partner’s.")
    )
    policy_holder_phone = Phone(_l("Their phone"), [Optional(), readable], filters=[tidy])

    def __init__(self, clinic, **given):
        self.clinic = clinic
        super().__init__(**given)


class PolicyForm(WithSeen, OwnPolicyForm):
    """The same at the desk, which also says in which order the insurers are asked."""

    priority = SelectField(_l("Which one is asked"), [Optional()], coerce=int, invalid_value_message=NOT_OFFERED)

    def __init__(self, clinic, others: int, **given):
        super().__init__(clinic, **given)
        self.priority.choices = [SelectChoice(place, _place(place)) for place in range(1, min(others + 1, MOST) + 1)]
        if not self.is_submitted() and not self.priority.data:
            self.priority.data = others + 1


class VerifiedForm(Form):
    """What somebody found out about a policy, and how."""

    status = _some(_l("What did you find out?"), Eligibility, FOUND_OUT, _l("Choose what you found out."))
    how = _some(_l("How?"), VerifiedHow, BY_HAND, _l("Choose how you found it out."))
    words = words(
        _l("Reference"), most=200, description=_l("What the insurer called the answer, or whom you spoke to.")
    )


def _place(number):
    names = {1: _("First"), 2: _("Second"), 3: _("Third")}
    return names.get(number) or _("As number %(number)d", number=number)
