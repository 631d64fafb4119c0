"""Visits asked for without a time: what the desk writes down for a caller, how it answers, and the clinic's rules."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional, ValidationError

from clinic.forms.booking import Read, pair
from clinic.forms.fields import NOT_OFFERED, Form, RowChoice, WholeNumber, mode_choice, paragraphs, words
from clinic.forms.hours import Clock, Day
from clinic.forms.portal_booking import IdField, ModeField
from clinic.models.people import Severity
from clinic.models.requests import ReasonCategory
from clinic.models.visits import VisitKind, VisitSource
from clinic.queries.requests import UNSEEN

REASON = 2000


def choice(label, kind, nothing=None, radio=False):
    """One of a closed set, or, in the given words, none of it."""
    choices = [SelectChoice(each.value, _l(each.label)) for each in kind]
    return (RadioField if radio else SelectField)(
        label, [] if nothing else [InputRequired(NOT_OFFERED)],
        choices=[SelectChoice("", nothing), *choices] if nothing else choices,
        coerce=lambda value: kind(value) if value else None, invalid_value_message=NOT_OFFERED,
    )  # fmt: skip


class WindowForm(Form):
    """The days and the hours that suit; what is left empty is any."""

    requested_on = Day(_l("From"), [Optional()])
    until_on = Day(_l("Until"), [Optional()])
    window_start = Clock(_l("Not before"), [Optional()])
    window_end = Clock(_l("Not after"), [Optional()])

    def validate_until_on(self, field):
        """Days go forwards."""
        if field.data and self.requested_on.data and field.data < self.requested_on.data:
            raise ValidationError(_l("The last day has to be after the first."))

    def validate_window_end(self, field):
        """Hours go forwards."""
        if field.data and self.window_start.data and field.data <= self.window_start.data:
            raise ValidationError(_l("The end has to be after the beginning."))


class RequestForm(WindowForm):
    """What a caller asks for, as the desk writes it down."""

    reason = words(
        _l("Why"), most=REASON, kind=TextAreaField, required=_l("Write down why, in the patient’s words."),
        description=_l("In the patient’s own words."),
    )  # fmt: skip
    reason_category = choice(_l("About"), ReasonCategory, nothing=_l("Not said"))
    severity = choice(_l("How urgent"), Severity, nothing=_l("Somebody looks at it later"))
    visit_type_id = RowChoice(_l("Type of visit"))
    provider_id = RowChoice(_l("Doctor"))
    visit_mode = mode_choice(_l("Where"), _l("In person or by video"))
    by_phone = BooleanField(_l("They called"), default=True)
    walk_in = BooleanField(_l("They would come today without a time"))

    @property
    def asking(self):
        """The same as an action knows it."""
        facts = {name: value for name, value in self.facts.items() if name not in ("severity", "by_phone", "walk_in")}
        if facts["visit_mode"] is None:
            del facts["visit_mode"]
        return facts | {
            "kind": VisitKind.WALK_IN if self.walk_in.data else VisitKind.SCHEDULED,
            "source": VisitSource.PHONE if self.by_phone.data else VisitSource.DESK,
        }


class TriageForm(Form):
    """How urgent the desk finds it."""

    severity = choice(_l("How urgent is it?"), Severity, radio=True)


class CallOffForm(Form):
    """Why a request is called off, in words the patient reads."""

    note = paragraphs(
        _l("What do you tell the patient?"),
        most=300,
        description=_l(
            "They read it in the portal and in our mail, or you say it when you call; a text message leaves it out."
        ),
    )


class TakeForm(Form):
    """Who looked after it when the page was drawn."""

    instead_of = IdField(validators=[Optional()])


class TimesForm(Form):
    """The type and where, and the doctor and time, as a button of an open time sends them."""

    visit_type_id = IdField(validators=[InputRequired(_l("Choose what the visit is for."))])
    visit_mode = ModeField(validators=[Optional()])
    chosen = Read(_l("Time"), pair, _l("We cannot read this time. Please choose it again."))
    overbook_reason = words(_l("Why all the same?"), most=300)

    def validate(self, extra_validators=None):
        """Read every field; a time has to be chosen."""
        fine = super().validate(extra_validators)
        if self.chosen.data is None and not self.chosen.errors:
            self.blame(_("Choose a time."), "chosen")
        return fine and not self.errors


class RulesForm(Form):
    """How soon a clinic answers what it is asked for, and how long it keeps what it offers."""

    new = WholeNumber(_l("Somebody looks at a new request within"), lowest=5, highest=2880)
    red = WholeNumber(_l("Red is answered within"), lowest=1, highest=1440)
    orange = WholeNumber(_l("Orange is answered within"), lowest=5, highest=2880)
    yellow = WholeNumber(_l("Yellow is answered within"), lowest=5, highest=10080)
    green = WholeNumber(_l("Green is answered within"), lowest=5, highest=20160)
    hold_hours = WholeNumber(_l("A proposed time is kept for"), lowest=1, highest=168)
    has_sound = BooleanField(
        _l("A red request makes a sound"),
        description=_l("On every desk page that is open, once, when it arrives. Without it, it is pinned in silence."),
    )
    waitlist_minutes = WholeNumber(
        _l("A time that became free is kept for"), lowest=5, highest=240,
        description=_l("So long has everybody on the waiting list who is offered it; then the next is asked."),
    )  # fmt: skip

    def validate_green(self, field):
        """What is more urgent is not answered later."""
        order = [self[name].data for name in ("red", "orange", "yellow", "green")]
        if None not in order and order != sorted(order):
            raise ValidationError(_l("What is more urgent cannot be answered later than what can wait."))

    @property
    def rules(self):
        """The same as an action knows it."""
        minutes = {name: self[name].data for name in (UNSEEN, *(each.value for each in Severity))}
        return {
            "minutes": minutes, "has_sound": self.has_sound.data, "hold_hours": self.hold_hours.data,
            "waitlist_minutes": self.waitlist_minutes.data,
        }  # fmt: skip
