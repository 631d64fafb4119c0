"""What somebody asks the finder for: read from an address, so that a found page can be kept and gone back to."""

from datetime import time, timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from clinic.forms.fields import NOT_OFFERED, Form, RowChoice
from clinic.forms.hours import WEEK, Clock, Day

# Parts of a day by name: begins at, before.
PARTS = {
    "": (time(0), time.max),
    "morning": (time(0), time(12)),
    "afternoon": (time(12), time(17)),
    "after_work": (time(17), time.max),
}
AHEAD = {"0": 0, "7": 7, "14": 14, "28": 28, "90": 90}


def _one_of(label, rows):
    return SelectField(
        label, [Optional()], choices=[SelectChoice(value, words) for value, words in rows],
        invalid_choice_message=NOT_OFFERED, default="",
    )  # fmt: skip


class FinderForm(Form):
    """The visit, with whom and where, and when it suits."""

    class Meta:
        """Nothing changes by asking, so nothing has to be kept from forgery."""

        csrf = False

    visit_type_id = RowChoice(_l("Type of visit"))
    provider_id = RowChoice(_l("Doctor"))
    specialty = _one_of(_l("Specialty"), [])
    language = _one_of(_l("Speaks"), [])
    visit_mode = _one_of(_l("Where"), [("in_person", _l("In person")), ("virtual", _l("By video"))])
    location_id = RowChoice(_l("Place"))
    room_kind_id = RowChoice(_l("Room"))
    ahead = _one_of(_l("From"), [
        ("0", _l("Now")), ("7", _l("In a week")), ("14", _l("In two weeks")), ("28", _l("In four weeks")),
        ("90", _l("In three months")),
    ])  # fmt: skip
    date = Day(_l("Or from the day"), [Optional()])
    part = _one_of(_l("Time of day"), [
        ("", _l("Any")), ("morning", _l("In the morning")), ("afternoon", _l("In the afternoon")),
        ("after_work", _l("After work, from 17:00")),
    ])  # fmt: skip
    at_from = Clock(_l("Not before"), [Optional()])
    at_until = Clock(_l("Begins before"), [Optional()])
    weekdays = SelectMultipleField(
        _l("On"), coerce=int, choices=[SelectChoice(str(number), label) for number, label in WEEK],
        invalid_value_message=NOT_OFFERED, invalid_choice_message=NOT_OFFERED, widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )  # fmt: skip

    def validate(self, extra_validators=None):
        """Read every field, then see whether the times of day leave any."""
        fine = super().validate(extra_validators)
        if fine and self.times[0] >= self.times[1]:
            self.blame(_("This has to be later than the beginning."), "at_until")
        return not self.errors

    def offer_words(self, name, words, anything):
        """Say which words may be chosen, after those for any of them."""
        self[name].choices = [SelectChoice("", anything), *(SelectChoice(each, each) for each in words)]

    @property
    def times(self):
        """From when and until before when an open time may begin; times that were written count before a named part."""
        written = (self.at_from.data, self.at_until.data)
        begins, ends = PARTS[""] if any(written) else PARTS.get(self.part.data, PARTS[""])
        return written[0] or begins, written[1] or ends

    def first_day(self, today):
        """The day from which times are looked for."""
        return max(self.date.data or today + timedelta(days=AHEAD.get(self.ahead.data, 0)), today)
