"""A vaccination, as it is typed."""

from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, ValidationError

from clinic.forms.dated import DatedForm, TypedDate
from clinic.forms.fields import NOT_OFFERED, WholeNumber, needed, paragraphs, words
from clinic.forms.seen import WithSeen
from clinic.models.immunizations import ImmunizationStatus


class ImmunizationForm(WithSeen, DatedForm):
    """Which vaccine, when, which dose; or that it was not given, and why."""

    vaccine = words(_l("Vaccine"), most=200, required=_l("Write which vaccine."))
    given_on = TypedDate(_l("Day"), [needed(_l("Write the day."))])
    status = RadioField(
        _l("Was it given?"), [InputRequired(_l("Say whether it was given."))],
        choices=[SelectChoice(each.value, _l(each.label)) for each in ImmunizationStatus],
        default=ImmunizationStatus.COMPLETED.value,
        invalid_value_message=NOT_OFFERED, invalid_choice_message=NOT_OFFERED,
    )  # fmt: skip
    dose_number = WholeNumber(_l("Which dose"), lowest=1, highest=50, required=False)
    lot_number = words(_l("Lot number"), most=60)
    site = words(_l("Where on the body"), most=100)
    reason = words(_l("Why it was not given"), most=500)
    notes = paragraphs(_l("Note"))

    def validate_reason(self, field):
        """A reason belongs to what was not given."""
        if field.data and self.status.data == ImmunizationStatus.COMPLETED:
            raise ValidationError(_l("It was given: leave this empty."))

    def facts_over(self, entry=None):
        """What was typed, by column; a day that was not changed keeps its moment."""
        facts = {name: value or None for name, value in self.facts.items()}
        day, before = facts.pop("given_on"), entry.given_at if entry else None
        return {**facts, "given_at": self.same_moment(day, before)}

    def opened(self, entry):
        """The form with the day of the entry, on the clinic's calendar."""
        self.given_on.data = self.day_of(entry.given_at)
        return self
