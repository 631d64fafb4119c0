"""The waiting list: what somebody waits for, as the desk and the patient say it."""

from datetime import time

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from clinic.forms.fields import NOT_OFFERED, Form, RowChoice, mode_choice, needed
from clinic.forms.hours import WEEK, Clock, Day
from clinic.forms.portal_booking import IdField, WordField
from clinic.models.visits import VisitSource
from clinic.models.waitlist import PRIORITIES

PRIORITY_WORDS = [SelectChoice(str(each), _l(words)) for each, words in PRIORITIES.items()]
# What patients call the parts of a day: from, until (wall time; None is open).
PARTS = {
    "any": (None, None),
    "morning": (None, time(12)),
    "afternoon": (time(12), time(17)),
    "evening": (time(17), None),
}
PART_WORDS = [
    ("any", _l("Any time of day")), ("morning", _l("In the morning, before 12")),
    ("afternoon", _l("In the afternoon, 12 to 5")), ("evening", _l("In the evening, after 5")),
]  # fmt: skip


def weekdays(label):
    """Any of the seven days; none ticked is any."""
    return SelectMultipleField(
        label, coerce=int, choices=[SelectChoice(str(number), words) for number, words in WEEK],
        invalid_value_message=NOT_OFFERED, invalid_choice_message=NOT_OFFERED, widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )  # fmt: skip


class WaitForm(Form):
    """Somebody the desk puts on the list."""

    visit_type_id = RowChoice(_l("Type of visit"), [needed(_l("Choose what the visit is for."))])
    provider_id = RowChoice(_l("Doctor"))
    location_id = RowChoice(_l("Place"))
    visit_mode = mode_choice(_l("Where"), _l("In person or by video"))
    earliest_on = Day(_l("From"), [needed(_l("Say from which day on."))])
    latest_on = Day(_l("Until"), [needed(_l("Say until which day."))])
    weekdays = weekdays(_l("On these days"))
    from_time = Clock(_l("Not before"), [Optional()])
    until_time = Clock(_l("Not after"), [Optional()])
    visit_id = RowChoice(_l("They have a visit and want it earlier"))
    priority = SelectField(
        _l("How urgent"), coerce=int, choices=PRIORITY_WORDS,
        default="0", invalid_value_message=NOT_OFFERED,
    )  # fmt: skip

    @property
    def wanting(self):
        """The same as an action knows it."""
        facts = {name: value for name, value in self.facts.items() if name not in ("provider_id", "priority")}
        return facts | {"provider_ids": (self.provider_id.data,) if self.provider_id.data else None,
                        "weekdays": tuple(self.weekdays.data or ()) or None}  # fmt: skip


class PriorityForm(Form):
    """Who comes before the others."""

    priority = SelectField(
        _l("How urgent"), coerce=int, choices=PRIORITY_WORDS,
        invalid_value_message=NOT_OFFERED,
    )  # fmt: skip


class OwnWaitForm(Form):
    """What a patient says of the times that would suit them."""

    latest_on = Day(_l("Until which day would it help?"), [needed(_l("Say until which day."))])
    weekdays = weekdays(_l("On which days could you come?"))
    part = RadioField(
        _l("At what time of day?"), choices=[SelectChoice(each, words) for each, words in PART_WORDS], default="any",
        invalid_value_message=NOT_OFFERED,
    )  # fmt: skip
    patient_id = IdField(validators=[Optional()])
    visit_type_id = IdField(validators=[Optional()])
    provider_id = IdField(validators=[Optional()])
    visit_id = IdField(validators=[Optional()])
    specialty = WordField()
    language = WordField()

    def wanting(self, today, visit_type_id, provider_ids):
        """The same as an action knows it, from today on."""
        from_time, until_time = PARTS[self.part.data]
        return {
            "visit_type_id": visit_type_id, "provider_ids": provider_ids,
            "earliest_on": today, "latest_on": self.latest_on.data, "weekdays": tuple(self.weekdays.data or ()) or None,
            "from_time": from_time, "until_time": until_time, "visit_id": self.visit_id.data,
            "source": VisitSource.PORTAL,
        }  # fmt: skip
