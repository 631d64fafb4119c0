"""An excuse note: for whom, which days, what the patient can do; and the code that a third party types."""

from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional, ValidationError

from clinic.actions.excuse_notes import MOST_DAYS, Excuse
from clinic.forms.fields import NOT_OFFERED, Form, needed, paragraphs, words
from clinic.forms.hours import Day
from clinic.forms.portal_booking import IdField
from clinic.forms.seen import WithSeen
from clinic.models.excuse_notes import ExcuseKind


class ExcuseNoteForm(WithSeen):
    """What the note says, why, and at which visit it was written."""

    visit_id = IdField(validators=[Optional()])
    kind = RadioField(
        _l("For whom is it?"), [InputRequired(_l("Say for whom the note is."))],
        choices=[SelectChoice(each.value, _l(each.label)) for each in ExcuseKind], default=ExcuseKind.WORK,
        coerce=lambda value: ExcuseKind(value) if value else None, invalid_value_message=NOT_OFFERED,
    )  # fmt: skip
    starts_on = Day(_l("First day"), [needed(_l("Say from which day on."))])
    ends_on = Day(_l("Last day"), [needed(_l("Say until which day."))])
    restrictions = paragraphs(
        _l("What the patient can and cannot do"), most=1000,
        description=_l("It stands on the note: no diagnosis, only what the reader has to know."),
    )  # fmt: skip
    reason = paragraphs(_l("Why"), most=1000, description=_l("For the record alone; it stands on no paper."))

    def validate_ends_on(self, field):
        """Days go forwards, and not for ever."""
        if not (field.data and self.starts_on.data):
            return
        if field.data < self.starts_on.data:
            raise ValidationError(_l("The last day has to be after the first."))
        if (field.data - self.starts_on.data).days >= MOST_DAYS:
            raise ValidationError(_l("A note is for a year at most."))

    @property
    def excuse(self):
        """The same as an action knows it."""
        return Excuse(**{name: self[name].data for name in Excuse.__slots__})


class CheckForm(Form):
    """The code on a note that somebody was given."""

    code = words(
        _l("Code on the note"), most=40, required=_l("Type the code that stands on the note."),
        description=_l("Sixteen letters and digits; dashes do not matter."),
    )  # fmt: skip
