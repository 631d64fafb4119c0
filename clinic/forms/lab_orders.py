"""What a doctor orders of a laboratory, what they say about the results, and why they call an order off."""

import re

from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional, ValidationError

from clinic.actions.lab_orders import Wanted
from clinic.forms.fields import NOT_OFFERED, Form, WholeNumber, paragraphs, words
from clinic.forms.portal_booking import IdField
from clinic.models.releasing import MOST_DAYS, ReleaseRule

MOST_TESTS = 50
LONGEST_TEST = 200


def rule_choice():
    """The question by which rule the patient sees the results."""
    return RadioField(
        _l("When does the patient see the results?"),
        choices=[SelectChoice(rule.value, _l(rule.label)) for rule in ReleaseRule],
        coerce=lambda value: ReleaseRule(value) if value else None,
        default=ReleaseRule.AFTER_REVIEW, validators=[InputRequired(_l("Say when the patient sees them."))],
        invalid_value_message=NOT_OFFERED,
    )  # fmt: skip


def days_asked():
    """How many days, where the rule waits for them."""
    return WholeNumber(_l("How many days"), lowest=1, highest=MOST_DAYS, required=False)


class Ruled:
    """A form with a rule of release in it: the days are needed where the rule waits for them, and kept only there."""

    def validate_release_after_days(self, field):
        """Days with the rule that waits for them."""
        if self.release_rule.data == ReleaseRule.AFTER_DAYS and field.data is None and not field.process_errors:
            raise ValidationError(_l("Say after how many days."))

    @property
    def rule(self) -> dict:
        """The rule as actions take it."""
        waits = self.release_rule.data == ReleaseRule.AFTER_DAYS
        return {
            "release_rule": self.release_rule.data,
            "release_after_days": self.release_after_days.data if waits else None,
        }


class LabOrderForm(Ruled, Form):
    """The tests, one on a line, and what goes with them."""

    tests = paragraphs(
        _l("Tests"), most=4000, required=_l("Name at least one test."), description=_l("One on each line."),
        render_kw={"rows": 5},
    )  # fmt: skip
    notes = paragraphs(
        _l("For the laboratory"), most=1000,
        description=_l("Fasting, medicines, the question. The patient never sees it."),
    )  # fmt: skip
    release_rule = rule_choice()
    release_after_days = days_asked()
    visit_id = IdField(validators=[Optional()])

    def validate_tests(self, field):
        """Tests by name, each once, none too long and not too many."""
        found = self.names
        if not found:
            raise ValidationError(_l("Name at least one test."))
        if len(found) > MOST_TESTS:
            raise ValidationError(_l("Order at most %(most)d tests at once.", most=MOST_TESTS))
        if any(len(each) > LONGEST_TEST for each in found):
            raise ValidationError(_l("Use at most %(most)d characters for each test.", most=LONGEST_TEST))

    @property
    def names(self) -> tuple[str, ...]:
        """The tests that were typed, each once."""
        lines = [" ".join(line.split()) for line in re.split(r"[\r\n;]+", self.tests.data or "")]
        return tuple(dict.fromkeys(line for line in lines if line))

    def wanted(self, visit_id=None) -> Wanted:
        """What an action needs to know."""
        return Wanted(self.names, self.notes.data, visit_id=visit_id, **self.rule)


class ReviewForm(Form):
    """What the doctor says to the patient about the results."""

    comment = paragraphs(
        _l("A word to the patient"), most=1000, description=_l("It stands above the results once they are released."),
        render_kw={"rows": 2},
    )  # fmt: skip


class CancelForm(Form):
    """Why an order is called off."""

    reason = words(_l("Why is it called off?"), most=300)
