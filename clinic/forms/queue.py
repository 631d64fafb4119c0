"""What is typed about the queue: whose part of it to look at, where people are called to, when a wait is long."""

from flask_babel import lazy_gettext as _l
from wtforms import Form as PlainForm
from wtforms import IntegerField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import AnyOf, NumberRange, Optional

from clinic.actions.queue import LONGEST_PLACE
from clinic.forms.fields import Form, RowChoice, WholeNumber, words
from clinic.models.people import Severity

# Everybody, said by somebody who otherwise sees their own part.
ALL = "all"
LONGEST = 600


class QueueFilter(PlainForm):
    """Whose patients to show; read from the address, so it needs no token."""

    provider = SelectField(_l("Doctor"), choices=[SelectChoice(ALL, _l("All doctors"))], validate_choice=False)
    page = IntegerField(default=1, validators=[NumberRange(1, 10_000)])

    def offer(self, doctors):
        """Let the clinic's doctors be chosen; returns whether the one asked for is among them."""
        self.provider.choices = [*self.provider.choices, *(SelectChoice(each.id, each.name) for each in doctors)]
        return self.provider.data in {each.value for each in self.provider.choices}


class CallForm(Form):
    """Where somebody is called to: a room of the clinic, or a place in one's own words."""

    room_id = RowChoice(_l("Room"))
    place = words(_l("Or another place"), most=LONGEST_PLACE)

    @property
    def where(self):
        """What is chosen or typed, in words."""
        room_id = str(self.room_id.data or "")
        if self.place.data and not room_id:
            return self.place.data
        return next((each.label for each in self.room_id.choices if each.value == room_id), None)


class TriageForm(Form):
    """How urgent somebody is."""

    severity = SelectField(
        _l("How urgent"),
        choices=[SelectChoice("", ""), *(SelectChoice(each.value, _l(each.label)) for each in Severity)],
        coerce=lambda value: Severity(value) if value else None, validators=[Optional(), AnyOf([None, *Severity])],
    )  # fmt: skip


class LimitsForm(Form):
    """After how many minutes a person is lit on the queue's screen."""

    waiting = WholeNumber(_l("Waiting is long after"), lowest=1, highest=LONGEST)
    called = WholeNumber(_l("Called and not come is long after"), lowest=1, highest=LONGEST)
    seen = WholeNumber(_l("With the doctor is long after"), lowest=1, highest=LONGEST)
