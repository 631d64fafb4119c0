"""Why two records are of one person."""

from flask_babel import lazy_gettext as _l
from wtforms.validators import Length

from clinic.forms.fields import Form, paragraphs


class MergeForm(Form):
    """How somebody knows that the two records are of one person."""

    reason = paragraphs(
        _l("How do you know that it is one person?"), most=1000, required=_l("Say how you know, in a sentence."),
        validators=[Length(min=10, message=_l("Say how you know, in a sentence."))],
        description=_l("Such as: the same identity card, and they told us that they have moved."),
    )  # fmt: skip
