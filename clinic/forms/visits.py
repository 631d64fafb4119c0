"""What is typed about a visit: which day to look at, why it is cancelled or taken back, its note and its link."""

from datetime import date

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, Form, HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange, Optional, Regexp, ValidationError

from clinic.models.visits import CancelReason, VisitStatus

LATE = "late"
VIEWS = ("board", "list")
# The reasons a person may give; the others are the program's own.
REASONS = [reason for reason in CancelReason if reason != CancelReason.UNANSWERED]


class DayFilter(Form):
    """Which visits of which day to show, and how; read from the address, so it needs no token."""

    date = DateField(_l("Day"), validators=[Optional()])
    provider = SelectField(
        _l("Doctor"), choices=[SelectChoice("", _l("All doctors"))], default="", validate_choice=False
    )
    status = HiddenField(validators=[Optional(), AnyOf([*VisitStatus, LATE])])
    view = HiddenField(default="board", validators=[AnyOf(VIEWS)])
    page = IntegerField(default=1, validators=[NumberRange(1, 10_000)])

    def validate_date(self, field):
        """Only days that both a calendar and the database can hold."""
        if field.data and not date(1900, 1, 2) <= field.data <= date(2999, 12, 30):
            raise ValidationError("no such day")

    def offer(self, doctors):
        """Let the clinic's doctors be chosen; returns whether the one asked for is among them."""
        self.provider.choices = [*self.provider.choices, *(SelectChoice(each.id, each.name) for each in doctors)]
        return self.provider.data in {each.value for each in self.provider.choices}


class CancelForm(FlaskForm):
    """Why a visit is called off."""

    reason = SelectField(
        _l("Why is it cancelled?"),
        choices=[
            SelectChoice("", _l("Choose a reason")),
            *(SelectChoice(each.value, _l(each.label)) for each in REASONS),
        ],
        validators=[InputRequired(_l("Choose why the visit is cancelled."))],
    )
    note = StringField(_l("More about it"), validators=[Optional(), Length(max=500)])


class UndoForm(FlaskForm):
    """Why a step is taken back after a quarter of an hour."""

    reason = StringField(
        _l("Why is it taken back?"),
        validators=[InputRequired(_l("Say why it is taken back.")), Length(max=500)],
    )


class NoteForm(FlaskForm):
    """The administrative note of a visit."""

    notes = TextAreaField(_l("Note"), validators=[Optional(), Length(max=4000)])


class MeetingForm(FlaskForm):
    """Where a visit by video meets."""

    meeting_url = StringField(
        _l("Link"),
        validators=[
            Optional(),
            Length(max=2000),
            Regexp(r"^https?://[^\s/?#@\\]+(?:[/?#]\S*)?$", message=_l("Type a whole link that begins with https://")),
        ],
    )
