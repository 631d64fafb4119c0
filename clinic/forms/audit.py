"""Which part of the audit log to look at; read from the address, so it needs no token."""

from datetime import date, timedelta
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import DateField, Form, HiddenField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, ValidationError

from clinic.models.audit import Decision

PROGRAM = "program"
WEEK = timedelta(days=6)


class AuditFilter(Form):
    """Who, what, about whom, on which days of the clinic's calendar; the last seven where no day is named."""

    since = DateField(_l("From"), validators=[Optional()])
    until = DateField(_l("To"), validators=[Optional()])
    who = SelectField(_l("Who"), default="", validate_choice=False)
    kind = SelectField(_l("What"), default="")
    decision = SelectField(
        _l("Allowed or refused"), default="",
        choices=[SelectChoice("", _l("Both")), *(SelectChoice(each.value, _l(each.label)) for each in Decision)],
    )  # fmt: skip
    patient_id = HiddenField(default="")

    def offer(self, colleagues, kinds, today):
        """Let these people and kinds of acts be chosen; the days not named end with today."""
        everybody = [SelectChoice("", _l("Everybody")), SelectChoice(PROGRAM, _l("The clinic’s program"))]
        self.who.choices = [*everybody, *(SelectChoice(str(id_), name) for id_, name in colleagues)]
        self.kind.choices = [SelectChoice("", _l("Everything")), *(SelectChoice(key, label) for key, label in kinds)]
        if not self.until.raw_data or not self.until.raw_data[0]:
            self.until.data = today
        if not self.since.raw_data or not self.since.raw_data[0]:
            self.since.data = (self.until.data or today) - WEEK

    def validate(self, extra_validators=None):
        """Whether it can be read; the days must be such that both a calendar and the database can hold, in order."""
        if not super().validate(extra_validators):
            return False
        return date(1900, 1, 2) <= self.since.data <= self.until.data <= date(2999, 12, 30)

    def validate_who(self, field):
        """Anybody's id will do: who never was here did nothing here."""
        if field.data != PROGRAM:
            an_id(field.data)

    def validate_patient_id(self, field):
        """An id, or nothing."""
        an_id(field.data)


def an_id(text):
    """The id that was asked for, or None."""
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise ValidationError("no id") from error
