"""A visit type, as an administrator types it."""

import re

from flask_babel import lazy_gettext as _l
from wtforms import Field, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import TextInput

from clinic.forms.fields import (
    NOT_OFFERED,
    Coloured,
    Form,
    Money,
    RowChoices,
    WholeNumber,
    mode_choice,
    paragraphs,
    words,
)
from clinic.models.schedule import BookingRule

MOST_REMINDERS, LONGEST_AHEAD = 5, 720


class HoursBefore(Field):
    """Some whole numbers of hours before a visit, such as "48, 2"; none of them is none at all."""

    widget = TextInput()

    def _value(self):
        if isinstance(self.data, list):
            return ", ".join(str(hours) for hours in self.data)
        return self.data or ""

    def process_formdata(self, values):
        """Read numbers with anything but digits between them, the longest first."""
        if not values:
            return
        self.data = values[0][:60]
        found = re.findall(r"[0-9]{1,6}", self.data)
        hours = sorted({int(each) for each in found}, reverse=True)
        if re.sub(r"[0-9,;\s]", "", self.data) or len(hours) > MOST_REMINDERS or not all(
            1 <= each <= LONGEST_AHEAD for each in hours
        ):  # fmt: skip
            sentence = _l("Enter at most five whole numbers from 1 to 720, such as 48, 2.")
            raise ValueError(str(sentence))
        self.data = hours


class VisitTypeForm(Coloured, Form):
    """Everything about one visit type; the meta carries ``place``, the clinic, for its currency and format."""

    name = words(_l("Name"), most=80, required=_l("Give the visit type a name."),
                 description=_l("Patients read it when they book, such as Consultation or Follow-up."))  # fmt: skip
    description = paragraphs(_l("Description"), most=500, description=_l("One or two plain sentences for patients."))
    minutes = WholeNumber(_l("Length"), lowest=1, highest=1440)
    buffer_before = WholeNumber(_l("Kept free before"), lowest=0, highest=240, default=0)
    buffer_after = WholeNumber(_l("Kept free after"), lowest=0, highest=240, default=0)
    step_minutes = WholeNumber(
        _l("Offer a start every"), lowest=1, highest=1440, required=False,
        description=_l("Empty: one visit right after the other."),
    )  # fmt: skip
    visit_mode = mode_choice(_l("Where"), _l("In person or by video, as the hours allow"))
    fee = Money(_l("Fee"), description=_l("Empty: not shown. A doctor may have a fee of their own."))
    capacity = WholeNumber(
        _l("Patients at one time"),
        lowest=1,
        highest=500,
        default=1,
        description=_l("More than 1 for groups and courses."),
    )
    booking = RadioField(
        _l("When a patient picks a time"), default=BookingRule.INSTANT, coerce=BookingRule,
        choices=[SelectChoice(rule.value, _l(rule.label)) for rule in BookingRule], invalid_value_message=NOT_OFFERED,
    )  # fmt: skip
    answer_within_hours = WholeNumber(
        _l("Answer requests within"), lowest=1, highest=720, default=24,
        description=_l("Only where the clinic answers first; until then the time is kept."),
    )  # fmt: skip
    minimum_notice_minutes = WholeNumber(_l("Shortest notice"), lowest=0, highest=525600, default=60)
    horizon_days = WholeNumber(_l("Furthest ahead"), lowest=1, highest=730, default=60)
    limit_per_day = WholeNumber(
        _l("At most a day"), lowest=1, highest=1000, required=False,
        description=_l("Visits of this type with one doctor. Empty: as many as fit."),
    )  # fmt: skip
    limit_per_patient = WholeNumber(
        _l("At most for one patient"), lowest=1, highest=1000, required=False,
        description=_l("Visits of this type to come. Empty: no limit."),
    )  # fmt: skip
    cancel_cutoff_hours = WholeNumber(_l("Patients may cancel until"), lowest=0, highest=8760, default=24)
    move_cutoff_hours = WholeNumber(_l("Patients may move until"), lowest=0, highest=8760, default=24)
    reminder_hours = HoursBefore(
        _l("Remind the patient"), default=lambda: [48, 2], render_kw={"maxlength": 60, "inputmode": "numeric"},
        description=_l("Hours before the visit, with commas between. Empty: never."),
    )  # fmt: skip
    room_kind_ids = RowChoices(_l("Rooms it needs"))
    provider_ids = RowChoices(_l("Doctors who offer it"))

    @property
    def details(self):
        """What an action needs to know, by column."""
        return {**self.facts, "colour": self.chosen_colour}
