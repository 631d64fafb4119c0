"""Something that was done to a patient, as it is typed."""

from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from clinic.forms.dated import DatedForm, TypedDate
from clinic.forms.fields import NOT_OFFERED, needed, paragraphs, words
from clinic.forms.seen import WithSeen
from clinic.models.procedures import ProcedureStatus


class ProcedureForm(WithSeen, DatedForm):
    """What was done, when, where on the body, and what came of it."""

    name = words(_l("What was done"), most=500, required=_l("Write what was done."))
    performed_on = TypedDate(_l("Day"), [needed(_l("Write the day."))])
    status = RadioField(
        _l("How far it went"), [InputRequired(_l("Say how far it went."))],
        choices=[SelectChoice(each.value, _l(each.label)) for each in ProcedureStatus],
        default=ProcedureStatus.COMPLETED.value, invalid_value_message=NOT_OFFERED, invalid_choice_message=NOT_OFFERED,
    )  # fmt: skip
    site = words(_l("Where on the body"), most=100)
    outcome = words(_l("What came of it"), most=500)
    notes = paragraphs(_l("Note"))

    def facts_over(self, entry=None):
        """What was typed, by column; a day that was not changed keeps its moment."""
        facts = {name: value or None for name, value in self.facts.items()}
        day, before = facts.pop("performed_on"), entry.performed_at if entry else None
        return {**facts, "performed_at": self.same_moment(day, before)}

    def opened(self, entry):
        """The form with the day of the entry, on the clinic's calendar."""
        self.performed_on.data = self.day_of(entry.performed_at)
        return self
