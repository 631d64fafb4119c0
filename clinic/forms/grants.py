"""What is typed to open a record in an emergency, to let support look, or to stand in for a colleague."""

from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget

from clinic.actions.grants import MOST_SUPPORT_HOURS, SHORTEST_REASON
from clinic.forms.dated import TypedDate, WithDates
from clinic.forms.fields import NOT_OFFERED, Form, paragraphs, words
from clinic.models.grants import SupportScope

HOURS = {"1": _l("1 hour"), "2": _l("2 hours"), str(MOST_SUPPORT_HOURS): _l("4 hours")}


def reason(label, description):
    """Why, in the person's own words; the clinic's administrators read it."""
    short = _l("Say why, in at least ten characters.")
    return paragraphs(
        label, most=1000, required=short, description=description,
        validators=[Length(min=SHORTEST_REASON, message=short)],
    )  # fmt: skip


class WhoForm(WithDates):
    """Who the patient is: exactly their record number, or exactly their name and date of birth."""

    mrn = words(_l("Record number"), most=40)
    full_name = words(_l("First and last name"), most=200)
    date_of_birth = TypedDate(_l("Date of birth"))

    def validate(self, extra_validators=None):
        """One of the two ways must be whole."""
        if not super().validate(extra_validators):
            return False
        if self.mrn.data or (self.full_name.data and self.date_of_birth.data):
            return True
        self.blame(_l("Type the record number, or the whole name and the date of birth."))
        return False

    @property
    def typed(self):
        """What was typed, to be sent again with the reason."""
        return {name: self[name]._value() for name in ("mrn", "full_name", "date_of_birth")}


class OpenForm(WhoForm):
    """The same once more, and why the record must be opened now."""

    reason = reason(
        _l("Why do you need to see this record now?"),
        _l("The administrators of the clinic read this, and may ask you."),
    )


class SupportForm(Form):
    """Whom from support the clinic lets in, to read what, how long and why."""

    user_id = SelectField(_l("Who"), coerce=lambda value: UUID(value) if value else None, choices=[],
                          invalid_value_message=NOT_OFFERED, invalid_choice_message=NOT_OFFERED)  # fmt: skip
    scope = SelectMultipleField(
        _l("What they may read"), choices=[SelectChoice(each.value, _l(each.label)) for each in SupportScope],
        option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False), validate_choice=True,
        validators=[Length(min=1, message=_l("Choose at least one."))],
        description=_l("They read only what you choose, and change nothing."),
    )  # fmt: skip
    hours = RadioField(
        _l("How long"), coerce=lambda value: int(value) if str(value) in HOURS else None, default=1,
        choices=[SelectChoice(each, words_) for each, words_ in HOURS.items()],
        invalid_value_message=NOT_OFFERED, invalid_choice_message=NOT_OFFERED,
    )  # fmt: skip
    reason = reason(_l("Why, or the number of your request"), _l("It stays on record with everything they open."))

    def offer(self, people):
        """The people from support who can be chosen."""
        self.user_id.choices = [SelectChoice(str(each.id), each.name) for each in people]


class StandInForm(Form):
    """Why somebody stands in for a colleague."""

    reason = reason(_l("Why do you stand in for them?"), _l("It stays on record with everything you do meanwhile."))
