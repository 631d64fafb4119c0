"""A time for a group, as it is published and changed, and why one is called off."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from clinic.actions.groups import Group
from clinic.forms.fields import NOT_OFFERED, Form, RowChoice, WholeNumber, mode_choice, needed, words
from clinic.forms.hours import which
from clinic.forms.series import RuleForm
from clinic.models.series import SeriesUnit
from clinic.queries.groups import MOST_SEATS
from clinic.walltime import instants


class SeatsForm(Form):
    """What can still be changed once a time is published."""

    title = words(_l("Title"), most=100, description=_l("What patients read, such as Back care class."))
    capacity = WholeNumber(
        _l("How many places"), lowest=1, highest=MOST_SEATS, validators=[needed(_l("Say how many places."))]
    )
    location_id = RowChoice(_l("Place"))

    @property
    def details(self):
        """What the action needs to know, by column."""
        return {name: self[name].data for name in ("title", "capacity", "location_id")}


class GroupForm(SeatsForm, RuleForm):
    """A time for a group, once or again and again."""

    provider_id = RowChoice(_l("Doctor"), validators=[needed(_l("Choose a doctor."))])
    visit_type_id = RowChoice(_l("Type of visit"))
    minutes = WholeNumber(_l("Minutes"), lowest=5, highest=720, required=False)
    visit_mode = mode_choice(_l("Where"), _l("In person or by video"))
    unit = SelectField(
        _l("Repeat"), choices=[
            SelectChoice("", _l("Only once")), SelectChoice(SeriesUnit.DAY.value, _l("Every so many days")),
            SelectChoice(SeriesUnit.WEEK.value, _l("Every so many weeks")),
            SelectChoice(SeriesUnit.MONTH.value, _l("Every so many months")),
        ],
        default="", invalid_value_message=NOT_OFFERED, invalid_choice_message=NOT_OFFERED,
    )  # fmt: skip

    which_one = which(_l("Which one?"))
    # Whether the page has to ask that, because the time comes twice that day.
    asks = False

    @property
    def repeats(self):
        """Whether it comes more than once."""
        return bool(self.unit.data)

    def validate(self, extra_validators=None):
        """Without a type somebody has to say how long it takes."""
        fine = super().validate(extra_validators)
        if not self.visit_type_id.data and not self.minutes.data and not self.minutes.errors:
            self.blame(_("Say how many minutes it takes, or choose a type of visit."), "minutes")
        if fine and not self.repeats:
            self._ask_which()
        return fine and not self.errors

    def _ask_which(self):
        """Of one date alone: the clock shows the time that day, and where it does so twice, one was chosen."""
        found = instants(self.first_on.data, self.at_time.data, self.zone)
        self.asks = len(found) > 1
        if not found:
            self.blame(_("The clock goes forward that day and never shows this time."), "at_time")
        elif self.asks and self.which_one.data not in ("first", "second"):
            self.blame(_("The clocks go back that day: this time comes twice. Choose which one."), "which_one")

    def moment(self, day):
        """The instant (UTC) of the time on a day, or None; of two the chosen one, in a row of dates the first."""
        found = instants(day, self.at_time.data, self.zone)
        is_second = not self.repeats and self.which_one.data == "second"
        return found[-1 if is_second else 0] if found else None

    @property
    def group(self):
        """What the action publishes."""
        facts = ("provider_id", "visit_type_id", "minutes", "visit_mode", "title", "capacity", "location_id")
        return Group(**{name: self[name].data for name in facts})
