"""What comes again and again: the rule, the dates that were picked, and changes to visits still to come."""

from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from clinic import walltime
from clinic.clock import now
from clinic.forms.booking import FURTHEST, Read, instant, web_address
from clinic.forms.fields import NOT_OFFERED, Form, RowChoice, WholeNumber, needed, paragraphs, words
from clinic.forms.hours import Clock, Day
from clinic.forms.visits import CancelForm
from clinic.models.people import VisitMode
from clinic.models.series import MOST, SeriesUnit, dates

FORCED = "!"


class RuleForm(Form):
    """Every so many days, weeks or months from a first day on, so many times or until a last day."""

    first_on = Day(_l("First day"), [needed(_l("Say on which day it begins."))])
    at_time = Clock(_l("Time"), [needed(_l("Say at what time."))])
    every = WholeNumber(_l("Every"), lowest=1, highest=52, default=1)
    unit = SelectField(
        _l("Days, weeks or months"), choices=[SelectChoice(each.value, _l(each.label)) for each in SeriesUnit],
        default=SeriesUnit.WEEK.value, invalid_value_message=NOT_OFFERED, invalid_choice_message=NOT_OFFERED,
    )  # fmt: skip
    times = WholeNumber(_l("How many times"), lowest=2, highest=MOST, required=False)
    until_on = Day(_l("Or until"), [Optional()])

    def __init__(self, clinic, **given):
        self.clinic = clinic
        super().__init__(**given)

    @property
    def zone(self):
        """The clinic's zone, on whose wall the time is typed."""
        return ZoneInfo(self.clinic.timezone)

    @property
    def repeats(self):
        """Whether it comes more than once."""
        return True

    def validate(self, extra_validators=None):
        """Read every field, then see that the rule ends, and soon enough."""
        fine = super().validate(extra_validators)
        if fine and self.first_on.data < walltime.today(self.zone):
            self.blame(_("Choose a day from today on."), "first_on")
        elif fine and self.repeats:
            self._check_end()
        return fine and not self.errors

    def _check_end(self):
        if (self.times.data is None) == (self.until_on.data is None):
            self.blame(_("Say how many times, or until which day: one of the two."), "times")
        elif self.until_on.data and self.until_on.data < self.first_on.data:
            self.blame(_("The last day has to come after the first."), "until_on")
        elif len(self.days) > MOST:
            self.blame(_("At most %(most)d dates can be made at once.", most=MOST), "until_on")
        elif len(self.days) < 2:
            self.blame(_("That is one date only."), "until_on")
        elif self.days[-1] > walltime.today(self.zone) + timedelta(days=FURTHEST):
            self.blame(_("Choose dates within two years."), "until_on")

    @property
    def days(self):
        """The dates of the rule; the first alone where nothing repeats."""
        if not self.repeats:
            return [self.first_on.data]
        return dates(
            self.unit.data, self.every.data, self.first_on.data, times=self.times.data, until_on=self.until_on.data
        )  # fmt: skip


class Picks:
    """What was chosen for each date or visit of a list: nothing, an instant, or an instant all the same."""

    overbook_reason = words(_l("Why all the same?"), most=300)

    def picks(self, names, form):
        """{name: (instant, forced)} of what was sent under these names; what cannot be read is to blame."""
        found = {}
        for name, key in names.items():
            text = form.get(name, "")[:64]
            if not text:
                continue
            try:
                moment = instant(text.removesuffix(FORCED))
                if not walltime.bounds(walltime.today(self.zone), self.zone)[0] <= moment < _furthest():
                    raise ValueError
            except ValueError:
                self.blame(_("Choose from what is offered."))
                continue
            found[key] = (moment, text.endswith(FORCED))
        if any(forced for _moment, forced in found.values()) and not self.overbook_reason.data:
            self.blame(_("Say why it is booked all the same."), "overbook_reason")
        return found


def _furthest():
    return now() + timedelta(days=FURTHEST)


class SeriesForm(Picks, RuleForm):
    """A new series: who, what, with whom, and the rule."""

    patient_id = Read(_l("Patient"), UUID, _l("Choose the patient."), id="who")
    visit_type_id = RowChoice(_l("Type of visit"), validators=[needed(_l("Choose the type of visit."))])
    provider_id = RowChoice(_l("Doctor"), validators=[needed(_l("Choose a doctor."))])
    visit_mode = SelectField(
        _l("Where"), choices=[SelectChoice(mode.value, _l(mode.label)) for mode in VisitMode],
        default=VisitMode.IN_PERSON.value, invalid_value_message=NOT_OFFERED, invalid_choice_message=NOT_OFFERED,
    )  # fmt: skip
    reason = words(_l("Reason"), most=300)
    notes = paragraphs(_l("Note for the desk and the doctor"), most=2000)
    meeting_url = words(_l("Link of the video call"), most=500, validators=[web_address])

    @property
    def rule(self):
        """What the plan of a series needs to know, apart from whose it is."""
        facts = ("provider_id", "visit_type_id", "every", "first_on", "at_time", "times", "until_on", "reason",
                 "notes", "meeting_url")  # fmt: skip
        return {name: self[name].data for name in facts} | {
            "unit": SeriesUnit(self.unit.data), "visit_mode": VisitMode(self.visit_mode.data),
        }  # fmt: skip


def _scope():
    choices = [
        SelectChoice("this", _l("This visit alone")),
        SelectChoice("later", _l("This and all later ones")),
        SelectChoice("all", _l("All that are still to come")),
    ]
    return RadioField(
        _l("Which visits?"), choices=choices, default="later", invalid_choice_message=NOT_OFFERED,
    )  # fmt: skip


class ChangeForm(Picks, Form):
    """Another day, time or doctor for one visit of a series, this and the later ones, or all."""

    scope = _scope()
    first_on = Day(_l("This visit’s new day"), [needed(_l("Say on which day it is to be."))])
    at_time = Clock(_l("Time"), [needed(_l("Say at what time."))])
    provider_id = RowChoice(_l("Doctor"), validators=[needed(_l("Choose a doctor."))])

    def __init__(self, clinic, **given):
        self.zone = ZoneInfo(clinic.timezone)
        super().__init__(**given)


class CancelSeriesForm(CancelForm):
    """Why visits of a series are called off, and which."""

    scope = _scope()
