"""Why a record is held, or asked to be erased."""

from flask_babel import lazy_gettext as _l
from wtforms.validators import Length

from clinic.forms.fields import Form, paragraphs


class ReasonForm(Form):
    """A reason in a sentence; whoever reads it years later must understand it."""

    reason = paragraphs(
        _l("Why?"), most=1000, required=_l("Say why, in a sentence."),
        validators=[Length(min=10, message=_l("Say why, in a sentence."))],
        description=_l("Who asked, when and how. It is kept as long as the record."),
    )  # fmt: skip
