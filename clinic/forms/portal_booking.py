"""What a patient may say on the way to a booked visit: answers in an address, and the last form itself."""

from datetime import UTC, date, datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import DateField, Form, StringField, ValidationError
from wtforms.validators import InputRequired, Optional

from clinic.forms.fields import Form as FilledForm
from clinic.forms.fields import paragraphs
from clinic.models.people import VisitMode

# The answer to "which doctor?" of somebody who does not mind.
WHOEVER_IS_FIRST = "first"
WORDS = 300


class IdField(StringField):
    """An id; anything else is said to be unreadable."""

    def process_formdata(self, values):
        """Read the id."""
        self.data = None
        if values and values[0].strip():
            self.data = self.read(values[0].strip())

    def read(self, text):
        """One value out of its text."""
        try:
            return UUID(text)
        except ValueError:
            raise ValueError(_l("This address or form holds something we cannot read. Please start again.")) from None


class DoctorField(IdField):
    """A doctor's id, or the word for whoever is first."""

    def read(self, text):
        """The id, or the word as it is."""
        return text if text == WHOEVER_IS_FIRST else super().read(text)


class InstantField(IdField):
    """An instant as ISO 8601 with its offset; read as UTC."""

    def read(self, text):
        """The instant, refused without an offset or outside this century."""
        try:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is None or not 2000 <= moment.year < 2100:
                raise ValueError
            return moment.astimezone(UTC)
        except ValueError:
            raise ValueError(_l("We cannot read this time. Please choose it again.")) from None


class ModeField(IdField):
    """In person or by video."""

    def read(self, text):
        """The mode by its value."""
        try:
            return VisitMode(text)
        except ValueError:
            raise ValueError(_l("Choose whether you come in person or meet by video.")) from None


class WordField(StringField):
    """A word out of a list, such as a specialty; one that is in no list finds nobody."""

    def process_formdata(self, values):
        """Read the word without the spaces around it."""
        self.data = (values[0].strip()[:80] if values else "") or None


def in_this_century(form, field):
    """A day a calendar can be opened at."""
    if field.data and not date(2000, 1, 1) <= field.data < date(2100, 1, 1):
        raise ValidationError(_l("We cannot read this day. Please choose it again."))


class AnswersForm(Form):
    """What has been answered so far, as an address carries it; every answer may still be missing."""

    patient_id = IdField(validators=[Optional()])
    visit_type_id = IdField(validators=[Optional()])
    doctor = DoctorField(validators=[Optional()])
    specialty = WordField()
    language = WordField()
    provider_id = IdField(validators=[Optional()])
    starts_at = InstantField(validators=[Optional()])
    visit_mode = ModeField(validators=[Optional()])
    day = DateField(validators=[Optional(), in_this_century])
    week = DateField(validators=[Optional(), in_this_century])


class ReasonForm(FilledForm):
    """What the visit is about, and where it happens when both are possible."""

    reason = paragraphs(
        _l("What would you like to talk about?"), most=WORDS,
        description=_l("A few words help us prepare. You can also leave this empty."),
    )  # fmt: skip
    visit_mode = ModeField(validators=[Optional()])


class BookingForm(ReasonForm):
    """The whole wish, as the last page sends it."""

    patient_id = IdField(validators=[Optional()])
    visit_type_id = IdField(validators=[InputRequired(_l("Choose what the visit is for."))])
    doctor = DoctorField(validators=[Optional()])
    specialty = WordField()
    language = WordField()
    provider_id = IdField(validators=[InputRequired(_l("Choose a doctor."))])
    starts_at = InstantField(validators=[InputRequired(_l("Choose a time."))])


class CancelForm(FilledForm):
    """Why a patient calls a visit off, if they like to say."""

    note = paragraphs(_l("Would you like to tell us why?"), most=WORDS)


class MoveForm(FilledForm):
    """The new time of a visit."""

    provider_id = IdField(validators=[InputRequired(_l("Choose a doctor."))])
    starts_at = InstantField(validators=[InputRequired(_l("Choose a time."))])
