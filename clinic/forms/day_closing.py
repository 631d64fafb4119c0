"""Closing a day: what became of each visit, the signature, and why a day is opened again."""

from datetime import date

from flask_babel import lazy_gettext as _l
from wtforms import DateField, IntegerField, SelectField
from wtforms import Form as PlainForm
from wtforms.fields.choices import SelectChoice
from wtforms.validators import NumberRange, Optional, ValidationError

from clinic.forms.fields import Form, paragraphs, words
from clinic.models.visits import VisitStatus

OUTCOMES = (VisitStatus.COMPLETED, VisitStatus.NO_SHOW)
# The answer about one visit is sent under this and the visit's id.
PREFIX = "outcome-"


class WhichDay(PlainForm):
    """Which day, and which page of a list; read from the address, so it needs no token."""

    date = DateField(_l("Day"), validators=[Optional()])
    page = IntegerField(default=1, validators=[NumberRange(1, 10_000)])

    def validate_date(self, field):
        """Only days that both a calendar and the database can hold."""
        if field.data and not date(1900, 1, 2) <= field.data <= date(2999, 12, 29):
            raise ValidationError("no such day")


class OutcomesForm(Form):
    """What became of the visits on the page: of each by itself, and of all that were left without an answer."""

    others = SelectField(
        _l("All that you do not answer"),
        choices=[
            SelectChoice("", _l("Stay as they are")), SelectChoice("completed", _l("Were seen")),
            SelectChoice("no_show", _l("Did not come")),
        ],
        coerce=lambda value: VisitStatus(value) if value else None,
    )  # fmt: skip
    note = words(_l("Note"), most=300)

    def answers(self, sent, visit_ids):
        """The outcome of each of these visits that has one, and whether it was said of that visit by itself; by id."""
        found = {}
        for visit_id in sorted(visit_ids):
            given = sent.get(f"{PREFIX}{visit_id}", "")
            is_said = given in {each.value for each in OUTCOMES}
            outcome = VisitStatus(given) if is_said else self.others.data
            if outcome:
                found[visit_id] = outcome, is_said
        return found


class CloseForm(Form):
    """The signature under a day."""

    notes = paragraphs(_l("Note"), most=1000)


class ReopenForm(Form):
    """Why a closed day is opened again."""

    reason = words(_l("Why is the day opened again?"), most=300, required=_l("Say why the day is opened again."))
